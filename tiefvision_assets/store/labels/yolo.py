"""Boxes as YOLO text files: a folder with ``labels/<path of the photo>.txt``, one line a box, and the files that
trainers need.

A line is ``class x_center y_center width height``, all but the class as shares of the photo's width and height
(https://docs.ultralytics.com/datasets/detect); a confidence may follow, which is
not kept, then the number of a track, and a polygon may stand in its place.
``images.txt`` lists the photos relative to the raw folder; ``data.yaml`` finds them once that folder is linked as
``images``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from tiefvision_assets.store.labels.box_rows import OBJECT, LabelledPhoto, labelled_photos
from tiefvision_assets.store.labels.contents import read_text
from tiefvision_assets.store.labels.folders import place_in, printable, stem_of, written_folder
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import SHARE_DECIMALS, decimal_text, number, number_in, score_in
from tiefvision_assets.store.labels.problems import LabelFileError, RefusedError, Report
from tiefvision_assets.store.labels.regions import Region, Shape
from tiefvision_assets.store.labels.shapes import Point
from tiefvision_assets.store.labels.yolo_layout import LABELS, YoloFolder, yolo_folder

MAX_CLASSES = 10**9
"""There are no more classes than that."""
IMAGES, CLASSES, DATA = "images.txt", "classes.txt", "data.yaml"
FORM = "a line is class, x_center, y_center, width, height, as shares of what the photo measures"
DESCRIPTION = f"""\
# Link the folder of raw photos here as `images`; labels/ then lies beside it as trainers expect.
path: .
train: images
val: images
names:
  0: {OBJECT}
"""


def yolo_regions(folder: Path, report: Report) -> Iterator[Region]:
    """The lines of the label files in ``folder``, or of a single one.

    A label file belongs to the photo that a list names at its place, otherwise to the photo whose path without suffix
    is the file's. Raises `LabelFileError` when it is neither a folder of text files nor such a file.
    """
    found = yolo_folder(folder, report)
    for file in found.files:
        place = place_in(folder, file)
        with report.at(place):
            photo = found.photo(PurePosixPath(place))
            for count, line in _lines(file):
                where = f"{place}, line {count}"
                with report.at(where):
                    yield _region(where, line, photo, found)


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


def _lines(file: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers; a file without any is a photo without an object."""
    try:
        if not file.stat().st_size:
            return []
        text = read_text(file)
    except OSError as error:
        raise RefusedError(f"the file cannot be read ({error.strerror or error})", "check its rights") from None
    except LabelFileError as error:
        if not file.read_bytes().strip():
            return []
        reason, _, way_out = str(error).removeprefix(f"{file}: ").rstrip(".").partition("; ")
        raise RefusedError(reason, way_out) from None
    return [(count, line) for count, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _region(place: str, line: str, photo: PhotoName, folder: YoloFolder) -> Region:
    fields = line.split()
    if len(fields) < 5:
        raise RefusedError(f"{len(fields)} numbers instead of 5", FORM)
    kind, rest = _whole(fields[0]), fields[1:]
    if kind is None:
        raise RefusedError(f"the class is {fields[0]!r}, which is no whole number", FORM)
    if _ends_with_a_track(rest) and not folder.keypoints:
        rest = rest[:-1]
    names = ("x", "y", "width", "height") if len(rest) < 6 or folder.keypoints else ()
    if names:
        x, y, width, height = numbers = [number(text, name) for text, name in zip(rest, names, strict=False)]
        points: tuple[Point, ...] = ((x - width / 2, y - height / 2), (x + width / 2, y + height / 2))
        shape: Shape = "box"
    else:
        numbers = [number(text, "a corner") for text in rest[: len(rest) // 2 * 2]]
        points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        shape = "turned corners" if len(points) == 4 else "polygon"
    has_score = len(rest) % 2 == 1 and not folder.keypoints
    return Region(
        place,
        photo,
        points,
        str(numbers),
        FORM,
        in_shares=True,
        shape=shape,
        category=folder.categories.get(kind, str(kind)),
        score=score_in(rest[-1]) if has_score else None,
    )


def _whole(text: str) -> int | None:
    """The class that ``text`` names, also where a table of decimals was written (``1.000000``); None for all else."""
    found = number_in(text)
    return int(found) if found is not None and 0 <= found < MAX_CLASSES and found == found // 1 else None


def _ends_with_a_track(rest: Sequence[str]) -> bool:
    """Whether a confidence and the number of a track follow the box, as Ultralytics writes them; a triangle's last
    corner would have decimals, or lie on the photo's very edge."""
    return len(rest) == 6 and rest[-1].isdecimal() and rest[-1] != "0" and score_in(rest[-2]) is not None


def _line(photo: LabelledPhoto) -> str:
    box, width, height = photo.box, photo.width, photo.height
    shares = (
        (box.left + box.right) / 2 / width,
        (box.top + box.bottom) / 2 / height,
        box.width / width,
        box.height / height,
    )
    return f"0 {' '.join(decimal_text(share, SHARE_DECIMALS) for share in shares)}\n"
