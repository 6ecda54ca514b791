"""Where the labels of a YOLO folder lie, and what else is said there: Ultralytics, Roboflow, CVAT, Label Studio.

Label files stand below ``labels/`` (with a folder for each split before or behind it), in ``obj_train_data/``, or in
the folder itself. Class names come from ``data.yaml``, ``obj.names`` or ``classes.txt``, wherever they lie, and lists
of photos from ``images.txt``, ``train.txt`` and their like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from tiefvision_assets.store.labels.contents import read_text
from tiefvision_assets.store.labels.folders import files_below
from tiefvision_assets.store.labels.known_photos import PhotoName
from tiefvision_assets.store.labels.numbers import number_in
from tiefvision_assets.store.labels.problems import LabelFileError, Report
from tiefvision_assets.store.labels.spellings import FOLDERS, without_photo_suffix

LABELS = "labels"
CLASS_LISTS = ("classes", "predefined_classes", "labels", "obj")
PHOTO_LISTS = ("images", "train", "val", "valid", "test")
MAX_DESCRIPTION = 2**20
"""Bytes of a ``data.yaml``; one that is larger lists something else, and is not read."""
OTHERS = ("requirements", "notes", "license")
"""Names, without their suffix, of text files that hold no boxes, unless their lines are boxes all the same."""


@dataclass
class YoloFolder:
    """What a YOLO folder holds."""

    files: list[Path] = field(default_factory=list)
    """The label files."""
    categories: dict[int, str] = field(default_factory=dict)
    """Class number → its name."""
    keypoints: bool = False
    """Whether lines go on with keypoints (``kpt_shape`` in ``data.yaml``), so that they are no polygons."""
    _listed: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Path without suffix → the paths of the lists that it stands for."""
    _tails: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The same by what the paths without suffix end with, the whole of them included."""

    def list_photos(self, paths: Iterable[str]) -> None:
        """Remember the photos of a list."""
        for path in paths:
            listed = path.strip().removeprefix("./")
            stem = without_photo_suffix(listed.replace("\\", "/").removeprefix("./"))
            self._listed[stem].add(listed)
            parts = stem.split("/")
            for start in range(len(parts)):
                self._tails["/".join(parts[start:])].add(listed)

    def photo(self, place: PurePosixPath) -> PhotoName:
        """The photo of the label file at ``place``, relative to the folder."""
        stems = list(dict.fromkeys(_stems(place)))
        alike = [known[stem] for stem in stems for known in (self._listed, self._tails) if stem in known]
        listed = [path for paths in alike if len(paths) == 1 for path in paths]
        return PhotoName((*listed[:1], *stems), is_stem=True)


def yolo_folder(folder: Path, report: Report) -> YoloFolder:
    """Look through ``folder``; `LabelFileError` when it is no folder of text files."""
    found = YoloFolder()
    for file in files_below(folder, LABELS, ".txt"):
        stem = file.stem.casefold()
        known = stem in (*CLASS_LISTS, *PHOTO_LISTS, *OTHERS) or stem.startswith("readme")
        if not known or holds_lines_of_boxes(file):
            found.files.append(file)
        elif stem in PHOTO_LISTS:
            found.list_photos(_lines_of(file))
        elif stem in CLASS_LISTS:
            found.categories = dict(enumerate(_lines_of(file))) | found.categories
    for file in sorted([*folder.rglob("*.names"), *folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        if file.is_file() and not file.name.startswith("."):
            _describe(found, file, report)
    return found


def _describe(found: YoloFolder, file: Path, report: Report) -> None:
    """Add the classes that ``data.yaml`` or ``obj.names`` names."""
    if file.suffix == ".names":
        found.categories |= dict(enumerate(_lines_of(file)))
        return
    try:
        described = yaml.safe_load(read_text(file)) if file.stat().st_size <= MAX_DESCRIPTION else None
    except (yaml.YAMLError, LabelFileError, RecursionError, ValueError):
        report.note(f"{file.name} is no YAML and was not read; classes are known by their numbers.")
        return
    if isinstance(described, dict):
        found.keypoints |= "kpt_shape" in described
        found.categories |= _names(described.get("names"))


def _names(names: Any) -> dict[int, str]:
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        return {}
    found = {str(key): str(name) for key, name in names.items() if isinstance(name, str | int)}
    return {int(key): name for key, name in found.items() if key.isdecimal() and len(key) < 10}


def _stems(place: PurePosixPath) -> Iterator[str]:
    """What the photo may be called without its suffix, the most telling first."""
    parts = place.with_suffix("").parts
    folders = [part.casefold() for part in parts[:-1]]
    after = len(folders) - folders[::-1].index(LABELS) if LABELS in folders else 0
    before = [part for part in parts[: max(after - 1, 0)] if part.casefold() not in FOLDERS]
    inside = parts[after:]
    yield "/".join(inside)
    while len(inside) > 1 and inside[0].casefold() in FOLDERS:
        inside = inside[1:]
        yield "/".join(inside)
    if before:
        yield "/".join([*before, *inside])


def holds_lines_of_boxes(file: Path) -> bool:
    """Whether the first line of a text file is one of numbers, as a box has it."""
    lines = _lines_of(file)
    fields = lines[0].split() if lines else []
    return len(fields) > 4 and all(number_in(one) is not None for one in fields)


def _lines_of(file: Path) -> list[str]:
    """The lines that are not blank; none of what cannot be read."""
    try:
        return [line.strip() for line in read_text(file).splitlines() if line.strip()]
    except LabelFileError:
        return []
