"""From a photo that Pillow has opened to its pixels as they are displayed: upright, in 8-bit sRGB, on white.

Which files are photos, and how large ones are decoded at all, is decided in `tiefvision_assets.store.photos`.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from tiefvision_assets.store import jpeg_xl
from tiefvision_assets.store.colours import Colours, colours_of
from tiefvision_assets.store.odd_frames import loaded
from tiefvision_assets.store.stated_colours import note_stated_colours

_ROWS = 256
"""Rows of 16-bit photos that are converted together: the numbers in between take 32 bytes a pixel."""
_UPRIGHT: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → the transposition that undoes it. `ImageOps.exif_transpose` would also rewrite the EXIF data, and
fails where they are damaged."""
_ON_ITS_SIDE = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""


def displayed(photo: Image.Image, file: BinaryIO) -> Image.Image:
    """Decode the photo, which was opened from ``file``; what Pillow raises for damaged files comes through."""
    if photo.format == "PNG":  # decoding accepts damaged data; verifying the checksums does not
        photo.verify()
        file.seek(0)
        photo = Image.open(file)
        note_stated_colours(photo, file)
    photo = loaded(photo, file)
    colours = colours_of(photo)
    # JPEG XL says by itself how a photo is turned; what its EXIF data say is to be ignored (ISO/IEC 18181-2)
    turned = photo.format != jpeg_xl.FORMAT and photo.getexif().get(ExifTags.Base.Orientation)
    turn = _UPRIGHT.get(turned)
    if turn is not None:
        photo = _in_place_of(photo, photo.transpose(turn))
    shown = _as_rgb(photo, colours)
    shown.info.pop("icc_profile", None)  # it would be written into what is made of the photo
    return shown


def is_on_its_side(photo: Image.Image) -> bool:
    """Whether the photo is displayed with width and height exchanged."""
    return photo.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE


def _as_rgb(photo: Image.Image, colours: Colours) -> Image.Image:
    if photo.mode.startswith("I") or photo.mode == "F":
        photo = _in_place_of(photo, _as_grey(photo))
    if colours.transform:
        photo = _in_place_of(photo, colours.in_srgb(photo))
    if photo.has_transparency_data:
        layered = photo if photo.mode == "RGBA" else _in_place_of(photo, photo.convert("RGBA"))
        white = Image.new("RGB", layered.size, "white")
        white.paste(layered, mask=layered)
        return white
    return photo if photo.mode == "RGB" else photo.convert("RGB")


def _as_grey(photo: Image.Image) -> Image.Image:
    """8-bit greys of 16-bit integers, or of floating-point numbers that are greys already; of a PNG with a transparent
    level, which 8 bits would not tell from its neighbours, with an alpha channel."""
    grey = Image.new("L", photo.size)
    transparent = photo.info.get("transparency")
    alpha = Image.new("L", photo.size, 255) if isinstance(transparent, int) else None
    for top in range(0, photo.height, _ROWS):
        levels = np.asarray(photo.crop((0, top, photo.width, min(top + _ROWS, photo.height))))
        if alpha:
            alpha.paste(Image.fromarray(np.where(levels == transparent, 0, 255).astype(np.uint8)), (0, top))
        if photo.mode != "F":
            levels = (levels.astype(np.float64) / 257).round()
        grey.paste(Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)), (0, top))
    return Image.merge("LA", (grey, alpha)) if alpha else grey


def _in_place_of(photo: Image.Image, made: Image.Image) -> Image.Image:
    """What was made of a photo, whose pixels are given back though callers still hold the photo."""
    photo.close()
    return made
