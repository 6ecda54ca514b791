"""What people draw in Label Studio: rectangles, polygons, ellipses and brush strokes, in percent of the photo."""

from __future__ import annotations

from typing import Any

from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.label_studio_brush import brushed
from tiefvision_assets.store.labels.numbers import number_in
from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.labels.regions import EMPTY, PassedOver, Region, Shape
from tiefvision_assets.store.labels.shapes import Point

FORM = "x, y, width and height are percentages of what the photo measures"
NO_OBJECT = "answers that mark no object (choices, texts, key points)"


def region_of(place: str, marked: dict[str, Any], photo: PhotoName, annotator: str) -> Region:
    """The region that ``marked`` describes; `PassedOver` for answers that are none, `RefusedError` for damaged ones."""
    found = marked.get("value")
    value: dict[str, Any] = found if isinstance(found, dict) else {}
    width, height = (marked.get(name, value.get(name)) for name in ("original_width", "original_height"))
    if marked.get("image_rotation"):
        raise RefusedError("the photo was turned in Label Studio", "turn it back there, and draw the box again")
    degrees = number_in(value.get("rotation")) or 0.0
    points, given, shape, in_shares = _points(str(marked.get("type", "")), value, width, height)
    if in_shares and (shape == "ellipse" or (shape == "box" and degrees)):
        points, in_shares = _in_pixels(points, width, height), False
        shape = "ellipse" if shape == "ellipse" else "turned about its corner"
    return Region(
        place,
        photo,
        points,
        given,
        FORM,
        in_shares=in_shares,
        shape=shape,
        degrees=degrees,
        category=_category(value),
        size=(width, height),
        annotator=annotator,
    )


def _category(value: dict[str, Any]) -> str:
    for key, names in value.items():
        if key.endswith("labels") and isinstance(names, list) and names:
            return str(names[0])
    return ""


def _points(
    kind: str, value: dict[str, Any], width: object, height: object
) -> tuple[tuple[Point, ...], str, Shape, bool]:
    """Corners, the numbers for messages, the shape, and whether the corners are shares of the photo, not pixels."""
    if "rle" in value:
        left, top, right, bottom = edges = brushed(value["rle"], number_in(width), number_in(height))
        return ((left, top), (right, bottom)), str(list(edges)), "box", False
    if isinstance(value.get("points"), list):
        pairs = [point for point in value["points"] if isinstance(point, list) and len(point) == 2]
        numbers = [(number_in(x), number_in(y)) for x, y in pairs]
        corners = tuple((x / 100, y / 100) for x, y in numbers if x is not None and y is not None)
        if len(corners) < 3:
            raise PassedOver(EMPTY)
        return corners, f"around the polygon from {pairs[0]} on", "polygon", True
    if "radiusX" in value:
        x, y, across, down = _four(value, ("x", "y", "radiusX", "radiusY"))
        corners = ((x - across) / 100, (y - down) / 100), ((x + across) / 100, (y + down) / 100)
        return corners, str([x, y, across, down]), "ellipse", True
    if {"width", "height"} & set(value) or kind.startswith("rectangle"):
        x, y, wide, high = _four(value, ("x", "y", "width", "height"))
        return ((x / 100, y / 100), ((x + wide) / 100, (y + high) / 100)), str([x, y, wide, high]), "box", True
    raise PassedOver(NO_OBJECT)


def _four(value: dict[str, Any], names: tuple[str, ...]) -> list[float]:
    numbers = [number for name in names if (number := number_in(value.get(name))) is not None]
    if len(numbers) != 4:
        raise RefusedError('"value" is missing or not four numbers', FORM)
    return numbers


def _in_pixels(points: tuple[Point, ...], width: object, height: object) -> tuple[Point, ...]:
    """A turned shape in shares is only a shape where both sides of the photo are known."""
    across, down = number_in(width), number_in(height)
    if not across or not down:
        raise RefusedError("a turned box without original_width and original_height", "export the file again")
    return tuple((x * across, y * down) for x, y in points)
