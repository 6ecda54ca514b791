"""The format of labels, told from their content: of every case that the import is tested with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.store.labels.one_box import ONE, save
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.recognition import SUFFIXES, file_in, recognised, why_not


def named(folder: Path, kind: LabelFormat) -> Path:
    """A file or folder with one label, the file with the suffix that such files have."""
    source = save(ONE[kind]("gowns/red-0001.jpg", (400, 505)), folder / kind)
    return source.rename(source.with_name(f"some{SUFFIXES[kind]}")) if source.is_file() else source


@pytest.mark.parametrize("kind", list(LabelFormat))
def test_each_format_is_recognised_by_itself_and_in_a_folder(tmp_path: Path, kind: LabelFormat) -> None:
    source = named(tmp_path, kind)
    assert recognised(source) is kind
    (tmp_path / kind / "README.dataset.txt").write_text("Made by a tool\n")
    (tmp_path / kind / "photo.jpg").write_bytes(b"\xff\xd8")
    assert recognised(tmp_path / kind) is kind
    assert file_in(tmp_path / kind, kind) == source


@pytest.mark.parametrize("content", ["", "{}", "[]", "[1]", '{"categories": []}', "{", '"text"', "[[]]"])
def test_other_json_is_no_labels(tmp_path: Path, content: str) -> None:
    (tmp_path / "notes.json").write_text(content)
    assert recognised(tmp_path / "notes.json") is None
    assert recognised(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("boxes.csv", "photo_id,bbox\n1,2\n", "boxes path,left,top,right,bottom, found: photo_id,bbox"),
        ("boxes.xml", "<!DOCTYPE annotation><annotation/>", "declares a document type"),
        ("boxes.json", "{", "line 1: this is not JSON"),
        ("notes.txt", "no boxes", ""),
        ("blazer.jpg", "no labels", ""),
    ],
)
def test_why_the_only_file_is_no_labels_is_told(tmp_path: Path, name: str, content: str, why: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    for source in (file, tmp_path):
        assert recognised(source) is None
        assert (why in why_not(source)) if why else (why_not(source) == "")
    (tmp_path / "other.csv").write_text("a,b\n")
    (tmp_path / "another.csv").write_text("a,b\n")
    assert why_not(tmp_path) == ""


def test_a_list_of_other_tools_objects_is_not_taken_for_tasks(tmp_path: Path) -> None:
    create_ml = [{"image": "blazer.jpg", "annotations": [{"label": "dress", "coordinates": {"x": 1, "y": 1}}]}]
    (tmp_path / "createml.json").write_text(json.dumps(create_ml))
    assert recognised(tmp_path / "createml.json") is None
    tasks = [{"image": "a.jpg", "id": 1}, {"image": "b.jpg", "id": 2, "box": [{"x": 1, "y": 1, "width": 9}]}]
    (tmp_path / "short.json").write_text(json.dumps(tasks))
    assert recognised(tmp_path / "short.json") is LabelFormat.labelstudio


def test_label_studios_notes_do_not_hide_its_yolo(tmp_path: Path) -> None:
    folder = named(tmp_path, LabelFormat.yolo)
    (folder / "notes.json").write_text(json.dumps({"categories": [], "info": {}}))
    (folder / "classes.txt").write_text("dress\n")
    assert recognised(folder) is LabelFormat.yolo


def test_a_folder_with_a_file_for_each_split_is_read_as_a_folder(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        named(tmp_path / split, LabelFormat.coco)
    assert recognised(tmp_path) is LabelFormat.coco
    assert file_in(tmp_path, LabelFormat.coco) == tmp_path


def test_several_tables_of_triplets_are_not_taken_for_one(tmp_path: Path) -> None:
    for part in ("a", "b"):
        named(tmp_path / part, LabelFormat.csv)
    assert recognised(tmp_path) is None


def test_hidden_files_and_what_is_missing_are_no_labels(tmp_path: Path) -> None:
    named(tmp_path / "__MACOSX", LabelFormat.coco)
    assert recognised(tmp_path) is None
    assert recognised(tmp_path / "gone.json") is None
