"""Photos as other tools write them: command lines, each with what its photo has to look like by a tool's own account.

All commands run in one folder, in which `begun` leaves a picture (``base.png``, ``.tif``, ``.jpg``) and profiles.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.store.colour_photos import PROFILES, SRGB, colourful

SIZE = (240, 160)
OF_THE_SYSTEM = Path("/usr/share/color/icc/ghostscript")
"""Debian's libgs-common has profiles of printers and greys there."""
INSTALL = "apt-get install libimage-exiftool-perl imagemagick libheif-examples libavif-bin liblcms2-utils libgs-common"


def _imagemagick() -> str | None:
    """ImageMagick's program, by whichever of its names; another program may be called ``convert``."""
    for name in ("magick", "convert-im6.q16", "convert"):
        for folder in os.environ["PATH"].split(os.pathsep):
            program = shutil.which(name, path=folder)
            if program and b"ImageMagick" in subprocess.run([program, "-version"], capture_output=True).stdout[:40]:
                return program
    return None


PROGRAMS = {name: shutil.which(name) for name in ("exiftool", "heif-enc", "avifenc", "jpgicc", "tificc")}
PROGRAMS["convert"] = _imagemagick()
MISSING = sorted(name for name, program in PROGRAMS.items() if program is None)
if not OF_THE_SYSTEM.is_dir():
    MISSING.append(str(OF_THE_SYSTEM))


@dataclass(frozen=True)
class Written:
    """A photo that another tool wrote."""

    commands: str
    """A line each; the last word of the last one is the photo."""
    reference: str = ""
    """A command that makes ``reference.png`` or ``reference.tif`` of its looks; where empty, it looks like the base."""
    lossless: bool = False

    @property
    def file(self) -> str:
        return shlex.split(self.commands)[-1].split(":")[-1]


def by(profile: str) -> str:
    """LittleCMS' own conversion of the base from that profile."""
    return f"tificc -i {profile} -o *sRGB base.tif reference.tif"


def _turned(orientation: int) -> Written:
    return Written(
        "convert base.png -quality 95 turned.jpg\n"
        f"exiftool -n -q -overwrite_original -Orientation={orientation} turned.jpg",
        "convert turned.jpg -auto-orient reference.png",
    )


