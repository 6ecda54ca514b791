"""Versions of labels: hashes of what they say, by which snapshots are named."""

from __future__ import annotations

import hashlib

import pandas as pd

from tiefvision_assets.store.labels.schema import Kind
from tiefvision_assets.store.schemas import BOX, TRIPLET


def version_of_boxes(frame: pd.DataFrame) -> str:
    """16 hexadecimal characters, the same for the same boxes (sha256, left, top, right, bottom) in any order."""
    return _version("box", frame, ["sha256", *BOX])


def version_of_triplets(frame: pd.DataFrame) -> str:
    """16 hexadecimal characters, the same for the same triplets (reference, positive, negative) in any order."""
    return _version("triplet", frame, TRIPLET)


def _version(kind: Kind, frame: pd.DataFrame, columns: list[str]) -> str:
    rows = sorted(zip(*(frame[name].tolist() for name in columns), strict=True))
    return hashlib.sha256(repr((kind, rows)).encode()).hexdigest()[:16]
