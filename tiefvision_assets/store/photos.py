"""Opening photos: which files are some, how large they may be, and decoding within memory, or the reason why not."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError
from pillow_heif import register_heif_opener

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store import jpeg_xl
from tiefvision_assets.store.colours import Colours, colours_of
from tiefvision_assets.store.memory import DECODING, HELD, give_back_large_blocks, memory_limit
from tiefvision_assets.store.pixels import displayed, is_on_its_side
from tiefvision_assets.store.quiet_decoders import silence_libtiff
from tiefvision_assets.store.regular import open_regular
from tiefvision_assets.store.stated_colours import note_stated_colours

give_back_large_blocks()
register_heif_opener(thumbnails=False)
silence_libtiff()
# Pillow warns of odd metadata in files that it reads all the same; nobody at a terminal could do anything about them.
warnings.filterwarnings("ignore", module=r"PIL\.")

FORMATS = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "HEIF": ".heic",
    "AVIF": ".avif",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "GIF": ".gif",
}
"""What is read, as Pillow calls it, and the suffix of such a file. MPO is a JPEG with more pictures behind it, which
phones write; of it, and of animations, the first picture counts."""
if jpeg_xl.register():
    FORMATS[jpeg_xl.FORMAT] = jpeg_xl.SUFFIX
READ = "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP and GIF"
PHOTO_SUFFIXES = frozenset(
    {*FORMATS.values(), ".jpeg", ".jpe", ".jfif", ".mpo", ".heif", ".hif", ".tiff", jpeg_xl.SUFFIX}
)
"""By their names, which files may be photos; what they are is decided by their content."""
DECODING_VERSION = 2
"""To be raised when photos with a colour profile come to look otherwise: what was made of them is then made again.
1 ignored profiles; 2 converts to sRGB by them."""
MAX_PIXELS = 80_000_000
MIN_SIDE = 16
MAX_ASPECT = 8.0
BYTES_A_PIXEL = 12
"""What decoding takes at most: Pillow keeps four bytes a pixel, a turned or converted copy stands beside it, and some
decoders (progressive JPEG, HEIC) hold as much again meanwhile."""
BYTES_HELD_A_PIXEL = 8
"""What a decoded photo takes, and a part of it that is cut out beside it."""
LARGEST_SHARE = 0.75
"""A photo that would take a larger part of this process' memory is not decoded."""
_DAMAGES = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    RuntimeError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow and its plugins were seen to raise for damaged files."""


class BadPhoto(TiefVisionError):
    """A file that cannot be used as a photo; the text is the reason, to be put after the file's name."""


class TooManyPixels(BadPhoto):
    """A photo beyond `MAX_PIXELS`, found by its header before anything was decoded."""


class TooLargeHere(TooManyPixels):
    """A photo that may well be decoded by a process that may use more memory."""


class MissingDecoder(BadPhoto):
    """A photo that could be decoded if an extra were installed."""


def open_photo(source: Path | bytes) -> Image.Image:
    """Decode a photo file of one of the `FORMATS` into an upright sRGB picture; `BadPhoto` says why it is not possible.

    Transparent pixels are laid over white; palettes, CMYK and 16-bit channels are converted to 8-bit RGB, colours by
    the file's profile to sRGB; of an animation the first frame is taken. The size is checked before anything is
    decoded.
    """
    with _file_of(source) as file:
        photo, needed = _opened(file)
        with DECODING.reserved(needed):
            return _decoded(photo, file)


def decodable_size(content: bytes) -> tuple[int, int]:
    """(width, height) of the picture that `open_photo` makes of a file's content; `BadPhoto` where it makes none.

    Of a JPEG only an eighth of the size is computed. All of the file is read as before, and the same damage is noticed,
    in less time: 8 ms instead of 50 for 12 megapixels, .4 instead of .8 for 400 x 534 pixels.
    """
    with _file_of(content) as file:
        photo, needed = _opened(file)
        full = photo.size
        if photo.format == "JPEG":
            photo.draft(None, (1, 1))
        with DECODING.reserved(needed):
            shown = _decoded(photo, file).size
        if photo.format != "JPEG":
            return shown
        return full[::-1] if is_on_its_side(photo) else full


def photo_colours(source: Path | bytes) -> Colours:
    """Whether `open_photo` converts the photo's colours, by its header alone; `BadPhoto` where there is none."""
    with _file_of(source) as file:
        photo, needed = _opened(file)
        try:
            with photo:
                if photo.format != jpeg_xl.FORMAT:
                    return colours_of(photo)
                with DECODING.reserved(needed):  # its plugin tells the profile when it has decoded
                    photo.load()
                    return colours_of(photo)
        except _DAMAGES as error:
            raise BadPhoto(_damage("damaged", error)) from error


