"""Boxes on their way through files of any format: checked against their photos coming in, beside their paths going out.

Files give coordinates as decimal text. It is computed with as `Decimal`, so that what was written is read to the last
bit, whichever of edges, sizes, centres or shares of the photo a format has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.known_photos import KnownPhoto
from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.labels.store import BOX_COLUMNS, BoxLabel

TOLERANCE = 1.0
"""Pixels that a box may reach outside its photo before it is refused; it is clipped to the photo."""

EXACT = Context(prec=700)
"""Arithmetic with digits enough for any sum of two doubles: ``left + (right - left)`` is ``right`` again."""

DECIMALS = (6, 9, 12, 15, 20, 30, 40, 60)
"""Lengths tried for a share of the photo; readers expect about six decimals, and take more."""

OBJECT = "object"
"""The one class that boxes have; on the way in a file's classes are passed over."""


class BoxRows:
    """Gathers the boxes of one file: one a photo, and the same for all twins of a content."""

    def __init__(self) -> None:
        self._boxes: dict[str, tuple[KnownPhoto, Box]] = {}
        self._of_content: dict[str, Box] = {}

    def add(self, photo: KnownPhoto, box: Box) -> None:
        """Take a box; `RefusedError` when the photo or its twin has another one."""
        if self._of_content.setdefault(photo.sha256, box) != box:
            raise RefusedError(f"{photo.path!r} or its twin has another box as well; keep one a photo")
        self._boxes[photo.path] = (photo, box)

    def frame(self) -> pd.DataFrame:
        """One row a photo: path, sha256, left, top, right, bottom (pixels)."""
        rows = [(photo.path, photo.sha256, *box.as_tuple()) for photo, box in self._boxes.values()]
        frame = pd.DataFrame.from_records(rows, columns=["path", "sha256", *BOX_COLUMNS])
        return frame.astype({"path": "str", "sha256": "str"} | dict.fromkeys(BOX_COLUMNS, "float64"))

    def labels(self) -> list[BoxLabel]:
        """One label a content, in the order of the file."""
        return [BoxLabel(sha256, box) for sha256, box in self._of_content.items()]


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo with its box, as files list them; width and height are pixels of the photo as displayed."""

    path: str
    width: int
    height: int
    box: Box


def labelled_photos(boxes: pd.DataFrame, entries: pd.DataFrame) -> list[LabelledPhoto]:
    """The photos of ``entries`` that have one of ``boxes`` (sha256, left, top, right, bottom), twins each, by path."""
    photos = entries[["path", "sha256", "width", "height"]]
    rows = photos.merge(boxes[["sha256", *BOX_COLUMNS]], on="sha256").sort_values("path")
    return [
        LabelledPhoto(row["path"], int(row["width"]), int(row["height"]), Box(*(float(row[n]) for n in BOX_COLUMNS)))
        for row in rows.to_dict("records")
    ]


def finite(numbers: Sequence[Decimal], given: str) -> None:
    """`RefusedError` unless every number fits into a double; ``given`` names the box."""
    if not all(math.isfinite(float(number)) for number in numbers):
        raise RefusedError(f"{given} is not finite; draw it again")


def checked_box(photo: KnownPhoto, edges: Sequence[Decimal], *, given: str, form: str) -> Box:
    """The box of those edges (left, top, right, bottom in pixels), clipped to its photo.

    `RefusedError` when it has no area or reaches more than `TOLERANCE` outside; it quotes the box as it was ``given``
    and the ``form`` in which the format has its numbers.
    """
    box = Box(*map(float, edges))
    if not (edges[2] > edges[0] and edges[3] > edges[1]) or box.area == 0:
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
    """`RefusedError` when a file gives another size than the photo is displayed with; None is no size."""
    for name, value, displayed in (("width", width, photo.width), ("height", height, photo.height)):
        if value is not None and value != displayed:
            raise RefusedError(
                f"the {name} of {photo.path!r} is given as {value}, but the photo is displayed with "
                f"{photo.width} x {photo.height} pixels; annotate the photo as displayed (EXIF orientation applied)"
            )


def number(text: str | None, name: str) -> Decimal:
    """The number that ``text`` says; `RefusedError` when it says none."""
    with suppress(InvalidOperation):
        value = Decimal((text or "").strip())
        if not value.is_snan():  # of which no arithmetic makes anything but an error
            return value
    raise RefusedError(f"{name} is {text!r}, which is no number; a box needs four numbers")


def exact(edges: Sequence[float]) -> Iterator[Decimal]:
    """The doubles as the shortest decimals that mean them."""
    return (Decimal(repr(float(edge))) for edge in edges)


def decimal_text(value: Decimal) -> str:
    """The number without an exponent and without idle zeros: ``12``, ``0.25``."""
    return f"{EXACT.normalize(value):f}"


def rounded(values: Sequence[Decimal], restores: Callable[[Sequence[Decimal]], bool]) -> list[Decimal]:
    """``values`` with as few decimals (see `DECIMALS`) as still restore the box that they stand for."""
    for decimals in DECIMALS:
        shorter = [EXACT.quantize(value, Decimal(1).scaleb(-decimals)) for value in values]
        if restores(shorter):
            break
    return shorter
