"""Small photos of which there may be millions: no two alike, and quickly drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

PHOTOS_A_FOLDER = 1000


def photo_file(raw: Path, number: int) -> Path:
    """Path of the photo of that number."""
    return raw / f"{number // PHOTOS_A_FOLDER:05d}" / f"{number:09d}.jpg"


def write_photos(raw: Path, first: int, count: int) -> None:
    """Small JPEGs of random blotches; the same number gives the same photo."""
    for number in range(first, first + count):
        file = photo_file(raw, number)
        if file.exists():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (8, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((48, 64)).save(file, quality=80)
