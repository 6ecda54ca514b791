"""Photos to measure with, where no folder is given: parts of generated ones, each of them another photo."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from tiefvision_assets.demo.catalogue import write_demo

DRAWN = 60
"""Photos that are drawn; all others are parts of these, because drawing one takes longer than encoding it."""


def photos_in(folder: Path) -> list[Path]:
    """The photos below a folder, by name."""
    kinds = {".jpg", ".jpeg", ".png", ".webp"}
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in kinds)


def write_parts(folder: Path, count: int, scratch: Path) -> Path:
    """The folder with that many photos of about 400 x 530 pixels; those that are there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [folder / f"{number:06d}.jpg" for number in range(count)]
    if all(file.exists() for file in wanted):
        return folder
    truth = write_demo(scratch / "raw", scratch / "truth", images=min(DRAWN, count))
    drawn = [scratch / "raw" / path for path in truth.photos]
    for number, (file, part) in enumerate(zip(wanted, _parts(drawn), strict=False)):
        if not file.exists():
            part.save(file, quality=88)
        if number + 1 == count:
            break
    return folder


def _parts(drawn: list[Path]) -> Iterator[Image.Image]:
    """Random parts of the photos in turn, nine tenths or more of each, lighter or darker, half of them mirrored."""
    for number, file in enumerate(cycle(drawn)):
        draw = np.random.default_rng(number)
        with Image.open(file) as photo:
            width, height = photo.size
            share = draw.uniform(0.9, 1.0)
            left, top = (draw.uniform(0, (1 - share) * side) for side in (width, height))
            part = photo.crop((round(left), round(top), round(left + share * width), round(top + share * height)))
        part = ImageEnhance.Brightness(part).enhance(draw.uniform(0.8, 1.2))
        yield part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number // len(drawn) % 2 else part


def linked(photos: list[Path], count: int, folder: Path) -> Path:
    """A folder with links to the first ``count`` photos, which must be as many."""
    if len(photos) < count:
        raise SystemExit(f"There are {len(photos)} photos; {count} are wanted.")
    folder.mkdir(parents=True, exist_ok=True)
    for photo in islice(photos, count):
        (folder / photo.name).hardlink_to(photo) if not (folder / photo.name).exists() else None
    return folder
