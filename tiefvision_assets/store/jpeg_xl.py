"""JPEG XL, which Pillow reads by a plugin: the extra ``jxl`` brings pylibjxl."""

from __future__ import annotations

from contextlib import suppress

FORMAT, SUFFIX = "JXL", ".jxl"
MISSING = "JPEG XL is read only with the extra jxl (`pip install 'tiefvision[jxl]'`); or save the photo as JPEG"
_BEGINNINGS = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
"""ISO/IEC 18181: of a bare codestream, and of one in a container."""


def register() -> bool:
    """Let Pillow read JPEG XL; returns whether it does, which needs the extra."""
    with suppress(ImportError):
        import pylibjxl

        pylibjxl.register_pillow()
        return True
    return False


def is_jpeg_xl(beginning: bytes) -> bool:
    """Whether a file that begins with these 12 bytes is JPEG XL."""
    return beginning.startswith(_BEGINNINGS)
