"""Versions of labels: hashes of what they say, by which snapshots are named."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from tiefvision_assets.store.labels.schema import Kind
from tiefvision_assets.store.schemas import BOX, TRIPLET


def version_of_boxes(frame: pd.DataFrame) -> str:
    """16 hexadecimal characters, the same for the same boxes (sha256, left, top, right, bottom) in any order.

    Which of them are ``excluded`` from training, in a column that may be missing, is part of it.
    """
    excluded = frame["excluded"].to_numpy(dtype=bool) if "excluded" in frame else np.zeros(len(frame), dtype=bool)
    if not excluded.any():
        return _version("box", frame, ["sha256", *BOX])
    return _version("box", frame.assign(excluded=excluded), ["sha256", *BOX, "excluded"])


def version_of_triplets(frame: pd.DataFrame) -> str:
    """16 hexadecimal characters, the same for the same triplets (reference, positive, negative) in any order."""
    return _version("triplet", frame, TRIPLET)


def _version(kind: Kind, frame: pd.DataFrame, columns: list[str]) -> str:
    rows = sorted(zip(*(frame[name].tolist() for name in columns), strict=True))
    return hashlib.sha256(repr((kind, rows)).encode()).hexdigest()[:16]
