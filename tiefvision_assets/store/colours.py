"""Which colours a photo's numbers stand for, and turning them into sRGB.

The embedded ICC profile tells; where there is none, what the file states otherwise: the primaries of a HEIC or AVIF
photo (nclx) or of a PNG (cICP), or Adobe RGB as cameras mark it. LittleCMS converts, by the perceptual intent, which is
that of its own tools and of ImageMagick. Here a photo is a Pillow image whose file may be open still; files are the
business of `tiefvision_assets.store.photos`.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from PIL import ExifTags, Image, ImageChops, ImageCms

from tiefvision_assets.store.colour_profiles import ADOBE_GAMMA, ADOBE_RGB, D65, SRGB_CURVE, matrix_profile

LARGEST_PROFILE = 16 * 2**20
"""Bytes; the largest of printers have a few MiB."""
AS_THEY_STAND = "its colours are taken as they stand"
_KEPT = 64
"""Conversions kept in memory; a printer's takes about a megabyte."""
_LONGEST_NAME = 80
_TOLERANCE = 1
"""A profile by which no colour changes by more, of 255, is sRGB: there are dozens of them, which differ in rounding."""
_GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_SRGB_LIKE = (1, 2, 6, 13, 14, 15)
"""Transfer characteristics of ITU-T H.273 for which sRGB's curve stands: itself, unspecified, and those of television,
which are shown by nearly the same."""
_GAMMAS: dict[int, tuple[float, ...]] = {4: (2.2,), 5: (2.8,), 8: (1.0,)}
_INTEROPERABILITY_INDEX = 1
_LEVELS = np.linspace(0, 255, 9).round()
_SAMPLE = np.concatenate(
    [np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS), -1).reshape(-1, 3), np.arange(256)[:, None].repeat(3, 1)]
).astype(np.uint8)
"""(N, 3) colours by which sRGB is recognised: a grid, and all greys."""


@dataclass(frozen=True)
class Colours:
    """What is known of a photo's colours by its header."""

    profile: str = ""
    """Name of the profile by which they are converted to sRGB; empty where they are taken as they stand."""
    note: str = ""
    """Why a profile was ignored, to be put after the photo's name; empty for nearly all photos."""
    transform: ImageCms.ImageCmsTransform | None = field(default=None, repr=False, compare=False)

    def in_srgb(self, photo: Image.Image) -> Image.Image:
        """The photo with its colours converted, in RGB, or RGBA where it has transparent pixels.

        16-bit greys must have become 8-bit ones before. To be called where there is a ``transform`` only.
        """
        assert self.transform is not None
        mode = str(self.transform.input_mode)
        alpha = photo.convert("RGBA").getchannel("A") if mode != "RGBA" and photo.has_transparency_data else None
        shown = photo if photo.mode == mode else photo.convert(mode)
        made = ImageCms.applyTransform(shown, self.transform)
        assert made is not None
        if alpha:
            made.putalpha(alpha)
        return made


def colours_of(photo: Image.Image) -> Colours:
    """What a photo's colours are by its header; nothing is decoded. What cannot be used is ignored with a note."""
    profile, note = _stated(photo)
    if profile is None or photo.mode == "LAB":
        return Colours(note=note)
    if len(profile) > LARGEST_PROFILE:
        return Colours(note=f"its colour profile is larger than {LARGEST_PROFILE // 2**20} MiB; {AS_THEY_STAND}")
    if photo.mode in _GREY:
        kind = "GRAY"
    elif photo.mode == "CMYK":
        kind = "CMYK"
    else:
        kind = "RGBA" if photo.has_transparency_data else "RGB"
    return _KNOWN.colours(profile, kind)


def _stated(photo: Image.Image) -> tuple[bytes | None, str]:
    """An ICC profile of the photo's colours, or None where they are sRGB; and a note where that cannot be told."""
    embedded = photo.info.get("icc_profile")
    if embedded and not isinstance(embedded, bytes):  # a TIFF may state any type of numbers
        return None, f"its colour profile is damaged; {AS_THEY_STAND}"
    if embedded:
        return embedded, ""
    stated = photo.info.get("nclx_profile")
    if stated:
        return _of_numbers(stated)
    if photo.format in ("JPEG", "MPO"):
        with suppress(Exception):  # Pillow raises all sorts of errors for odd EXIF data
            if photo.getexif().get_ifd(ExifTags.IFD.Interop).get(_INTEROPERABILITY_INDEX) == "R03":
                return matrix_profile("Adobe RGB (by EXIF)", ADOBE_RGB, D65, ADOBE_GAMMA), ""
    return None, ""


def _of_numbers(stated: dict[str, float]) -> tuple[bytes | None, str]:
    """The same of code numbers (nclx, cICP), as pillow-heif gives them."""
    primaries, transfer = stated["color_primaries"], int(stated["transfer_characteristics"])
    if primaries in (1, 2) and transfer in _SRGB_LIKE:
        return None, ""
    curve = SRGB_CURVE if transfer in _SRGB_LIKE else _GAMMAS.get(transfer)
    if curve is None:
        return None, f"its colours are coded for HDR screens (transfer characteristics {transfer}); {AS_THEY_STAND}"
    points = [
        (stated[f"color_primary_{part}_x"], stated[f"color_primary_{part}_y"])
        for part in ("red", "green", "blue", "white")
    ]
    try:
        return matrix_profile(f"nclx {primaries}/{transfer}", points[:3], points[3], curve), ""
    except (ValueError, OverflowError, struct.error):
        return None, f"its primary colours are not known (nclx {primaries}); {AS_THEY_STAND}"


class _Known:
    """The conversions of this process, by the digest of their profile: making one takes longer than a small photo.

    Threads share them: LittleCMS only reads a transform while it converts. They are made one at a time.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[bytes, str], Colours] = OrderedDict()
        self._lock = Lock()

    def colours(self, profile: bytes, kind: str) -> Colours:
        """What the profile makes of colours of that kind: GRAY, RGB, RGBA or CMYK."""
        key = hashlib.sha256(profile).digest(), kind
        with self._lock:
            if key not in self._made:
                self._made[key] = _colours_by(profile, kind)
            self._made.move_to_end(key)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return self._made[key]


_KNOWN = _Known()


def _colours_by(icc: bytes, kind: str) -> Colours:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = _printable(profile.profile.xcolor_space)
        fitting = {"GRAY": ("GRAY", "RGB"), "CMYK": ("CMYK",)}.get(kind, ("RGB",))
        if space not in fitting:
            return Colours(note=f"its colour profile is for {space}, and the photo is {kind}; {AS_THEY_STAND}")
        mode = "L" if space == "GRAY" else "RGB" if kind == "GRAY" else kind
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.buildTransform(profile, target, mode, "RGBA" if mode == "RGBA" else "RGB")
        if mode != "CMYK" and _changes_nothing(transform, mode):
            return Colours()
        return Colours(_name_of(profile), transform=transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return Colours(note=f"its colour profile is damaged; {AS_THEY_STAND}")


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    colours = Image.fromarray(_SAMPLE[None]).convert(mode)
    made = ImageCms.applyTransform(colours, transform)
    assert made is not None
    difference = ImageChops.difference(made.convert("RGB"), colours.convert("RGB"))
    return bool(np.asarray(difference).max() <= _TOLERANCE)


def _name_of(profile: ImageCms.ImageCmsProfile) -> str:
    name = _printable(ImageCms.getProfileDescription(profile))[:_LONGEST_NAME]
    return name if any(letter.isalnum() for letter in name) else "without a name"


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()
