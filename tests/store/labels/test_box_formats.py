"""Boxes through VOC XML, YOLO and Label Studio JSON: what is written, what is read, and the way there and back."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.labels.written_boxes import PHOTOS, A, B, C, catalogue, large_enough, task, voc, written
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.files import (
    LabelFileError,
    read_boxes,
    read_label_studio,
    read_voc,
    read_yolo,
    write_box_table,
    write_cvat,
    write_label_studio,
    write_open_images,
    write_voc,
    write_yolo,
)
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.store import BoxLabel


def reader(name: LabelFormat):
    def read(file, entries):
        rows = read_boxes(file, name, entries)
        rows.report.raise_first(file)
        return rows.labels()

    return read


FORMATS = {
    "voc": (read_voc, write_voc),
    "yolo": (read_yolo, write_yolo),
    "labelstudio": (read_label_studio, write_label_studio),
    "cvat": (reader(LabelFormat.cvat), write_cvat),
    "openimages": (reader(LabelFormat.openimages), write_open_images),
    "boxes-csv": (reader(LabelFormat.boxes_csv), write_box_table),
}


@pytest.fixture
def entries() -> pd.DataFrame:
    return catalogue(PHOTOS)


def frame(boxes: dict[str, Box]) -> pd.DataFrame:
    rows = [(photo, *box.as_tuple()) for photo, box in boxes.items()]
    return pd.DataFrame(rows, columns=["sha256", "left", "top", "right", "bottom"])


# There and back --------------------------------------------------------------------------------------------------


@st.composite
def labelled(draw):
    sizes = {content: (draw(st.integers(16, 6_000)), draw(st.integers(16, 6_000))) for content in (A, B, C)}
    boxes = {}
    for content, (width, height) in sizes.items():
        x = sorted(draw(st.floats(0, width)) for _ in range(2))
        y = sorted(draw(st.floats(0, height)) for _ in range(2))
        box = Box(*(round(side, 2) + 0.0 for side in (x[0], y[0], x[1], y[1])))
        if box.area > 0 and large_enough(box, width, height):
            boxes[content] = box
    return catalogue([(path, content, *sizes[content]) for path, content, *_ in PHOTOS]), boxes


@pytest.mark.parametrize("name", FORMATS)
@given(case=labelled())
@settings(max_examples=60)
def test_boxes_to_a_hundredth_of_a_pixel_come_back_the_same(tmp_path_factory, name, case):
    read, write = FORMATS[name]
    entries, boxes = case
    target = tmp_path_factory.mktemp("boxes") / "boxes"
    assert write(target, frame(boxes), entries) == entries.sha256.isin(boxes).sum()
    assert {label.sha256: label.box for label in read(target, entries)} == boxes


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("width", [17, 300, 401])
def test_an_edge_on_the_photos_border_comes_back_to_it(tmp_path, name, width):
    read, write = FORMATS[name]
    entries = catalogue([("c.jpg", C, width, 60)])
    for number, right in enumerate((round(297.8125 * width / 300, 2), 0.33, width)):
        boxes = {C: Box(0.0, 0.0, right, 9.0)}
        write(tmp_path / f"x{number}", frame(boxes), entries)
        assert read(tmp_path / f"x{number}", entries) == [BoxLabel(C, boxes[C])]


@pytest.mark.parametrize("name", FORMATS)
def test_a_box_of_more_digits_is_rounded_to_a_hundredth_of_a_pixel(tmp_path, entries, name):
    read, write = FORMATS[name]
    write(tmp_path / "x", frame({B: Box(1 / 3, 2.345678, 200.001, 399.999)}), entries)
    assert read(tmp_path / "x", entries) == [BoxLabel(B, Box(0.33, 2.35, 200, 400))]


@pytest.mark.parametrize("name", FORMATS)
def test_photos_without_box_and_boxes_without_photo_are_left_out(tmp_path, entries, name):
    read, write = FORMATS[name]
    assert write(tmp_path / "x", frame({C: Box(1, 2, 3, 4), "e" * 64: Box(0, 0, 1, 1)}), entries) == 1
    assert read(tmp_path / "x", entries) == [BoxLabel(C, Box(1, 2, 3, 4))]
    assert write(tmp_path / "none", frame({}), entries) == 0
    assert read(tmp_path / "none", entries) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_photo_is_not_taken_for_one_of_the_same_name_in_a_folder(tmp_path, name):
    read, write = FORMATS[name]
    boxes = {A: Box(0, 0, 10, 10), B: Box(20, 20, 40, 40)}
    entries = catalogue([("a/zed.jpg", A, 64, 48), ("zed.jpg", B, 64, 48)])
    write(tmp_path / "x", frame(boxes), entries)
    assert {label.sha256: label.box for label in read(tmp_path / "x", entries)} == boxes


@pytest.mark.parametrize(("name", "read", "write"), [("voc", *FORMATS["voc"]), ("yolo", *FORMATS["yolo"])])
def test_an_earlier_export_is_replaced_and_other_things_are_not(tmp_path, entries, name, read, write):
    write(tmp_path / "x", frame({A: Box(0, 0, 1, 1), C: Box(0, 0, 1, 1)}), entries)
    write(tmp_path / "x", frame({C: Box(1, 2, 3, 4)}), entries)
    assert read(tmp_path / "x", entries) == [BoxLabel(C, Box(1, 2, 3, 4))]
    written(tmp_path / "x" / "thesis.tex", "ten years of work")
    with pytest.raises(LabelFileError, match=r"holds other things, such as 'thesis\.tex'; name a new folder"):
        write(tmp_path / "x", frame({}), entries)
    assert (tmp_path / "x" / "thesis.tex").read_text() == "ten years of work"
    with pytest.raises(LabelFileError, match="this is a file"):
        write(tmp_path / "x" / "thesis.tex", frame({}), entries)


# What is written -------------------------------------------------------------------------------------------------


def test_voc_counts_pixels_from_one_and_includes_both_ends(tmp_path, entries):
    write_voc(tmp_path / "x", frame({C: Box(0, 0, 50, 60), A: Box(10.5, 20, 30, 40)}), entries)
    whole = (tmp_path / "x/Annotations/c.xml").read_text()
    assert "<xmin>1</xmin>" in whole and "<ymin>1</ymin>" in whole
    assert "<xmax>50</xmax>" in whole and "<ymax>60</ymax>" in whole
    assert "<xmin>11.5</xmin>" in (tmp_path / "x/Annotations/red/a b.xml").read_text()
    assert "<filename>red/a b.jpg</filename>" in (tmp_path / "x/Annotations/red/a b.xml").read_text()


def test_photos_that_differ_in_their_suffix_alone(tmp_path):
    entries = catalogue([("a.jpg", A, 50, 60), ("a.png", B, 50, 60)])
    boxes = {A: Box(1, 2, 3, 4), B: Box(5, 6, 7, 8)}
    write_voc(tmp_path / "voc", frame(boxes), entries)
    assert {label.sha256: label.box for label in read_voc(tmp_path / "voc", entries)} == boxes
    with pytest.raises(LabelFileError, match=r"'a\.jpg' and 'a\.png' would share one label file; rename one"):
        write_yolo(tmp_path / "yolo", frame(boxes), entries)
    assert not (tmp_path / "yolo").exists()


def test_yolo_describes_the_folder(tmp_path, entries):
    write_yolo(tmp_path / "x", frame({C: Box(0, 15, 25, 45)}), entries)
    assert (tmp_path / "x/labels/c.txt").read_text() == "0 0.25 0.5 0.5 0.5\n"
    assert (tmp_path / "x/images.txt").read_text() == "c.jpg\n"
    assert (tmp_path / "x/classes.txt").read_text() == "object\n"


def test_label_studio_tasks_name_the_photo_twice(tmp_path, entries):
    write_label_studio(tmp_path / "x.json", frame({B: Box(30, 40, 60, 80)}), entries)
    (found,) = json.loads((tmp_path / "x.json").read_text())
    assert found["data"]["path"] == "red/été, 猫 <&>.png"
    assert found["data"]["image"].startswith("/data/local-files/?d=red/%C3%A9t%C3%A9%2C%20")
    (region,) = found["annotations"][0]["result"]
    assert region["value"] == {
        "x": 10,
        "y": 10,
        "width": 10,
        "height": 10,
        "rotation": 0,
        "rectanglelabels": ["object"],
    }


def test_a_name_that_the_format_cannot_hold_is_told(tmp_path):
    entries = catalogue([("two\nlines.jpg", A, 50, 60)])
    for write in (write_voc, write_yolo):
        with pytest.raises(LabelFileError, match=r"'two\\nlines\.jpg' holds a character that .* cannot"):
            write(tmp_path / "x", frame({A: Box(1, 2, 3, 4)}), entries)
        assert not (tmp_path / "x").exists()


# What is read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("Annotations/any.xml", voc(size="<width>640</width><height>480</height>")),
        ("any.xml", voc(size="<width>0</width><height>0</height>")),
        ("red/a b.xml", voc("a b.jpg")),
        ("any.xml", voc("a b.jpg", folder="red")),
        ("Annotations/red/x.xml", voc("\n  red/a b.jpg\n")),
        ("x.xml", "<?xml version='1.0'?>" + voc().replace("<object>", "<object>\n<truncated>1</truncated>")),
    ],
)
def test_voc_finds_the_photo_as_other_tools_name_it(tmp_path, entries, file, content):
    written(tmp_path / file, content)
    assert read_voc(tmp_path, entries) == [BoxLabel(A, Box(0, 0, 10, 10))]


@pytest.mark.parametrize(
    "files",
    [
        {"labels/red/a b.txt": "0 0.5 0.5 0.25 0.5\n"},
        {"labels/train/red/a b.txt": "7 0.5 0.5 0.25 0.5"},
        {"red/a b.txt": "0  0.5 0.5\t0.25 5e-1\r\n\r\n", "classes.txt": "dress\n"},
        {"labels/red/a b.txt": "0 0.5 0.5 0.25 0.5\n", "images.txt": "./red/a b.jpg\nc.jpg\n", "labels/c.txt": "\n"},
    ],
)
def test_yolo_finds_the_photo_as_other_tools_name_it(tmp_path, entries, files):
    for name, text in files.items():
        written(tmp_path / name, text)
    assert read_yolo(tmp_path, entries) == [BoxLabel(A, Box(240, 120, 400, 360))]


@pytest.mark.parametrize("listed", [("x/c.jpg", "y/c.jpg"), ("c.jpg", "c.png")])
def test_a_yolo_list_in_which_two_photos_fit_decides_nothing(tmp_path, listed):
    written(tmp_path / "labels/c.txt", "0 .5 .5 .5 .5")
    written(tmp_path / "images.txt", "\n".join(listed))
    entries = catalogue([(path, content, 64, 48) for path, content in zip(listed, (A, B), strict=True)])
    with pytest.raises(LabelFileError, match="'{}' and '{}' both fit".format(*listed)):
        read_yolo(tmp_path, entries)


@pytest.mark.parametrize(
    "data",
    [
        {"path": "red/a b.jpg", "image": "s3://elsewhere/x.jpg"},
        {"image": "red/a b.jpg"},
        {"image": "/data/local-files/?d=red/a%20b.jpg"},
        {"image": "http://studio.local/red/a%20b.jpg"} | {"path": "red/a b.jpg"},
    ],
)
def test_label_studio_finds_the_photo_however_the_task_names_it(tmp_path, entries, data):
    file = written(tmp_path / "x.json", [task(data=data)])
    assert read_label_studio(file, entries) == [BoxLabel(A, Box(64, 96, 256, 288))]


def test_a_photo_that_was_uploaded_to_label_studio_is_known_by_its_name(tmp_path, entries):
    data = {"image": "/data/upload/3/0a1b2c3d-c.jpg"}
    file = written(tmp_path / "x.json", [task((0, 0, 50, 50), data, (50, 60))])
    assert read_label_studio(file, entries) == [BoxLabel(C, Box(0, 0, 25, 30))]


def test_what_nobody_drew_says_nothing(tmp_path, entries):
    cancelled, choices, predicted = task(), task(), task()
    cancelled["annotations"][0]["was_cancelled"] = True
    choices["annotations"][0]["result"] = [{"type": "choices", "value": {"choices": ["dress"]}}]
    predicted["predictions"] = predicted.pop("annotations")
    predicted["annotations"] = []
    file = written(tmp_path / "x.json", [cancelled, choices, predicted, task() | {"data": {"path": "red/a b.jpg"}}])
    assert len(read_label_studio(file, entries)) == 1


def test_percentages_from_a_browser_are_read_to_the_pixel(tmp_path, entries):
    file = written(tmp_path / "x.json", [task((100 / 3, 0.1 + 0.2, 200 / 3, 50))])
    (label,) = read_label_studio(file, entries)
    assert label.box == Box(213.33, 1.44, 640, 241.44)
