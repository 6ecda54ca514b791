"""Decoding photos as they are displayed: limits on their size, EXIF orientation, and conversion to sRGB."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError
from pillow_heif import register_heif_opener

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store import jpeg_xl
from tiefvision_assets.store.colours import Colours, colours_of
from tiefvision_assets.store.memory import DECODING, HELD, give_back_large_blocks, memory_limit
from tiefvision_assets.store.quiet_decoders import silence_libtiff
from tiefvision_assets.store.regular import open_regular

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
_ROWS = 256
"""Rows of 16-bit photos that are converted together: the numbers in between take 32 bytes a pixel."""
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
    if isinstance(source, bytes):
        return _decode(io.BytesIO(source), empty=not source)
    try:
        with open_regular(source) as file:
            return _decode(file, empty=os.fstat(file.fileno()).st_size == 0)
    except OSError as error:
        raise BadPhoto(f"the file cannot be read ({error.strerror or error})") from error


def decodable_size(content: bytes) -> tuple[int, int]:
    """(width, height) of the picture that `open_photo` makes of a file's content; `BadPhoto` where it makes none.

    Of a JPEG only an eighth of the size is computed. All of the file is read as before, and the same damage is noticed,
    in less time: 8 ms instead of 50 for 12 megapixels, .4 instead of .8 for 400 x 534 pixels.
    """
    file = io.BytesIO(content)
    photo, needed = _opened(file, empty=not content)
    full = photo.size
    if photo.format == "JPEG":
        photo.draft(None, (1, 1))
    with DECODING.reserved(needed):
        shown = _decoded(photo, file).size
    if photo.format != "JPEG":
        return shown
    is_on_its_side = photo.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
    return full[::-1] if is_on_its_side else full


def photo_colours(source: Path | bytes) -> Colours:
    """Whether `open_photo` converts the photo's colours, by its header alone; `BadPhoto` where there is none."""
    if isinstance(source, bytes):
        return _colours_in(io.BytesIO(source))
    try:
        with open_regular(source) as file:
            return _colours_in(file)
    except OSError as error:
        raise BadPhoto(f"the file cannot be read ({error.strerror or error})") from error


def _colours_in(file: BinaryIO) -> Colours:
    photo, needed = _opened(file, empty=False)
    try:
        with photo:
            if photo.format != jpeg_xl.FORMAT:
                return colours_of(photo)
            with DECODING.reserved(needed):  # its plugin tells the profile when it has decoded
                photo.load()
                return colours_of(photo)
    except _DAMAGES as error:
        raise BadPhoto(_damage("damaged", error)) from error


def open_named_photo(file: Path, name: str) -> Image.Image:
    """Decode a photo file; the `BadPhoto` raised is a sentence that begins with ``name``."""
    try:
        return open_photo(file)
    except BadPhoto as error:
        raise BadPhoto(f"{name}: {error}.") from error


@contextmanager
def photo_held(file: Path, name: str) -> Iterator[Image.Image]:
    """`open_named_photo` for the time of the block, after which its pixels are given back.

    For work on many photos: decoded ones take no more than `HELD` together, however many threads work.
    """
    with HELD.reserved(BYTES_HELD_A_PIXEL * _pixels(file)):
        photo = open_named_photo(file, name)
        try:
            yield photo
        finally:
            photo.close()


def _pixels(file: Path) -> int:
    """By the file's header; 0 where it has none that can be read, as decoding will tell."""
    with suppress(*_DAMAGES), open_regular(file) as opened:
        width, height = Image.open(opened).size
        return width * height
    return 0


def bytes_to_decode(width: int, height: int) -> int:
    """The most memory that decoding a photo of that size takes for a while."""
    return BYTES_A_PIXEL * width * height


def _decode(file: BinaryIO, *, empty: bool) -> Image.Image:
    photo, needed = _opened(file, empty=empty)
    with DECODING.reserved(needed):
        return _decoded(photo, file)


def _opened(file: BinaryIO, *, empty: bool) -> tuple[Image.Image, int]:
    """The photo by its header, which was checked, and how much memory decoding it takes."""
    if empty:
        raise BadPhoto("the file is empty")
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
    needed, limit = bytes_to_decode(*photo.size), memory_limit()
    if needed > LARGEST_SHARE * limit:
        raise TooLargeHere(
            f"too large in pixels for the memory here ({photo.width * photo.height / 1e6:.0f} megapixels take up to "
            f"{needed / 2**20:,.0f} MiB, the limit of this process is {limit / 2**20:,.0f} MiB)"
        )
    return photo, needed


def _decoded(photo: Image.Image, file: BinaryIO) -> Image.Image:
    try:
        if photo.format == "PNG":  # decoding accepts damaged data; verifying the checksums does not
            photo.verify()
            file.seek(0)
            photo = Image.open(file)
        photo.load()
        colours = colours_of(photo)
        # JPEG XL says by itself how a photo is turned; what its EXIF data say is to be ignored (ISO/IEC 18181-2)
        turned = photo.format != jpeg_xl.FORMAT and photo.getexif().get(ExifTags.Base.Orientation)
        turn = _UPRIGHT.get(turned)
        if turn is not None:
            photo = _in_place_of(photo, photo.transpose(turn))
        shown = _as_rgb(photo, colours)
        shown.info.pop("icc_profile", None)  # it would be written into what is made of the photo
        return shown
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
    """8-bit greys of 16-bit integers, or of floating-point numbers that are greys already."""
    grey = Image.new("L", photo.size)
    for top in range(0, photo.height, _ROWS):
        levels = np.asarray(photo.crop((0, top, photo.width, min(top + _ROWS, photo.height))))
        if photo.mode != "F":
            levels = (levels.astype(np.float64) / 257).round()
        grey.paste(Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)), (0, top))
    return grey


def _in_place_of(photo: Image.Image, made: Image.Image) -> Image.Image:
    """What was made of a photo, whose pixels are given back though callers still hold the photo."""
    photo.close()
    return made
