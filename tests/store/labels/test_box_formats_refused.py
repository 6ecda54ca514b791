"""Folders and files of boxes with something wrong in them: refused whole, by one sentence."""

from __future__ import annotations

import json
import os

import pytest

from tests.store.labels.written_boxes import catalogue, task, voc, written
from tiefvision_assets.store.labels.files import LabelFileError, read_boxes, read_label_studio, read_voc, read_yolo
from tiefvision_assets.store.labels.formats import LabelFormat

A, B = "a" * 64, "b" * 64
PHOTOS = [
    ("red/a b.jpg", A, 640, 480),
    ("red/twin.jpg", A, 640, 480),
    ("c.jpg", B, 50, 60),
    ("c.png", "c" * 64, 50, 60),
]


@pytest.fixture
def entries():
    return catalogue(PHOTOS)


ENTITIES = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><annotation><filename>&b;</filename></annotation>'
BAD_VOC = {
    "no XML": ("<annotation><filename>", "this is not XML"),
    "empty": ("", "the file is empty"),
    "entities": (ENTITIES, "declares a document type"),
    "no filename": (voc(""), '"filename" is missing'),
    "unknown photo": (voc("gone.jpg"), r"'gone\.jpg' is not in the catalogue; .*ingest"),
    "another folder": (voc("blue/e.jpg"), "is not in the catalogue"),
    "way out of the folder": (voc("../../etc/passwd"), "is not in the catalogue"),
    "turned photo": (voc(size="<width>480</width><height>640</height>"), "the width .* 480, .*640 x 480"),
    "no number": (voc(box=(1, 1, "wide", 9)), "bndbox is 'wide', which is no number"),
    "no bndbox": (voc().replace("bndbox", "part"), '"bndbox" of .* is missing'),
    "not a number": (voc(box=(1, 1, "nan", 9)), "is not finite"),
    "not even that": (voc(box=(1, 1, "sNaN", 9)), "bndbox is 'sNaN', which is no number"),
    "no area": (voc(box=(9, 1, 7, 9)), "has no area; bndbox is xmin"),
    "outside": (voc(box=(1, 1, 642, 9)), r"outside the photo.*640 x 480.*counted from 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_VOC)
def test_voc_is_refused(tmp_path, entries, case):
    content, reason = BAD_VOC[case]
    written(tmp_path / "Annotations/x.xml", content)
    with pytest.raises(LabelFileError, match=reason) as refused:
        read_voc(tmp_path, entries)
    assert str(refused.value).startswith(f"{tmp_path}, Annotations/x.xml: ")
    assert "\n" not in str(refused.value)


def test_entities_are_refused_in_any_encoding(tmp_path, entries):
    (tmp_path / "x.xml").write_bytes(ENTITIES.replace("?>", ' encoding="UTF-16"?>').encode("utf-16"))
    with pytest.raises(LabelFileError, match="declares a document type"):
        read_voc(tmp_path, entries)


BAD_YOLO = {
    "unknown photo": ("labels/gone.txt", "0 .5 .5 .1 .1", "labels/gone.txt, line 1: 'gone' is not in the catalogue"),
    "two photos": ("labels/c.txt", "0 .5 .5 .1 .1", r"'c\.jpg' and 'c\.png' both fit the name 'c'"),
    "half a corner": ("labels/red/a b.txt", "0 .1 .1 .2", "line 1: 4 numbers instead of 5"),
    "digits without end": ("labels/red/a b.txt", f"{'9' * 5000} .5 .5 .1 .1", "which is no whole number"),
    "a name for a class": ("labels/red/a b.txt", "dress .5 .5 .1 .1", "the class is 'dress'"),
    "no number": ("labels/red/a b.txt", "0 .5 .5 .1 high", "height is 'high', which is no number"),
    "pixels": ("labels/red/a b.txt", "0 320 240 100 100", "outside the photo.*as shares"),
    "no area": ("labels/red/a b.txt", "\n0 .5 .5 -.1 .1", "line 2: the box .* has no area"),
    "not finite": ("labels/red/a b.txt", "0 inf .5 .1 .1", "is not finite"),
    "not even nan": ("labels/red/a b.txt", "0 snan .5 .1 .1", "x is 'snan', which is no number"),
    "two objects": ("labels/red/a b.txt", "0 .5 .5 .1 .1\n0 .5 .5 .2 .2", "line 2: .*another box"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_YOLO)
def test_yolo_is_refused(tmp_path, entries, case):
    file, content, reason = BAD_YOLO[case]
    written(tmp_path / file, content)
    with pytest.raises(LabelFileError, match=reason):
        read_yolo(tmp_path, entries)


@pytest.mark.parametrize("text", ["names: [", "a: &a [*a]", "[" * 2_000, "names: {99999999999999999999: x}", "- 1"])
def test_a_description_that_is_none_leaves_the_numbers_of_classes(tmp_path, entries, text):
    written(tmp_path / "labels/red/a b.txt", "7 .5 .5 .25 .5")
    written(tmp_path / "data.yaml", text)
    assert len(read_yolo(tmp_path, entries)) == 1


def test_cvat_declares_no_document_type(tmp_path, entries):
    file = written(tmp_path / "x.xml", ENTITIES.replace("annotation>", "annotations>"))
    with pytest.raises(LabelFileError, match="declares a document type"):
        read_boxes(file, LabelFormat.cvat, entries)


def test_a_pipe_is_no_label_file(tmp_path, entries):
    os.mkfifo(tmp_path / "x.json")
    with pytest.raises(LabelFileError, match="it is a named pipe, not a file"):
        read_label_studio(tmp_path / "x.json", entries)


def test_a_list_of_photos_must_be_of_the_catalogue(tmp_path, entries):
    written(tmp_path / "labels/a.txt", "0 .5 .5 .1 .1")
    written(tmp_path / "images.txt", "blue/c.jpg\na.jpg\n")
    with pytest.raises(LabelFileError, match=r"'a\.jpg' is not in the catalogue"):
        read_yolo(tmp_path, entries)


def turned_photo() -> dict:
    found = task()
    found["annotations"][0]["result"][0]["image_rotation"] = 90
    return found


BAD_LABEL_STUDIO = {
    "no list": ({"tasks": []}, "this is no list of tasks"),
    "no JSON": ("[{", "line 1: this is not JSON"),
    "no data": ([{"annotations": []}], r'tasks\[0\]: "data" is missing'),
    "no result": ([task() | {"annotations": [{}]}], r'annotations\[0\]: the annotation has no list "result"'),
    "no photo": ([task(data={"text": "x"})], 'neither "path" nor "image"'),
    "unknown photo": ([task(data={"image": "/data/local-files/?d=gone.jpg"})], r"d=gone\.jpg' is not in the catalogue"),
    "way out": ([task(data={"path": "../../etc/passwd"})], "is not in the catalogue"),
    "other size": ([task(size=(480, 640))], r"tasks\[0\]\.annotations\[0\]\.result\[0\]: the width .* 480"),
    "turned photo": ([turned_photo()], "the photo was turned in Label Studio; turn it back"),
    "no numbers": ([task(x="wide")], "not four numbers"),
    "outside": ([task((90, 0, 20, 10))], "outside the photo.*percentages"),
    "no area": ([task((10, 10, -1, 10))], "has no area"),
    "two boxes": ([task(), task((1, 1, 2, 2))], r"tasks\[1\].* another box as well"),
    "two by twins": ([task(), task((1, 1, 2, 2), {"path": "red/twin.jpg"})], "or its twin has another box"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_LABEL_STUDIO)
def test_label_studio_is_refused(tmp_path, entries, case):
    content, reason = BAD_LABEL_STUDIO[case]
    file = written(tmp_path / "x.json", content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(LabelFileError, match=reason) as refused:
        read_label_studio(file, entries)
    assert str(refused.value).startswith(str(file))


@pytest.mark.parametrize(("read", "holds"), [(read_voc, "Annotations/"), (read_yolo, "labels/")])
def test_what_is_no_folder_of_labels_is_told(tmp_path, entries, read, holds):
    with pytest.raises(LabelFileError, match="there is no such folder"):
        read(tmp_path / "gone", entries)
    with pytest.raises(LabelFileError, match="this is a file"):
        read(written(tmp_path / "x/boxes.zip", "PK"), entries)
    with pytest.raises(LabelFileError, match=f"name the one that holds {holds}"):
        read(tmp_path / "x", entries)


def test_the_first_problem_is_told_with_how_many_more(tmp_path, entries):
    written(tmp_path / "Annotations/a.xml", voc("gone.jpg"))
    written(tmp_path / "Annotations/b.xml", voc())
    written(tmp_path / "Annotations/c.xml", voc(box=(1, 1, -1, 0)))
    with pytest.raises(LabelFileError, match=r"a\.xml: 'gone\.jpg' .* 1 more problem was found\.$"):
        read_voc(tmp_path, entries)
