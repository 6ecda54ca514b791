"""Every quirk of `docs/formats.md`: what is read of it, and what is said about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.store.labels import formats_table
from tests.store.labels.one_box import PATHS, entries, save
from tests.store.labels.quirk_parts import LINE, XML
from tests.store.labels.quirks import NAMES, Case, cases
from tiefvision_assets.store.labels.box_rows import BoxRows
from tiefvision_assets.store.labels.files import read_boxes
from tiefvision_assets.store.labels.formats import LabelFormat

CASES = list(cases())


def found_labels(read: formats_table.Read) -> tuple[object, ...]:
    if isinstance(read, BoxRows):
        return tuple((box.photo.path, box.box.as_tuple()) for box in read.boxes)
    return tuple((PATHS[t.reference], PATHS[t.positive], PATHS[t.negative]) for t in read.triplets)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.format}: {case.quirk}")
def test_a_quirk(tmp_path: Path, case: Case) -> None:
    read, said = formats_table.read(case, save(case.files, tmp_path), entries())
    assert found_labels(read) == case.labels
    assert re.search(case.says, said)
    if not case.labels:
        assert said


def test_a_guess_is_reported_and_a_name_as_written_is_none(tmp_path: Path) -> None:
    for number, case in enumerate(case for case in CASES if case.quirk in NAMES):
        read, _ = formats_table.read(case, save(case.files, tmp_path / str(number)), entries())
        name, photo = NAMES[case.quirk]
        guessed = {guess.photo for guess in read.report.guesses}
        assert guessed <= {photo}, case
        if case.format == "coco" or name == photo:
            assert bool(guessed) == (name != photo), case


def test_two_names_that_would_be_one_photo_are_no_guess(tmp_path: Path) -> None:
    rows = "path,left,top,right,bottom\nx/blazer.jpg,10,10,90,90\ny/blazer.jpg,10,10,90,90\n"
    case = next(case for case in CASES if case.format == "boxes-csv")
    read, said = formats_table.read(case, save({"labels": rows}, tmp_path), entries())
    assert found_labels(read) == ()
    assert "'x/blazer.jpg' and 'y/blazer.jpg' would both be the photo 'blazer.jpg'" in said


def test_the_bolder_of_two_guesses_is_the_doubtful_one(tmp_path: Path) -> None:
    rows = "path,left,top,right,bottom\n./blazer.jpg,10,10,90,90\nold/blazer.jpg,50,50,90,90\n"
    case = next(case for case in CASES if case.format == "boxes-csv")
    read, said = formats_table.read(case, save({"labels": rows}, tmp_path), entries())
    assert found_labels(read) == (("blazer.jpg", (10, 10, 90, 90)),)
    assert "'./blazer.jpg' and 'old/blazer.jpg' would both be" in said


VOC = "<annotation><filename>red-0001.jpg</filename>{}<object><name>x</name>{}</object></annotation>"


@pytest.mark.parametrize(
    ("kind", "file", "content"),
    [
        ("yolo", "old/red-0001.txt", LINE),
        ("yolo", "labels/old/red-0001.txt", LINE),
        ("yolo", "old/labels/red-0001.txt", LINE),
        ("yolo", "old/labels/train/red-0001.txt", LINE),
        ("voc", "Annotations/old/red-0001.xml", VOC.format("", XML)),
        ("voc", "red-0001.xml", VOC.format("<folder>old</folder>", XML)),
    ],
)
def test_a_label_file_in_another_folder_is_of_another_photo(tmp_path: Path, kind: str, file: str, content: str) -> None:
    read = read_boxes(save({file: content}, tmp_path), LabelFormat(kind), entries())
    assert read.boxes == [] and "lies in another folder" in read.report.problems[0].reason


@pytest.mark.parametrize(
    ("kind", "file", "content"),
    [
        ("yolo", "red-0001.txt", LINE),
        ("yolo", "labels/red-0001.txt", LINE),
        ("yolo", "train/labels/red-0001.txt", LINE),
        ("voc", "Annotations/red-0001.xml", VOC.format("<folder>VOC2007</folder>", XML)),
        ("voc", "red-0001.xml", VOC.format("<folder>images</folder>", XML)),
    ],
)
def test_a_label_file_in_no_folder_or_a_tools_is_of_the_one_photo_of_its_name(
    tmp_path: Path, kind: str, file: str, content: str
) -> None:
    read = read_boxes(save({file: content}, tmp_path), LabelFormat(kind), entries())
    assert [(guess.photo, guess.bold) for guess in read.report.guesses] == [("gowns/red-0001.jpg", True)]


def test_one_damaged_annotation_does_not_hide_the_others_of_its_task(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.quirk == "JSON-MIN")
    result = {"result": [{"value": {"x": 10, "y": 10, "width": 50, "height": 50}}]}
    text = json.dumps([{"data": {"image": "blazer.jpg"}, "annotations": [None, result]}])
    read, said = formats_table.read(case, save({"labels": text}, tmp_path), entries())
    assert len(found_labels(read)) == 1 and "tasks[0].annotations[0]" in said


def test_the_page_has_the_table_of_these_cases() -> None:
    """``python -m tests.store.labels.formats_table`` writes it anew."""
    page = formats_table.PAGE.read_text(encoding="utf-8")
    assert formats_table.table() in page
