"""Sheets of photos, as metadata show them."""

from __future__ import annotations

from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.pictures import GREEN, Outline, Thumbnail, sheet

FRAME = tuple(bytes.fromhex(GREEN[1:]))


def framed(photo: Image.Image, box: Box) -> Thumbnail:
    return Thumbnail.of(photo, "a dress", (Outline(box, GREEN),), None)


def test_a_sheet_keeps_small_copies_with_the_box_where_it_was():
    photo = Image.new("RGB", (3000, 2000), "white")
    small = framed(photo, Box(600, 500, 1500, 1000))
    photo.close()
    assert small.photo.size == (400, 267)
    page = sheet([small], 1, (300, 200))
    green = [(x, y) for x in range(page.width) for y in range(page.height) if page.getpixel((x, y)) == FRAME]
    left, top, right, bottom = (pick(axis) for pick in (min, max) for axis in zip(*green, strict=True))
    assert abs((right - left) - 90) <= 2 and abs((bottom - top) - 50) <= 2


def test_a_photo_that_is_small_already_keeps_its_size():
    assert framed(Image.new("RGB", (30, 50)), Box(0, 0, 10, 10)).photo.size == (30, 50)
