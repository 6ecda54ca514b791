"""Every quirk of `docs/formats.md`: what is read of it, and what is said about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.store.labels import formats_table
from tests.store.labels.one_box import PATHS, entries, save
from tests.store.labels.quirks import NAMES, Case, cases
from tiefvision_assets.store.labels.box_rows import BoxRows

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
