"""What other tools do to label files, case by case: what they write, and what should come of it.

`docs/formats.md` has a table of all of them, made by `tests.store.labels.formats_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.store.labels import quirks_of_boxes, quirks_of_tables, quirks_of_tools
from tests.store.labels.one_box import ONE, OTHERS, PHOTOS, Files, edges
from tiefvision_assets.store.labels.choices import AS_THE_FILE_SAYS, Choices
from tiefvision_assets.store.labels.formats import LabelFormat

RED, SIZED = "gowns/red-0001.jpg", {path: (width, height) for path, _, width, height in PHOTOS}
GROESSE, SEVEN = "mini/größe+50%#1.jpg", "mini/red 0007 (1).jpg"
TRIPLETS = (LabelFormat.csv, LabelFormat.parquet)


@dataclass(frozen=True)
class Case:
    """A file of one format with one quirk, and what it holds: labels by the paths of their photos."""

    format: LabelFormat
    quirk: str
    files: Files
    labels: tuple[object, ...]
    """Boxes as (path, edges), triplets as paths; empty where nothing is taken."""
    choices: Choices = AS_THE_FILE_SAYS
    says: str = ""
    """What the report says, as a pattern."""


NAMES = {
    "a path relative to RAW": (RED, RED),
    "backslashes": (r"gowns\red-0001.jpg", RED),
    "`./` before it": ("./gowns/red-0001.jpg", RED),
    "an absolute path": ("/home/anna/photos/gowns/red-0001.jpg", RED),
    "an absolute path of Windows": (r"C:\Users\anna\Pictures\gowns\red-0001.jpg", RED),
    "a folder `images/` before it": ("images/gowns/red-0001.jpg", RED),
    "a folder of a split before it": ("valid/images/gowns/red-0001.jpg", RED),
    "the bare name": ("red-0001.jpg", RED),
    "a folder that the catalogue does not have": ("old/blazer.jpg", "blazer.jpg"),
    "an address": ("https://shop.example/media/gowns/red-0001.jpg?size=large", RED),
    "an address of a bucket": ("s3://photos/gowns/red-0001.jpg", RED),
    "URL-encoded": ("mini/gr%C3%B6%C3%9Fe%2B50%25%231.jpg", GROESSE),
    "`+`, `%` and `#` as they are": (GROESSE, GROESSE),
    "a local file of Label Studio": ("/data/local-files/?d=mini/red%200007%20%281%29.jpg", SEVEN),
    "a local file with raw characters": (f"/data/local-files/?d={GROESSE}", GROESSE),
    "an upload prefix": ("/data/upload/3/1a2b3c4d-blazer.jpg", "blazer.jpg"),
    "an upload prefix, bare": ("0f1e2d3c-dress.v1.2.jpg", "dress.v1.2.jpg"),
    "a cleaned name": ("mini/red_0007_1.jpg", SEVEN),
    "Roboflow's name": ("red-0001_jpg.rf.0a1b2c3d4e5f60718293.jpg", RED),
    "no suffix": ("dress.v1.2", "dress.v1.2.jpg"),
    "another suffix": ("gowns/red-0001.png", RED),
    "the suffix in other letters": ("IMG_0001.jpg", "IMG_0001.JPG"),
    "other letters": ("GOWNS/RED-0001.JPG", RED),
    "blanks around it": (" gowns/red-0001.jpg ", RED),
}
"""Quirk → the name in the file, and the photo that is meant."""
NO_PHOTO = {
    "no such photo": ("gone.jpg", "is not in the catalogue"),
    "the same name in another folder": ("old/red-0001.jpg", "'gowns/red-0001.jpg' lies in another folder"),
    "two photos fit": ("same.jpg", "'a/same.jpg' and 'b/same.jpg' both fit"),
}
STATED = {
    "`--root`": ("same.jpg", "b/same.jpg", Choices(root="b")),
    "`--root` of another machine": ("/srv/b/same.jpg", "b/same.jpg", Choices(root="/srv")),
    "`--strip`": ("x/y/a/same.jpg", "a/same.jpg", Choices(strip=2)),
    "`--map`": ("4711", RED, Choices(names={"4711": RED})),
}


def cases() -> Iterator[Case]:
    """All cases, those of names for every format."""
    for kind in LabelFormat:
        for quirk, (name, photo) in NAMES.items():
            yield Case(kind, quirk, ONE[kind](name, SIZED[photo]), (_label(kind, photo),))
        for quirk, (name, photo, choices) in STATED.items():
            yield Case(kind, quirk, ONE[kind](name, SIZED[photo]), (_label(kind, photo),), choices)
        for quirk, (name, says) in NO_PHOTO.items():
            yield Case(kind, quirk, ONE[kind](name, (400, 500)), (), says=says)
    for kind, quirk, files, labels, *more in [*quirks_of_boxes.CASES, *quirks_of_tools.CASES, *quirks_of_tables.CASES]:
        yield Case(kind, quirk, files, labels, *more)


def _label(kind: LabelFormat, photo: str) -> tuple[object, ...]:
    return (photo, *OTHERS) if kind in TRIPLETS else (photo, edges(*SIZED[photo]))
