"""What Pillow leaves to its callers of pictures that it reads: transparent colours of PNGs at depths other than 8 bits,
what a GIF's first frame leaves open, and 16-bit greys of TIFFs in which 0 is white."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin

_LEVELS = {"L;2": 85, "L;4": 17}
"""Raw mode of a PNG of greys → what its levels are multiplied with, though Pillow does not do so with the transparent
one."""
_WIDE, _LOW_BYTES = "RGB;16B", "RGB;16L"
"""16 bits a channel, of which Pillow keeps the higher ones; told to take them the other way round, the lower ones."""

_WHITE_16 = np.uint16(0xFFFF)
ROWS = 256
"""Rows whose numbers are compared at a time."""


def loaded(photo: Image.Image, file: BinaryIO) -> Image.Image:
    """The photo, which was opened from ``file``, with its pixels, and its transparent ones told."""
    if isinstance(photo, TiffImagePlugin.TiffImageFile):
        photo.load()
        if photo.mode.startswith("I;16") and photo.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
            photo.im = Image.fromarray(_WHITE_16 - np.asarray(photo)).im
        return photo
    if photo.format not in ("PNG", "GIF") or not isinstance(photo, ImageFile.ImageFile) or not photo.tile:
        photo.load()
        return photo
    tile, transparent = photo.tile[0], photo.info.get("transparency")
    photo.load()
    if photo.format == "GIF" and transparent is None and tile.extents not in (None, (0, 0, *photo.size)):
        return _over_white(photo, tile.extents)
    if photo.format == "PNG" and isinstance(transparent, int) and tile.args in _LEVELS:
        photo.info["transparency"] = transparent * _LEVELS[tile.args]
    elif photo.format == "PNG" and isinstance(transparent, tuple) and tile.args == _WIDE:
        photo.putalpha(_opaque(photo, transparent, file))
        del photo.info["transparency"]
    return photo


def _over_white(photo: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    """The first frame on white, as on a page: Pillow fills what it does not cover with the palette's first colour."""
    white = Image.new("RGB", photo.size, "white")
    white.paste(photo.crop(frame).convert("RGB"), frame)
    white.format, white.info = photo.format, photo.info
    return white


def _opaque(photo: Image.Image, transparent: tuple[int, ...], file: BinaryIO) -> Image.Image:
    """255 where a pixel of 16 bits a channel differs from the transparent colour, else 0."""
    file.seek(0)
    with Image.open(file) as again:
        assert isinstance(again, ImageFile.ImageFile)
        again.tile = [tile._replace(args=_LOW_BYTES) for tile in again.tile]
        opaque = Image.new("L", photo.size, 255)
        for top in range(0, photo.height, ROWS):
            rows = (0, top, photo.width, min(top + ROWS, photo.height))
            same = np.ones((rows[3] - top, photo.width), dtype=bool)
            for bytes_of, colour in ((photo, [c >> 8 for c in transparent]), (again, [c & 255 for c in transparent])):
                same &= (np.asarray(bytes_of.crop(rows)) == colour).all(axis=-1)
            opaque.paste(0, rows, Image.fromarray(same))
    return opaque
