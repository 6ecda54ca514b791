"""Transparent colours of PNGs at any depth, first frames of GIFs that cover a part of the picture, TIFFs in reverse."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.store.colour_photos import PROFILES, by_littlecms
from tiefvision_assets.store.photos import open_photo

SIZE = (32, 24)
WHITE = (255, 255, 255)
BLACK_IS_ZERO, WHITE_IS_ZERO = (b"\x06\x01\x03\0\x01\0\0\0" + bytes([value, 0]) for value in (1, 0))
"""The tag of a TIFF (photometric interpretation) that says so."""


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(depth: int, colour_type: int, row: bytes, *chunks: bytes) -> bytes:
    """A PNG whose rows are all the same."""
    header = struct.pack(">IIBBBBB", *SIZE, depth, colour_type, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * SIZE[1]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def transparent(*levels: int) -> bytes:
    return chunk(b"tRNS", struct.pack(f">{len(levels)}H", *levels))


def wide(left: tuple[int, int, int], right: tuple[int, int, int], *chunks: bytes) -> bytes:
    """16 bits a channel, two colours side by side."""
    return png(16, 2, struct.pack(">3H", *left) * 16 + struct.pack(">3H", *right) * 16, *chunks)


@pytest.mark.parametrize(
    ("data", "left", "right"),
    [
        (png(2, 0, b"\x55" * 4 + b"\xaa" * 4, transparent(1)), WHITE, (170, 170, 170)),
        (png(4, 0, b"\x33" * 8 + b"\x77" * 8, transparent(3)), WHITE, (119, 119, 119)),
        (png(8, 0, b"\x03" * 16 + b"\x77" * 16, transparent(3)), WHITE, (119, 119, 119)),
        (png(8, 2, b"\x01\x02\x03" * 16 + b"\x01\x02\x04" * 16, transparent(1, 2, 3)), WHITE, (1, 2, 4)),
        (wide((4660, 22136, 39612), (4661, 22136, 39612), transparent(4660, 22136, 39612)), WHITE, (18, 86, 154)),
        (wide((4660, 22136, 39612), (4660, 22136, 39613), transparent(1, 2, 3)), (18, 86, 154), (18, 86, 154)),
    ],
)
def test_the_transparent_colour_alone_is_white(data, left, right):
    photo = open_photo(data)
    assert (photo.mode, photo.size) == ("RGB", SIZE)
    assert (photo.getpixel((8, 12)), photo.getpixel((24, 12))) == (left, right)


def test_the_others_follow_the_profile():
    profile = chunk(b"iCCP", b"P3\0\0" + zlib.compress(PROFILES["Display P3"]))
    photo = open_photo(wide((0, 0, 0), (0xC800, 0x5000, 0x2800), profile, transparent(0, 0, 0)))
    expected = by_littlecms(Image.new("RGB", SIZE, (0xC8, 0x50, 0x28)), PROFILES["Display P3"])
    assert photo.getpixel((8, 12)) == WHITE
    assert np.abs(np.subtract(photo.getpixel((24, 12)), expected.getpixel((0, 0)))).max() <= 1


def test_what_a_gifs_first_frame_leaves_open_is_white():
    buffer = io.BytesIO()
    Image.new("P", (16, 24), 0).save(buffer, "GIF")
    data = bytearray(buffer.getvalue())
    data[6:10] = struct.pack("<HH", *SIZE)  # the size of the whole picture, not of its frame
    photo = open_photo(bytes(data))
    assert photo.size == SIZE
    assert (photo.getpixel((8, 12)), photo.getpixel((24, 12))) == ((0, 0, 0), WHITE)


@pytest.mark.parametrize("bits", [8, 16])
def test_greys_of_a_tiff_in_which_0_is_white_are_turned_round(bits):
    levels = np.tile(np.linspace(0, 2**bits - 1, SIZE[0]), (SIZE[1], 1)).astype(f"<u{bits // 8}")
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "TIFF", tiffinfo={0x0112: 6})
    data = buffer.getvalue()
    assert data.count(BLACK_IS_ZERO) == 1
    found, turned = open_photo(data), open_photo(data.replace(BLACK_IS_ZERO, WHITE_IS_ZERO))
    assert found.size == turned.size == SIZE[::-1]
    assert (np.asarray(found).astype(int) + np.asarray(turned) == 255).all()
    assert np.ptp(np.asarray(turned)) == 255
