"""Small photos of which there may be millions: quickly drawn, no two alike, in families that resemble one another."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from PIL import Image

PHOTOS_A_FOLDER = 1000
PHOTOS_A_FAMILY = 200
"""Photos of a family share half of the variance of their pixels, so that their vectors cluster; see decision 30."""
_BLOTCHES = (8, 6, 3)
_GREY, _CONTRAST = 128, 50


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
        own = np.random.default_rng(number).standard_normal(_BLOTCHES, dtype=np.float32)
        blotches = (_family(number // PHOTOS_A_FAMILY) + own) * np.sqrt(np.float32(0.5))
        pixels = np.clip(_GREY + _CONTRAST * blotches, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).resize((48, 64)).save(file, quality=80)


@functools.lru_cache(maxsize=2)
def _family(number: int) -> np.ndarray:
    """What the photos of a family share."""
    return np.random.default_rng((number, PHOTOS_A_FAMILY)).standard_normal(_BLOTCHES, dtype=np.float32)
