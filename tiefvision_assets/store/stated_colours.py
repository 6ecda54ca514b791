"""The colours that AVIF and PNG files state by code numbers rather than by a profile: coding-independent code points
(ITU-T H.273), in AVIF's ``colr`` box (nclx) and PNG's ``cICP`` chunk. Pillow tells of neither.

https://aomediacodec.github.io/av1-avif/, ISO/IEC 14496-12 (boxes), 23008-12 (items and their properties);
https://www.w3.org/TR/png-3/#cICP-chunk.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from PIL import Image

from tiefvision_assets.store.colour_profiles import D65, DISPLAY_P3, Chromaticity

_LARGEST_META = 2**20
"""Bytes of an AVIF's box of properties, or before a PNG's pixels; more are not looked at."""
_C: Chromaticity = (0.31, 0.316)
_PRIMARIES: Mapping[int, tuple[Chromaticity, Chromaticity, Chromaticity, Chromaticity]] = {
    1: ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06), D65),
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.6), (0.15, 0.06), D65),
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), D65),
    7: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046), D65),
    11: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.314, 0.351)),
    12: (*DISPLAY_P3, D65),
    22: ((0.63, 0.34), (0.295, 0.605), (0.155, 0.077), D65),
}
"""H.273, table 2: x and y of red, green, blue and white."""


def note_stated_colours(photo: Image.Image, file: BinaryIO) -> None:
    """Add to a photo's ``info`` what its file states, under the name that pillow-heif gives it of HEIC photos.

    A profile counts more, so none is looked for where there is one.
    """
    image_format = str(photo.format)
    if image_format not in _READERS or photo.info.get("icc_profile"):
        return
    if stated := stated_numbers(file, image_format):
        photo.info["nclx_profile"] = stated


def stated_numbers(file: BinaryIO, image_format: str) -> dict[str, float] | None:
    """The code numbers and primaries that the file, an AVIF or a PNG, states, as pillow-heif has them of HEIC photos;
    None without any.

    The file is left where it was.
    """
    before = file.tell()
    try:
        file.seek(0)
        codes = _READERS[image_format](file)
    except (struct.error, IndexError, ValueError):
        return None
    finally:
        file.seek(before)
    if codes is None:
        return None
    primaries, transfer = codes
    stated: dict[str, float] = {"color_primaries": primaries, "transfer_characteristics": transfer}
    points = _PRIMARIES.get(primaries, ((0.0, 0.0),) * 4)
    for part, (x, y) in zip(("red", "green", "blue", "white"), points, strict=True):
        stated |= {f"color_primary_{part}_x": x, f"color_primary_{part}_y": y}
    return stated


def _of_png(file: BinaryIO) -> tuple[int, int] | None:
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IDAT" or file.tell() > _LARGEST_META:
            return None
        if kind == b"cICP":
            content = file.read(4)
            return content[0], content[1]
        file.seek(length + 4, 1)
    return None


def _of_avif(file: BinaryIO) -> tuple[int, int] | None:
    meta = _meta(file)
    boxes = dict(_boxes(meta[4:]))
    primary = int.from_bytes(boxes[b"pitm"][4:], "big") if b"pitm" in boxes else None
    described = dict(_boxes(boxes.get(b"iprp", b"")))
    properties = list(_boxes(described.get(b"ipco", b"")))
    for position in _properties_of(primary, described.get(b"ipma", b"")):
        kind, content = properties[position - 1] if 0 < position <= len(properties) else (b"", b"")
        if kind == b"colr" and content[:4] == b"nclx":
            found: tuple[int, int] = struct.unpack_from(">HH", content, 4)
            return found
    return None


def _meta(file: BinaryIO) -> bytes:
    """The content of the box ``meta``, which lies at the file's beginning, behind its type."""
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if kind == b"meta" and 8 <= size <= _LARGEST_META:
            return file.read(size - 8)
        if size < 8:  # to the end of the file, or of more than 4 GiB
            break
        file.seek(size - 8, 1)
    return b""


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that lie one after another, by kind and content."""
    start = 0
    while start + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, start)
        if size < 8:
            return
        yield kind, content[start + 8 : start + size]
        start += size


def _properties_of(item: int | None, associations: bytes) -> Iterator[int]:
    """The positions, from 1 on, of the item's properties (``ipma``)."""
    if item is None or len(associations) < 8:
        return
    version, wide = associations[0], associations[3] & 1
    (count,) = struct.unpack_from(">I", associations, 4)
    start, id_form = 8, ">I" if version else ">H"
    for _ in range(count):
        (id_,) = struct.unpack_from(id_form, associations, start)
        start += struct.calcsize(id_form)
        number = associations[start]
        start += 1
        for _ in range(number):
            if wide:
                (entry,) = struct.unpack_from(">H", associations, start)
                position, start = entry & 0x7FFF, start + 2
            else:
                position, start = associations[start] & 0x7F, start + 1
            if id_ == item:
                yield position


_READERS: Mapping[str, Callable[[BinaryIO], tuple[int, int] | None]] = {"AVIF": _of_avif, "PNG": _of_png}
