"""Damage of index versions from before files had checksums: their numbers tell where they cannot be cosines."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.index_version import ENTRIES, NEIGHBOURS, SCORES, VECTORS
from tiefvision_assets.store.sealed import DamagedFile, examine
from tiefvision_assets.store.stamp import Stamps, stamps_of

_LONGEST = 1.01
"""No vector is longer: rounding to float16 changes its unit length by less."""
_BLOCK = 65_536


def refuse_what_are_no_cosines(folder: Path) -> None:
    """`DamagedFile` where a part of the version in that folder cannot be what was written."""
    parts = [folder / name for name in (VECTORS, NEIGHBOURS, SCORES, ENTRIES)]
    spoilt = _first_spoilt(folder, stamps_of(parts))
    if spoilt:
        raise DamagedFile(spoilt, "its numbers cannot be right")


@lru_cache(maxsize=16)
def _first_spoilt(folder: Path, stamps: Stamps) -> Path | None:
    """The first part of a version without checksums that cannot be right; the stamps say when to look again."""
    examine(folder / ENTRIES)
    arrays = {}
    for name in (VECTORS, NEIGHBOURS, SCORES):
        try:
            arrays[name] = np.load(hooks.near(folder / name), mmap_mode="r")
        except (ValueError, EOFError):
            return folder / name
    vectors, neighbours, scores = arrays.values()
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK].astype(np.float32)
        if not (np.einsum("nd,nd->n", block, block) <= _LONGEST**2).all():
            return folder / VECTORS
    if not ((neighbours >= -1) & (neighbours < len(vectors))).all():
        return folder / NEIGHBOURS
    return None if (np.abs(scores[neighbours >= 0]) <= _LONGEST**2).all() else folder / SCORES
