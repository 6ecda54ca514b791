"""Looks: a whole photo, or the crop around a box, as a square, and reading an object's box from the square's foreground
map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.vision.engine import Engine, preprocess
from tiefvision_assets.vision.registry import Encoder

MARGIN = 0.25
"""A refinement crop extends beyond the first box by this share of its width and height, as far as the photo does."""
NEAR = 2
"""A side is the mean of so many positions to either side of the likeliest one."""


def refinement_region(box: Box, width: float, height: float, margin: float = MARGIN) -> Box:
    """The part of a photo of ``width`` x ``height`` pixels that refines ``box``: box and margin, in whole pixels."""
    x, y = margin * box.width, margin * box.height
    wider = Box(box.left - x, box.top - y, box.right + x, box.bottom + y).clipped(width, height)
    left, top = min(np.floor(wider.left), width - 1), min(np.floor(wider.top), height - 1)
    return Box(
        float(left), float(top), float(max(np.ceil(wider.right), left + 1)), float(max(np.ceil(wider.bottom), top + 1))
    )


def encode_region(engine: Engine, spec: Encoder, region: Image.Image, side: int) -> np.ndarray:
    """A part of a photo, of any size, as a square of ``side`` pixels → the encoder's (C, h, w) cells for refinement."""
    square = region.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return engine.refinement(preprocess(square, spec)[None])[0]


@dataclass(frozen=True)
class Sides:
    """How likely each side of the box lies at each of `side_positions`."""

    across: np.ndarray
    """(2, w + 2), the left and the right side."""
    down: np.ndarray
    """(2, h + 2), the upper and the lower side."""


def side_positions(cells: int, spec: Encoder) -> np.ndarray:
    """(cells + 2,) where a side may lie, in pixels of the square: the centres of cells, and one beyond at each end."""
    return np.arange(-1, cells + 1) * float(spec.refinement.stride) + spec.refinement.centre


@dataclass(frozen=True)
class Seen:
    """The box read from one foreground map, in pixels of the square, and how clearly the map separates it."""

    box: Box
    contrast: float
    """Mean probability inside the box minus the mean outside, 0 to 1."""


def read_box(probabilities: np.ndarray, sides: Sides | None, spec: Encoder, side: int) -> Seen | None:
    """(h, w) probabilities of a square of ``side`` pixels → the box; None where no cell is likely.

    Its sides lie where their distributions say. Where heads of before have none, or they leave nothing between them,
    they are where the profiles of the probabilities cross half of their maxima. A profile is the mean over the rows
    (columns) that the object covers. Positions between cells are interpolated, and an object that reaches the outermost
    cell reaches the square's edge.
    """
    if probabilities.max() < 0.5:
        return None
    rows, columns = probabilities.max(axis=1), probabilities.max(axis=0)
    for _ in range(2):
        columns = _mean_where(probabilities, rows, axis=0)
        rows = _mean_where(probabilities, columns, axis=1)
    left, right = _ends(columns, sides.across if sides else None, spec, side)
    top, bottom = _ends(rows, sides.down if sides else None, spec, side)
    inside = np.ix_(_likely(rows), _likely(columns))
    outside = (probabilities.sum() - probabilities[inside].sum()) / max(
        1, probabilities.size - probabilities[inside].size
    )
    contrast = float(np.clip(probabilities[inside].mean() - outside, 0, 1))
    return Seen(Box(left, top, right, bottom), contrast)


def _ends(profile: np.ndarray, pair: np.ndarray | None, spec: Encoder, side: int) -> tuple[float, float]:
    """Where the object begins and ends in one direction."""
    if pair is not None:
        low, high = (min(max(_likeliest(one, spec), 0.0), float(side)) for one in pair)
        if high - low >= 1:
            return low, high
    return _crossings(profile, spec, side)


def _likeliest(distribution: np.ndarray, spec: Encoder) -> float:
    """The mean of a distribution around its likeliest three neighbours, so that of two hypotheses one is chosen."""
    middle = int(np.convolve(distribution, np.ones(3), mode="same").argmax())
    near = slice(max(0, middle - NEAR), middle + NEAR + 1)
    positions = side_positions(len(distribution) - 2, spec)
    return float(distribution[near] @ positions[near] / distribution[near].sum())


def _likely(profile: np.ndarray) -> np.ndarray:
    return np.flatnonzero(profile >= profile.max() / 2)


def _mean_where(probabilities: np.ndarray, profile: np.ndarray, axis: int) -> np.ndarray:
    """Mean along ``axis`` over the lines where ``profile`` is likely."""
    return probabilities.take(_likely(profile), axis=axis).mean(axis=axis)


def _crossings(profile: np.ndarray, spec: Encoder, side: int) -> tuple[float, float]:
    """Where the profile first rises above, and last falls below, half of its maximum, in pixels of the square."""
    half = profile.max() / 2
    likely = _likely(profile)
    first, last = int(likely[0]), int(likely[-1])

    def between(outer: int, inner: int) -> float:
        share = (half - profile[outer]) / max(profile[inner] - profile[outer], 1e-9)
        return spec.refinement.stride * (outer + (inner - outer) * float(share)) + spec.refinement.centre

    low = between(first - 1, first) if first > 0 else 0.0
    high = between(last + 1, last) if last < len(profile) - 1 else float(side)
    return low, high
