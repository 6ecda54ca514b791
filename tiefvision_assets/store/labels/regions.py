"""Regions: what somebody marked on a photo, as a label file of any format has it, before the photo is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.known_photos import KnownPhoto, PhotoName
from tiefvision_assets.store.labels.numbers import DECIMALS, is_number, number_in
from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.labels.shapes import Edges, Point, bounds, ellipse_bounds, turned

TOLERANCE = 1.0
"""A box that reaches further outside its photo, in pixels, is refused; a smaller overhang is clipped."""
CELLS = 28
"""Cells of the encoder along the shorter side of a photo at the smallest scale of the 2016 system (448 / 16)."""
FAR_SMALLER = 0.25
"""A box whose sides are both less than this share of such a cell is no object that somebody drew."""
EMPTY = "empty clicks (boxes without area)"

Shape = Literal["box", "polygon", "turned corners", "turned about its corner", "turned about its centre", "ellipse"]


class PassedOver(Exception):
    """The region says nothing about where an object is; the text says what it is, in the plural."""


@dataclass(frozen=True, slots=True)
class Region:
    """One marked region of a label file."""

    place: str
    """Where in the file it stands."""
    photo: PhotoName
    points: tuple[Point, ...]
    """Two opposite corners, or the corners of a polygon."""
    given: str
    """The numbers as the file has them, for messages."""
    form: str
    """What the format's numbers mean, for messages."""
    in_shares: bool = False
    """Whether the points are shares of the photo's width and height instead of pixels."""
    shape: Shape = "box"
    degrees: float = 0.0
    """By how much it is turned clockwise."""
    category: str = ""
    size: tuple[object, object] = (None, None)
    """Width and height of the photo as the file has them."""
    annotator: str = ""
    proposed: bool = False
    """Whether it is a model's prediction."""
    score: float | None = None
    """The confidence, 0 to 1; of a person's box it is not kept."""
    model: str = ""
    """The model's version."""


def box_of(region: Region, photo: KnownPhoto) -> Box:
    """The region's tight upright box, rounded to `DECIMALS` and clipped to its photo.

    `PassedOver` for a region without area, `RefusedError` for one that cannot be meant: other than finite, reaching
    more than `TOLERANCE` outside, far smaller than a cell, or on a photo of another size.
    """
    check_size(photo, *region.size)
    given = f"the box {region.given} of {photo.path!r}"
    if not all(math.isfinite(number) for point in region.points for number in point):
        raise RefusedError(f"{given} is not finite", "draw it again")
    left, top, right, bottom = _edges(region, photo)
    box = Box(*(round(float(edge), DECIMALS) for edge in (left, top, right, bottom)))
    if box.area == 0:
        if box.right < box.left or box.bottom < box.top:
            raise RefusedError(f"{given} has no area", region.form)
        raise PassedOver(EMPTY)
    inside = box.clipped(photo.width, photo.height)
    reach = max(abs(edge - clipped) for edge, clipped in zip(box.as_tuple(), inside.as_tuple(), strict=True))
    # the corners of a turned box, or of an ellipse's, need not lie on the photo where the object does
    allowed = TOLERANCE if region.shape in ("box", "polygon") else math.inf
    if reach > allowed or inside.area == 0:
        raise RefusedError(
            f"{given} reaches outside the photo, which is displayed with {photo.width} x {photo.height} pixels",
            region.form if region.in_shares else f"{region.form} in pixels of the photo as displayed",
        )
    _refuse_tiny(inside, region, photo, given)
    return inside


def check_size(photo: KnownPhoto, width: object, height: object) -> None:
    """Raises `RefusedError` when a file gives another size than the photo is displayed with; None, nothing and 0 are
    no size, and a number may come as a text."""
    for name, value, displayed in (("width", width, photo.width), ("height", height, photo.height)):
        known = number_in(value)
        if value in (None, "") or known == 0:
            continue
        if known != displayed:
            shown = f"{value:g}" if is_number(value) else value
            raise RefusedError(
                f"the {name} of {photo.path!r} is given as {shown}, but the photo is displayed with "
                f"{photo.width} x {photo.height} pixels",
                "annotate the photo as displayed (EXIF orientation applied)",
            )


def _edges(region: Region, photo: KnownPhoto) -> Edges:
    across, down = (photo.width, photo.height) if region.in_shares else (1, 1)
    points = [(x * across, y * down) for x, y in region.points]
    if region.shape in ("polygon", "turned corners"):
        return bounds(points)
    (left, top), (right, bottom) = points
    edges = (left, top, right, bottom)
    if region.shape == "ellipse":
        return ellipse_bounds(edges, region.degrees)
    if region.shape == "turned about its corner":
        return turned(edges, region.degrees, (left, top))
    if region.shape == "turned about its centre":
        return turned(edges, region.degrees, ((left + right) / 2, (top + bottom) / 2))
    return edges


def _refuse_tiny(box: Box, region: Region, photo: KnownPhoto, given: str) -> None:
    if not region.in_shares and box.right <= 1 and box.bottom <= 1:
        raise RefusedError(
            f"{given} lies within the photo's first pixel: these look like fractions of its sides",
            f"{region.form} in pixels; export pixels, or confirm (COCO, tables) with --coordinates normalised",
        )
    cell = min(photo.width, photo.height) / CELLS
    if max(box.width, box.height) < FAR_SMALLER * cell:
        raise RefusedError(
            f"{given} is {box.width:g} x {box.height:g} pixels, far smaller than a cell ({cell:.0f} pixels)",
            f"nothing can be learned from it; check whether {region.form}",
        )
