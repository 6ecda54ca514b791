"""Decoders that write to the terminal by themselves: what is wrong with a file is said in our own words, once."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

_MAPPED = Path("/proc/self/maps")


def silence_libtiff() -> None:
    """Keep libtiff, which Pillow has loaded, from printing its warnings and errors; errors are raised all the same.

    Does nothing where the loaded libraries are not listed (elsewhere than on Linux).
    """
    with suppress(OSError, AttributeError):
        lines = _MAPPED.read_text(encoding="utf-8", errors="replace").splitlines()
        for file in {line.split(maxsplit=5)[-1] for line in lines if "/libtiff" in line}:
            library = ctypes.CDLL(file)
            for name in ("TIFFSetWarningHandler", "TIFFSetErrorHandler"):
                setter = library[name]
                setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
                setter(None)
