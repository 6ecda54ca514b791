"""Boxes as YOLO text files: a folder with ``labels/<path of the photo>.txt``, one line a box, and the files that
trainers need.

A line is ``class x_center y_center width height``, all but the class as shares of the photo's width and height
(https://docs.ultralytics.com/datasets/detect). ``images.txt`` lists the photos relative to the raw folder;
``data.yaml`` finds them once that folder is linked as ``images``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import (
    OBJECT,
    SHARE_DECIMALS,
    BoxRows,
    LabelledPhoto,
    checked_box,
    decimal_text,
    finite,
    labelled_photos,
    number,
)
from tiefvision_assets.store.labels.folders import files_below, printable, stem_of, written_folder
from tiefvision_assets.store.labels.known_photos import KnownPhoto, KnownPhotos
from tiefvision_assets.store.labels.problems import LabelFileError, Problems, RefusedError, read_text
from tiefvision_assets.store.labels.store import BoxLabel

LABELS, IMAGES, CLASSES, DATA = "labels", "images.txt", "classes.txt", "data.yaml"
SPLITS = ("train", "val", "test")
FORM = "a line is class, x_center, y_center, width, height, as shares of what the photo measures"
NO_LABELS = {"classes", "images", "train", "val", "test", "README", "requirements"}
"""Names, without their suffix, of text files that hold no boxes in a folder without ``labels/``."""
DESCRIPTION = f"""\
# Link the folder of raw photos here as `images`; labels/ then lies beside it as trainers expect.
path: .
train: images
val: images
names:
  0: {OBJECT}
"""


def read_yolo(folder: Path, entries: pd.DataFrame) -> list[BoxLabel]:
    """The boxes in the text files of ``folder``, one for each content, clipped to their photos; their classes are
    ignored.

    ``entries`` are the catalogue's live photos: path, sha256, width, height. A label file belongs to the photo that
    ``images.txt`` lists under its path, otherwise to the only photo whose path without suffix is the file's;
    sub-folders train, val and test may come before it. Raises `LabelFileError` for the whole folder if anything in it
    is wrong.
    """
    files = files_below(folder, LABELS, ".txt")
    photos = KnownPhotos(entries)
    listed = _listed(folder)
    problems = Problems(folder)
    rows = BoxRows()
    for place, file in files:
        if file.parent == folder and place in NO_LABELS:
            continue
        name = file.relative_to(folder).as_posix()
        with problems.at(name):
            lines = _lines(file)
            if not lines:
                continue
            photo = _photo_at(place, photos, listed)
            for count, line in lines:
                with problems.at(f"{name}, line {count}"):
                    rows.add(photo, _box_of(line, photo))
    problems.raise_first()
    return rows.labels()


def write_yolo(folder: Path, boxes: pd.DataFrame, entries: pd.DataFrame) -> int:
    """Write ``boxes`` (sha256, left, top, right, bottom) of the photos in ``entries``; returns how many were written.

    All twins are listed. Coordinates are rounded to 1/100 pixel, and read back as the same numbers. Raises
    `LabelFileError` when the folder cannot be written, holds other things, or two photos would share a label file.
    """
    photos = labelled_photos(boxes, entries)
    owner: dict[str, str] = {}
    with written_folder(folder, [LABELS, IMAGES, CLASSES, DATA]) as temporary:
        (temporary / LABELS).mkdir()
        for photo in photos:
            stem = stem_of(printable(photo.path, folder, "a YOLO list"))
            other = owner.setdefault(stem.casefold(), photo.path)
            if other != photo.path:
                reason = f"{other!r} and {photo.path!r} would share one label file; rename one, or export as coco"
                raise LabelFileError(folder, reason)
            file = temporary / LABELS / f"{stem}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_line(photo), encoding="utf-8")
        (temporary / IMAGES).write_text("".join(f"{photo.path}\n" for photo in photos), encoding="utf-8")
        (temporary / CLASSES).write_text(f"{OBJECT}\n", encoding="utf-8")
        (temporary / DATA).write_text(DESCRIPTION, encoding="utf-8")
    return len(photos)


def _listed(folder: Path) -> dict[str, str]:
    """Path without its suffix → path, of the photos in ``images.txt``; empty where there is no such list."""
    if not (folder / IMAGES).is_file():
        return {}
    try:
        paths = read_text(folder / IMAGES).splitlines()
    except LabelFileError:
        if not (folder / IMAGES).read_bytes().strip():
            return {}
        raise
    return {stem_of(path): path.removeprefix("./") for path in paths if path.strip()}


def _lines(file: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers; a file without any is a photo without an object."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"the file cannot be read as text ({error}); export the folder again") from None
    return [(count, line) for count, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _photo_at(place: str, photos: KnownPhotos, listed: dict[str, str]) -> KnownPhoto:
    """The photo of the label file at ``place`` (its path below labels/, without suffix)."""
    split, _, rest = place.partition("/")
    for stem in [place, rest] if split in SPLITS and rest else [place]:
        if stem in listed:
            return photos.find(listed[stem])
        alike = photos.with_stem(stem)
        if len(alike) > 1:
            choice = " and ".join(repr(photo.path) for photo in alike[:2])
            raise RefusedError(f"{choice} both fit this name; list the right one in {IMAGES}")
        if alike:
            return alike[0]
    raise RefusedError(
        f"no photo in the catalogue is called {place!r} up to its suffix; a label file lies below labels/ where its "
        "photo lies below the folder of raw photos; ingest new photos first"
    )


def _box_of(line: str, photo: KnownPhoto) -> Box:
    fields = line.split()
    if len(fields) != 5:
        raise RefusedError(f"{len(fields)} numbers instead of 5; {FORM}")
    if not fields[0].isdecimal():
        raise RefusedError(f"the class is {fields[0]!r}, which is no whole number; {FORM}")
    numbers = [number(field, name) for field, name in zip(fields[1:], ("x", "y", "width", "height"), strict=True)]
    given = f"the box {numbers} of {photo.path!r}"
    finite(numbers, given)
    x, y, width, height = numbers
    shares = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    edges = [share * length for share, length in zip(shares, (photo.width, photo.height) * 2, strict=True)]
    return checked_box(photo, edges, given=given, form=FORM)


def _line(photo: LabelledPhoto) -> str:
    box, width, height = photo.box, photo.width, photo.height
    shares = (
        (box.left + box.right) / 2 / width,
        (box.top + box.bottom) / 2 / height,
        box.width / width,
        box.height / height,
    )
    return f"0 {' '.join(decimal_text(share, SHARE_DECIMALS) for share in shares)}\n"