def open_named_photo(source: Path | bytes, name: str) -> Image.Image:
    """Decode a photo file; the `BadPhoto` raised is a sentence that begins with ``name``."""
    try:
        return open_photo(source)
    except BadPhoto as error:
        raise BadPhoto(f"{name}: {error}.") from error


@contextmanager
def photo_held(source: Path | bytes, name: str, reduction: int = 1) -> Iterator[Image.Image]:
    """`open_named_photo` for the time of the block, after which its pixels are given back.

    For work on many photos: decoded ones take no more than `HELD` together, however many threads work. Where less is to
    be seen of a photo than is in it, a ``reduction`` of 2, 4 or 8 has a JPEG decoded at that part of its size, its
    sides rounded up; photos of other formats come as they are.
    """
    with ExitStack() as held:
        try:
            file = held.enter_context(_file_of(source))
            photo, needed = _opened(file)
            if photo.format == "JPEG" and reduction > 1:
                photo.draft(None, (photo.width // reduction, photo.height // reduction))
            held.enter_context(HELD.reserved(BYTES_HELD_A_PIXEL * photo.width * photo.height))
            with DECODING.reserved(needed):
                shown = _decoded(photo, file)
        except BadPhoto as error:
            raise BadPhoto(f"{name}: {error}.") from error
        held.callback(shown.close)
        yield shown


@contextmanager
def _file_of(source: Path | bytes) -> Iterator[BinaryIO]:
    """The photo's file, opened; `BadPhoto` for one that is empty, or not to be opened."""
    try:
        opened = io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)
    except OSError as error:
        raise BadPhoto(f"the file cannot be read ({error.strerror or error})") from error
    with opened:
        if not opened.seek(0, os.SEEK_END):
            raise BadPhoto("the file is empty")
        opened.seek(0)
        yield opened


def bytes_to_decode(width: int, height: int) -> int:
    """The most memory that decoding a photo of that size takes for a while."""
    return BYTES_A_PIXEL * width * height


def _opened(file: BinaryIO) -> tuple[Image.Image, int]:
    """The photo by its header, which was checked, and how much memory decoding it takes."""
    try:
        photo = Image.open(file)
    except UnidentifiedImageError:
        file.seek(0)
        if jpeg_xl.FORMAT not in FORMATS and jpeg_xl.is_jpeg_xl(file.read(12)):
            raise MissingDecoder(jpeg_xl.MISSING) from None
        raise BadPhoto(f"not a photo, or damaged at its beginning ({READ} are read)") from None
    except Image.DecompressionBombError:
        raise TooManyPixels(f"too large in pixels (the limit is {MAX_PIXELS // 1_000_000} megapixels)") from None
    except _DAMAGES as error:
        raise BadPhoto(_damage("damaged", error)) from error
    _check(photo)
    note_stated_colours(photo, file)
    needed, limit = bytes_to_decode(*photo.size), memory_limit()
    if needed > LARGEST_SHARE * limit:
        raise TooLargeHere(
            f"too large in pixels for the memory here ({photo.width * photo.height / 1e6:.0f} megapixels take up to "
            f"{needed / 2**20:,.0f} MiB, the limit of this process is {limit / 2**20:,.0f} MiB)"
        )
    return photo, needed


def _decoded(photo: Image.Image, file: BinaryIO) -> Image.Image:
    try:
        return displayed(photo, file)
    except _DAMAGES as error:
        raise BadPhoto(_damage("damaged or truncated", error)) from error


def _damage(what: str, error: Exception) -> str:
    """With the decoder's own reason, if it gave one; Python's errors of a decoder that stumbled would tell nothing."""
    reason = str(error).rstrip(".") if isinstance(error, OSError | SyntaxError) else ""
    return f"{what} ({reason})" if reason else what


def _check(photo: Image.Image) -> None:
    if photo.format not in FORMATS:
        raise BadPhoto(f"{photo.format} files are not read; save the photo as JPEG or PNG")
    short, long = sorted(photo.size)
    if short * long > MAX_PIXELS:
        raise TooManyPixels(
            f"too large in pixels ({short * long / 1e6:.0f} megapixels, the limit is {MAX_PIXELS // 1_000_000})"
        )
    if short < MIN_SIDE:
        raise BadPhoto(f"too small ({photo.width} x {photo.height} pixels, a side needs {MIN_SIDE})")
    if long / short > MAX_ASPECT:
        raise BadPhoto(f"too narrow ({photo.width} x {photo.height} pixels, the limit is {MAX_ASPECT:.0f} to 1)")
