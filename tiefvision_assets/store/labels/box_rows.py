"""Boxes of label files in any format: checked against their photos when read, listed with their paths when written.

Coordinates are rounded to a hundredth of a pixel in both directions, so that an exported box is imported unchanged,
whether the format has edges, sizes, centres or shares of the photo; ``docs/decisions/0033-a-hundredth-of-a-pixel.md``
says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeGuard

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.known_photos import KnownPhoto
from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.labels.store import BOX_COLUMNS, BoxLabel

TOLERANCE = 1.0
"""A box that reaches further outside its photo, in pixels, is refused; a smaller overhang is clipped."""

DECIMALS = 2
"""Decimals of coordinates in pixels: nobody draws a box more precisely than a hundredth of a pixel."""

SHARE_DECIMALS = 8
"""Decimals of shares of the photo: the error is less than a hundredth of a pixel on photos of up to 100,000 pixels."""

OBJECT = "object"
"""The only class of boxes; classes in files that are read are ignored."""


class BoxRows:
    """Collects the boxes of one file; a photo has one box, and all twins of a content the same."""

    def __init__(self) -> None:
        self._boxes: dict[str, tuple[KnownPhoto, Box]] = {}
        self._of_content: dict[str, Box] = {}

    def add(self, photo: KnownPhoto, box: Box) -> None:
        """Add a box; `RefusedError` when the photo or its twin has another one already."""
        if self._of_content.setdefault(photo.sha256, box) != box:
            raise RefusedError(f"{photo.path!r} or its twin has another box as well; keep one a photo")
        self._boxes[photo.path] = (photo, box)

    def frame(self) -> pd.DataFrame:
        """One row for each photo: path, sha256, left, top, right, bottom (pixels)."""
        rows = [(photo.path, photo.sha256, *box.as_tuple()) for photo, box in self._boxes.values()]
        frame = pd.DataFrame.from_records(rows, columns=["path", "sha256", *BOX_COLUMNS])
        return frame.astype({"path": "str", "sha256": "str"} | dict.fromkeys(BOX_COLUMNS, "float64"))

    def labels(self) -> list[BoxLabel]:
        """One label for each content, in the order of the file."""
        return [BoxLabel(sha256, box) for sha256, box in self._of_content.items()]


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo with its box, as files list them; width and height are pixels of the photo as displayed."""

    path: str
    width: int
    height: int
    box: Box


def labelled_photos(boxes: pd.DataFrame, entries: pd.DataFrame) -> list[LabelledPhoto]:
    """The photos of ``entries`` with one of ``boxes`` (sha256, left, top, right, bottom), all twins, sorted by path."""
    photos = entries[["path", "sha256", "width", "height"]]
    rows = photos.merge(boxes[["sha256", *BOX_COLUMNS]], on="sha256").sort_values("path")
    return [
        LabelledPhoto(row["path"], int(row["width"]), int(row["height"]), _rounded(float(row[n]) for n in BOX_COLUMNS))
        for row in rows.to_dict("records")
    ]


def finite(values: Sequence[float], given: str) -> None:
    """Raises `RefusedError` unless every number is finite; ``given`` is the box as the file has it."""
    if not all(map(math.isfinite, values)):
        raise RefusedError(f"{given} is not finite; draw it again")


def checked_box(photo: KnownPhoto, edges: Sequence[float], *, given: str, form: str) -> Box:
    """The box with these edges (left, top, right, bottom in pixels), rounded and clipped to its photo.

    `RefusedError` when it has no area or reaches more than `TOLERANCE` outside; the message quotes the box as it was
    ``given``, and the ``form`` of the format's numbers.
    """
    box = _rounded(edges)
    if box.area == 0:
        raise RefusedError(f"{given} has no area; {form}")
    inside = box.clipped(photo.width, photo.height)
    reach = max(abs(edge - clipped) for edge, clipped in zip(box.as_tuple(), inside.as_tuple(), strict=True))
    if reach > TOLERANCE or inside.area == 0:
        raise RefusedError(
            f"{given} reaches outside the photo, which is displayed with {photo.width} x {photo.height} pixels; {form} "
            "in pixels of the photo as displayed"
        )
    return inside


def check_size(photo: KnownPhoto, width: object, height: object) -> None:
    """Raises `RefusedError` when a file gives another size than the photo is displayed with; None is no size."""
    for name, value, displayed in (("width", width, photo.width), ("height", height, photo.height)):
        if value is not None and value != displayed:
            shown = f"{value:g}" if isinstance(value, float) else value
            raise RefusedError(
                f"the {name} of {photo.path!r} is given as {shown}, but the photo is displayed with "
                f"{photo.width} x {photo.height} pixels; annotate the photo as displayed (EXIF orientation applied)"
            )


def number(text: str | None, name: str) -> float:
    """The number in ``text``; `RefusedError` when it is none."""
    with suppress(ValueError):
        return float(text or "")
    raise RefusedError(f"{name} is {text!r}, which is no number; a box needs four numbers")


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value of a JSON document is a number; its true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_float(value: int | float) -> float:
    """The number as a double; infinite where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def decimal_text(value: float, decimals: int) -> str:
    """The number rounded to so many decimals, without an exponent and without trailing zeros: ``12``, ``0.25``."""
    return f"{value:.{decimals}f}".rstrip("0").removesuffix(".")


def _rounded(edges: Iterable[float]) -> Box:
    return Box(*(round(edge, DECIMALS) for edge in edges))
