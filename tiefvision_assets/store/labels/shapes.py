"""The tight upright box of what other tools draw: turned boxes, polygons, ellipses and run-length encoded masks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tiefvision_assets.store.labels.problems import RefusedError

Point = tuple[float, float]
Edges = tuple[float, float, float, float]
"""left, top, right, bottom."""


def bounds(points: Iterable[Point]) -> Edges:
    """The edges of the smallest upright box around some points."""
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def turned(edges: Edges, degrees: float, pivot: Point) -> Edges:
    """The edges of the upright box around a box that is turned clockwise about ``pivot``."""
    left, top, right, bottom = edges
    return bounds(
        _turned(point, degrees, pivot) for point in ((left, top), (right, top), (right, bottom), (left, bottom))
    )


def ellipse_bounds(edges: Edges, degrees: float) -> Edges:
    """The edges of the upright box around the ellipse that ``edges`` enclose, turned about its centre."""
    left, top, right, bottom = edges
    a, b, angle = (right - left) / 2, (bottom - top) / 2, math.radians(degrees)
    x, y = (left + right) / 2, (top + bottom) / 2
    wide = math.hypot(a * math.cos(angle), b * math.sin(angle))
    high = math.hypot(a * math.sin(angle), b * math.cos(angle))
    return (x - wide, y - high, x + wide, y + high)


def mask_bounds(mask: Any) -> Edges | None:
    """The edges of a COCO mask ``{"size": [height, width], "counts": …}``, counted by columns; None for an empty one.

    ``counts`` is a list of run lengths, or the text into which pycocotools packs it. Raises `RefusedError` for
    anything else, and for runs that do not fill the size.
    """
    size = mask.get("size") if isinstance(mask, dict) else None
    if not isinstance(size, list) or len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
        raise RefusedError("the mask has no size [height, width]", "export the file again")
    height, width = size
    counts = mask.get("counts")
    if isinstance(counts, str):
        runs = list(_unpacked(counts))
    elif isinstance(counts, list) and all(isinstance(run, int) and not isinstance(run, bool) for run in counts):
        runs = counts
    else:
        raise RefusedError("the mask has no counts", "export the file again")
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise RefusedError(f"the mask's runs do not fill {width} x {height} pixels", "export the file again")
    return _bounds_of_runs(runs, height)


def _bounds_of_runs(runs: Sequence[int], height: int) -> Edges | None:
    """Of runs that alternate between outside and inside, down the columns from the upper left."""
    left = top = math.inf
    right = bottom = -math.inf
    start = 0
    for position, run in enumerate(runs):
        if position % 2 and run:
            first, last = start, start + run - 1
            left, right = min(left, first // height), max(right, last // height + 1)
            whole_column = first // height != last // height
            top = min(top, 0 if whole_column else first % height)
            bottom = max(bottom, height if whole_column else last % height + 1)
        start += run
    return (left, top, right, bottom) if right > 0 else None


def _unpacked(counts: str) -> Iterator[int]:
    """Run lengths of pycocotools' compressed form (``rleFrString`` in its maskApi.c): groups of five bits, the lowest
    first, each as a character from ``0`` on; from the fourth run on, the difference to the run two before."""
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        code = ord(character) - 48
        if not 0 <= code < 64 or shift > 60:
            raise RefusedError("the mask's counts are not what pycocotools writes", "export the file again")
        value |= (code & 0x1F) << shift
        shift += 5
        if code & 0x20:
            continue
        if code & 0x10:
            value -= 1 << shift
        if len(runs) > 2:
            value += runs[-2]
        runs.append(value)
        yield value
        value = shift = 0
    if shift:
        raise RefusedError("the mask's counts are cut off", "export the file again")


def _turned(point: Point, degrees: float, pivot: Point) -> Point:
    angle = math.radians(degrees)
    x, y = point[0] - pivot[0], point[1] - pivot[1]
    return (
        pivot[0] + x * math.cos(angle) - y * math.sin(angle),
        pivot[1] + x * math.sin(angle) + y * math.cos(angle),
    )