PHOTOS: dict[str, Written] = {
    "ImageMagick, JPEG": Written("convert base.png -quality 95 out.jpg"),
    "ImageMagick, progressive JPEG": Written("convert base.png -quality 95 -interlace Plane out.jpg"),
    "ImageMagick, JPEG of greys": Written(
        "convert base.png -colorspace Gray -quality 95 out.jpg", "convert base.png -colorspace Gray reference.png"
    ),
    "ImageMagick, PNG": Written("convert base.png out.png", lossless=True),
    "ImageMagick, PNG of 16 bits": Written("convert base.png -depth 16 PNG48:out.png", lossless=True),
    "ImageMagick, PNG of 16-bit greys": Written(
        "convert base.png -colorspace Gray -depth 16 -define png:color-type=0 out.png",
        "convert base.png -colorspace Gray -depth 8 reference.png",
        lossless=True,
    ),
    "ImageMagick, PNG with transparency": Written(
        "convert base.png -alpha set -region 40x40+0+0 -alpha transparent +region out.png",
        "convert base.png -fill white -draw 'rectangle 0,0 39,39' reference.png",
        lossless=True,
    ),
    "ImageMagick, WebP": Written("convert base.png -quality 95 out.webp"),
    "ImageMagick, lossless WebP": Written("convert base.png -define webp:lossless=true out.webp", lossless=True),
    "ImageMagick, TIFF": Written("convert base.png -compress LZW out.tif", lossless=True),
    "ImageMagick, TIFF of 16 bits": Written("convert base.png -depth 16 -compress Zip out.tif", lossless=True),
    "ImageMagick, TIFF with a JPEG inside": Written("convert base.png -quality 95 -compress JPEG out.tif"),
    "ImageMagick, BMP": Written("convert base.png BMP3:out.bmp", lossless=True),
    "ImageMagick, GIF": Written(
        "convert base.png -posterize 4 +dither out.gif",
        "convert base.png -posterize 4 +dither reference.png",
        lossless=True,
    ),
    "ImageMagick, PNG with a palette": Written(
        "convert base.png -posterize 4 +dither PNG8:out.png",
        "convert base.png -posterize 4 +dither reference.png",
        lossless=True,
    ),
    "ImageMagick, CMYK JPEG without a profile": Written("convert base.png -colorspace CMYK -quality 97 out.jpg"),
    "ImageMagick, CMYK TIFF without a profile": Written("convert base.png -colorspace CMYK out.tif"),
    "ImageMagick, Display P3 in a JPEG": Written(
        "convert base.png -profile DisplayP3.icc -quality 95 out.jpg", by("DisplayP3.icc")
    ),
    "ImageMagick, Adobe RGB in a PNG": Written(
        "convert base.png -profile AdobeRGB.icc out.png", by("AdobeRGB.icc"), lossless=True
    ),
    "ImageMagick, Generic RGB in a WebP": Written(
        "convert base.png -profile GenericRGB.icc -quality 95 out.webp", by("GenericRGB.icc")
    ),
    "ImageMagick, ROMM RGB in a TIFF": Written(
        "convert base.png -profile rommrgb.icc out.tif", by("rommrgb.icc"), lossless=True
    ),
    "ImageMagick, greys with a profile": Written(
        "convert base.png -colorspace Gray -profile default_gray.icc out.png",
        "convert out.png -profile sRGB.icc -type TrueColor reference.png",
        lossless=True,
    ),
    "exiftool, Display P3 put into a JPEG": Written(
        "convert base.png -quality 95 out.jpg\nexiftool -q -overwrite_original -icc_profile<=DisplayP3.icc out.jpg",
        by("DisplayP3.icc"),
    ),
    "exiftool, Adobe RGB put into a TIFF": Written(
        "convert base.png out.tif\nexiftool -q -overwrite_original -icc_profile<=AdobeRGB.icc out.tif",
        by("AdobeRGB.icc"),
        lossless=True,
    ),
    "exiftool, Generic RGB put into a PNG": Written(
        "convert base.png out.png\nexiftool -q -overwrite_original -icc_profile<=GenericRGB.icc out.png",
        by("GenericRGB.icc"),
        lossless=True,
    ),
    "exiftool, Adobe RGB as cameras mark it": Written(
        "convert base.png -quality 95 out.jpg\n"
        "exiftool -n -q -overwrite_original -ColorSpace=65535 -InteropIndex=R03 out.jpg",
        by("AdobeRGB.icc"),
    ),
    **{f"exiftool, orientation {number}": _turned(number) for number in range(1, 9)},
    "exiftool, orientation and profile": Written(
        "convert base.png -profile AdobeRGB.icc -quality 95 turned.jpg\n"
        "exiftool -n -q -overwrite_original -Orientation=8 turned.jpg",
        "convert turned.jpg -auto-orient -profile sRGB.icc reference.png",
    ),
    "jpgicc, Adobe RGB": Written("jpgicc -q95 -e -i *sRGB -o AdobeRGB.icc base.jpg out.jpg"),
    "jpgicc, CMYK": Written(
        "jpgicc -q98 -e -i *sRGB -o default_cmyk.icc base.jpg out.jpg",
        "convert out.jpg -intent Perceptual -profile sRGB.icc reference.png",
    ),
    "tificc, CMYK": Written(
        "tificc -e -i *sRGB -o default_cmyk.icc base.tif out.tif",
        "tificc -i default_cmyk.icc -o *sRGB out.tif reference.tif",
        lossless=True,
    ),
    "tificc, ROMM RGB": Written("tificc -e -i *sRGB -o rommrgb.icc base.tif out.tif"),
    "heif-enc, HEIC": Written("heif-enc -q 95 base.png -o out.heic"),
    "heif-enc, Display P3": Written(
        "convert base.png -profile DisplayP3.icc p3.png\nheif-enc -q 95 p3.png -o out.heic", by("DisplayP3.icc")
    ),
    "heif-enc, AVIF": Written("heif-enc -A -q 95 base.png -o out.avif"),
    "avifenc": Written("avifenc --min 0 --max 8 base.png out.avif"),
    "avifenc, Display P3": Written(
        "avifenc --min 0 --max 8 --icc DisplayP3.icc base.png out.avif", by("DisplayP3.icc")
    ),
    "avifenc, Display P3 by numbers alone": Written(
        "avifenc --min 0 --max 8 --cicp 12/13/6 base.png out.avif", by("DisplayP3.icc")
    ),
    "avifenc, turned": Written(
        "avifenc --min 0 --max 8 --irot 1 base.png out.avif", "convert base.png -rotate -90 reference.png"
    ),
}


def begin(folder: Path) -> None:
    """Leave the picture and the profiles in the folder."""
    base = colourful().resize(SIZE, Image.Resampling.BICUBIC)
    for name in ("base.png", "base.tif"):
        base.save(folder / name)
    base.save(folder / "base.jpg", quality=98, subsampling=0)
    for name, profile in (*PROFILES.items(), ("sRGB", SRGB["of LittleCMS"])):
        (folder / f"{name.replace(' ', '')}.icc").write_bytes(profile)
    for file in OF_THE_SYSTEM.glob("*.icc"):
        shutil.copy(file, folder)


def carry_out(commands: str, folder: Path) -> None:
    """Run the commands there, one after the other; they succeed, and say why where they do not."""
    for line in commands.splitlines():
        name, *arguments = shlex.split(line)
        done = subprocess.run([PROGRAMS[name] or name, *arguments], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
