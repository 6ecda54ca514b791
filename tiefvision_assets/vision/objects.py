"""Object encodings: the photo is cut to its box and encoded; its cells are centred, normalised and projected.

Measured on 1,080 CC0 clothing photos by precision among the 10 nearest of other senders (AlexNet, EfficientNet-Lite0):
whole photos, cells normalised without centring, .383 and .458; with the photo's mean cell subtracted first .431 and
.539; the same cut to the box and fitted into a square without distortion .487 and .605 (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.engine import Engine, preprocess
from tiefvision_assets.vision.registry import Encoder

NOTHING = 1e-3
"""Cells shorter than this are not scaled to length 1: those of a plain picture differ by rounding alone."""
FILL = (124, 116, 104)
"""Colour of the square around an object that is not square."""


def cut_out(photo: Image.Image, box: Box, side: int, size: tuple[int, int] | None = None) -> Image.Image:
    """The photo cut to its box (whole pixels), fitted into a square of ``side`` pixels without changing its
    proportions.

    The rest of the square is filled with one colour, the mean of ImageNet's photos. ``size`` is that of the whole
    photo, in whose pixels the box is, where the photo was decoded at a `reduction_for` it.
    """
    full_width, full_height = size or photo.size
    left, top, right, bottom = box.clipped(full_width - 1, full_height - 1).rounded()
    right, bottom = max(right, round(min(box.right, full_width))), max(bottom, round(min(box.bottom, full_height)))
    x, y, width, height = fitted(right - left, bottom - top, side)
    reduction = round(full_width / photo.width)
    part = (left / reduction, top / reduction, right / reduction, bottom / reduction)
    resized = photo.resize((width, height), Image.Resampling.BILINEAR, box=part, reducing_gap=2.0)
    square = Image.new("RGB", (side, side), FILL)
    square.paste(resized, (x, y))
    return square


def reduction_for(times: float) -> int:
    """How many times smaller, 1, 2, 4 or 8, a photo may be decoded that is so many times larger than it is looked at.

    It stays at least twice as large as what is looked at, so that the last resizing is the same as ever. By how much
    pixels and embeddings then differ is in docs/performance.md.
    """
    return next((reduction for reduction in (8, 4, 2) if times >= 2 * reduction), 1)


def fitted(width: float, height: float, side: int) -> tuple[int, int, int, int]:
    """Where an object of that size lies in the square that it is cut out into: (left, top, width, height) in pixels."""
    scale = side / max(width, height)
    inside = (max(1, round(width * scale)), max(1, round(height * scale)))
    return (side - inside[0]) // 2, (side - inside[1]) // 2, *inside


def object_cells(engine: Engine, spec: Encoder, objects: Sequence[Image.Image], *, centred: bool = True) -> np.ndarray:
    """B cut-out objects → (B, C, h, w): the L2-normalised cells of each.

    ``centred`` subtracts each picture's mean cell before normalising, because what all positions have in common is
    mostly light and background, less the object.
    """
    return _cells(engine, np.stack([preprocess(item, spec) for item in objects]), centred, spec.pooled)


def object_cells_both_ways(engine: Engine, spec: Encoder, objects: Sequence[Image.Image]) -> np.ndarray:
    """B cut-out objects → (B, 2, C, h, w): the cells of each and of its mirror image, which is encoded as well."""
    pixels = np.stack([preprocess(item, spec) for item in objects])
    both = np.stack([pixels, pixels[..., ::-1]], axis=1)
    cells = _cells(engine, both.reshape(-1, *pixels.shape[1:]), True, spec.pooled)
    return cells.reshape(len(objects), 2, *cells.shape[1:])


def with_flipped(cells: np.ndarray) -> np.ndarray:
    """(B, C, h, w) → (B, 2, C, h, w): cells, and the same flipped left-right, which stand for the mirror image's.

    They take no time, where encoding the mirror image takes as long as encoding the object: docs/decisions/0040.
    """
    return np.stack([cells, cells[..., ::-1]], axis=1)


def _cells(engine: Engine, pixels: np.ndarray, centred: bool, pooled: int) -> np.ndarray:
    """Photo by photo, whose cells stay in the processor's cache: all at once took six times as long."""
    seen = engine.objects(pixels)
    batch, channels, height, width = seen.shape
    pooling = _pooling(height, width, pooled)
    cells = np.empty((batch, channels, pooling.shape[1]), dtype=np.float32)
    for photo, own in enumerate(seen.reshape(batch, channels, -1)):
        if centred:
            own = own - own.mean(axis=1, keepdims=True)
        if pooled == 1:
            cells[photo] = normalised(own, axis=0, shortest=NOTHING)
        else:
            cells[photo] = normalised(normalised(own, axis=0, shortest=NOTHING) @ pooling, axis=0, shortest=NOTHING)
    return cells.reshape(batch, channels, height // pooled, width // pooled)


@lru_cache(maxsize=4)
def _pooling(height: int, width: int, size: int) -> np.ndarray:
    """(height * width, places) matrix whose product with cells is the mean of each size x size of them."""
    places = np.arange(height * width // size**2).reshape(height // size, width // size)
    of_cell = np.repeat(np.repeat(places, size, axis=0), size, axis=1).ravel()
    return (of_cell[:, None] == places.ravel()).astype(np.float32) / np.float32(size**2)
