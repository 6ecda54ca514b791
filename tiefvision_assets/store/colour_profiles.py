"""Colour profiles of RGB colours that a file states by numbers rather than by a profile: by primaries and a curve."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

Chromaticity = tuple[float, float]
"""CIE 1931 x and y."""

SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1, as the parameters g, a, b, c, d of ICC.1:2010, table 65, function 3."""
D65: Chromaticity = (0.3127, 0.329)
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
"""Adobe RGB (1998), section 4.3.1; its gamma is 563/256."""
ADOBE_GAMMA = (563 / 256,)
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
"""SMPTE EG 432-1."""
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""ICC.1:2010, annex E."""


def matrix_profile(name: str, primaries: Sequence[Chromaticity], white: Chromaticity, curve: Sequence[float]) -> bytes:
    """An ICC profile (version 4.2) of RGB colours with these red, green and blue primaries and this white.

    ``curve`` is a gamma alone, or five parameters as those of `SRGB_CURVE`. Raises ValueError where the primaries span
    no colours.
    """
    columns = np.array([_xyz(chromaticity) for chromaticity in primaries]).T
    try:
        columns = columns * np.linalg.solve(columns, _xyz(white))
    except np.linalg.LinAlgError:
        raise ValueError("the primaries lie on a line") from None
    cones = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ _xyz(white))
    columns = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ columns
    tags = {b"desc": _text(name), b"cprt": _text("No copyright"), b"wtpt": _point(_D50)}
    tags |= {tag: _point(column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True)}
    shape = struct.pack(">4sIHH", b"para", 0, 3 if len(curve) > 1 else 0, 0)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), shape + b"".join(map(_fixed, curve)))
    return _profile(tags)


def _xyz(chromaticity: Chromaticity) -> np.ndarray:
    x, y = chromaticity
    if y <= 0:
        raise ValueError("a chromaticity has no y")
    return np.array([x / y, 1, (1 - x - y) / y])


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _point(xyz: Sequence[float] | np.ndarray) -> bytes:
    return struct.pack(">4sI", b"XYZ ", 0) + b"".join(map(_fixed, xyz))


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _profile(tags: dict[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4xI4s4s4s", start + len(body), 0x04200000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28 + b"".join(map(_fixed, _D50))
    return header.ljust(128, b"\0") + table + body
