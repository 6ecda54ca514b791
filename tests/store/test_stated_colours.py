"""Colours that AVIF and PNG files state by code numbers, without a profile."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from tests.store.colour_photos import PROFILES, SRGB, by_littlecms, colourful, difference, written
from tiefvision_assets.store.photos import BadPhoto, open_photo, photo_colours
from tiefvision_assets.store.stated_colours import stated_numbers

P3, BT2020, PQ = (12, 13), (9, 14), (9, 16)


def avif(primaries: int, transfer: int, **options: object) -> bytes:
    """As Pillow writes it, with other numbers in the box that has them."""
    data = bytearray(written(colourful(), "AVIF", quality=100, subsampling="4:4:4", **options))
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def png(primaries: int, transfer: int, **options: object) -> bytes:
    data = written(colourful(), "PNG", **options)
    content = b"cICP" + bytes([primaries, transfer, 0, 1])
    chunk = struct.pack(">I", 4) + content + struct.pack(">I", zlib.crc32(content))
    return data[:33] + chunk + data[33:]  # behind the header


@pytest.mark.parametrize("write", [avif, png])
def test_display_p3_by_numbers_is_converted_as_by_its_profile(write):
    expected = by_littlecms(colourful(), PROFILES["Display P3"])
    assert difference(open_photo(write(*P3)), expected) < 1
    assert difference(colourful(), expected) > 5
    assert photo_colours(write(*P3)).profile == "nclx 12/13"


@pytest.mark.parametrize("write", [avif, png])
def test_bt_2020_is_converted_and_hdr_is_told(write):
    assert difference(open_photo(write(*BT2020)), colourful()) > 10
    found = photo_colours(write(*PQ))
    assert found.profile == "" and "coded for HDR screens" in found.note
    assert difference(open_photo(write(*PQ)), colourful()) < 1


@pytest.mark.parametrize("write", [avif, png])
@pytest.mark.parametrize("numbers", [(1, 13), (2, 2), (1, 1)])
def test_ordinary_numbers_cost_nothing(write, numbers):
    assert photo_colours(write(*numbers)).transform is None
    assert difference(open_photo(write(*numbers)), colourful()) < 1


@pytest.mark.parametrize("write", [avif, png])
def test_a_profile_counts_more(write):
    assert photo_colours(write(*P3, icc_profile=SRGB["of LittleCMS"])).profile == ""


@pytest.mark.parametrize("write", [avif, png])
def test_unknown_primaries_are_told(write):
    assert "primary colours are not known (nclx 77)" in photo_colours(write(77, 13)).note


@pytest.mark.parametrize(("write", "image_format"), [(avif, "AVIF"), (png, "PNG")])
def test_cut_and_damaged_files_give_a_photo_or_a_reason(write, image_format):
    data = write(*P3)
    for cut in range(0, 300, 3):
        file = io.BytesIO(data[:cut])
        stated_numbers(file, image_format)
        assert file.tell() == 0
    for flipped in range(0, min(300, len(data)), 5):
        damaged = bytearray(data)
        damaged[flipped] ^= 0xFF
        stated_numbers(io.BytesIO(bytes(damaged)), image_format)
        try:
            open_photo(bytes(damaged))
        except BadPhoto:
            continue
