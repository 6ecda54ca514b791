"""A data folder with photos of one shot, and others, without models: `a`, `b` and `c` are a chain of similar photos."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np

from tests.without_photos import set_catalogue
from tiefvision_assets.lineage.index_serving import build_and_serve
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

OTHERS = [f"other{number}.jpg" for number in range(10)]
DEGREES = {"a.jpg": 0.0, "b.jpg": 14.0, "c.jpg": 30.0, "d.jpg": 6.0}
"""Angles in one plane: the cosine of `a` and `b` is .970, that of `b` and `c` .961, that of `a` and `c` .866. Of files
that come later in the list more bytes are told."""


def vector_of(path: str) -> np.ndarray:
    vector = np.zeros(16)
    name = path.rsplit("/", 1)[-1]
    if name in DEGREES:
        angle = np.deg2rad(DEGREES[name])
        vector[:2] = np.cos(angle), np.sin(angle)
    else:
        vector[2 + OTHERS.index(name)] = 1
    return vector


def serve(store: Store, *paths: str) -> None:
    """Let the catalogue hold these photos and the others, and serve an index of them."""
    everything = [*OTHERS, *paths]
    set_catalogue(store, everything, np.stack([vector_of(path) for path in everything]))
    build_and_serve(store, nullcontext)


def folder_of(place: Path, *paths: str) -> Store:
    """A data folder in which these photos and the others are served."""
    store = Store(Settings(data=place / "data"))
    serve(store, *paths)
    return store
