"""Exported boxes as the programs see them that their users open them with, and what those programs export."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.files import (
    read_label_studio,
    read_voc,
    read_yolo,
    write_box_table,
    write_coco,
    write_cvat,
    write_label_studio,
    write_open_images,
    write_voc,
    write_yolo,
)

PHOTOS = [("a b.jpg", "a" * 64, 640, 480), ("c.png", "c" * 64, 50, 60), ("é.jpg", "e" * 64, 333, 77)]
BOXES = {
    "a" * 64: Box(10.5, 20, 200.25, 300),
    "c" * 64: Box(0, 0, 50, 60),
    "e" * 64: Box(0.33, 2.2, 100.1, 76.9),
}
INTERFACE = """
<View>
  <Image name="image" value="$image"/>
  <RectangleLabels name="label" toName="image"><Label value="object"/></RectangleLabels>
</View>
"""


@pytest.fixture
def entries() -> pd.DataFrame:
    return pd.DataFrame(PHOTOS, columns=["path", "sha256", "width", "height"])


@pytest.fixture
def boxes() -> pd.DataFrame:
    rows = [(photo, *box.as_tuple()) for photo, box in BOXES.items()]
    return pd.DataFrame(rows, columns=["sha256", "left", "top", "right", "bottom"])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for path, _, width, height in PHOTOS:
        Image.new("RGB", (width, height)).save(folder / path)
    return folder


def expected() -> dict[str, tuple[float, ...]]:
    return {path: BOXES[content].as_tuple() for path, content, *_ in PHOTOS}


def by_photo(dataset) -> dict[str, tuple[float, ...]]:
    """What supervision read, one box a photo."""
    return {Path(path).name: tuple(map(float, detections.xyxy[0])) for path, _, detections in dataset}


def agree(found: dict[str, tuple[float, ...]], tolerance: float) -> None:
    assert set(found) == set(expected())
    for path, box in expected().items():
        assert found[path] == pytest.approx(box, abs=tolerance), path


def test_coco_by_pycocotools(tmp_path, entries, boxes):
    from pycocotools.coco import COCO

    write_coco(tmp_path / "boxes.json", boxes, entries)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(tmp_path / "boxes.json"))
    found = {}
    for annotation in coco.loadAnns(coco.getAnnIds()):
        (image,) = coco.loadImgs(annotation["image_id"])
        left, top, width, height = annotation["bbox"]
        found[image["file_name"]] = (left, top, left + width, top + height)
    agree(found, 1e-9)
    assert coco.loadCats(coco.getCatIds()) == [{"id": 1, "name": "object"}]


def test_voc_by_torchvision(tmp_path, entries, boxes):
    from torchvision.datasets import VOCDetection

    write_voc(tmp_path / "voc", boxes, entries)
    found = {}
    for file in (tmp_path / "voc").rglob("*.xml"):
        annotation = VOCDetection.parse_voc_xml(ET.parse(file).getroot())["annotation"]
        sides = annotation["object"][0]["bndbox"]
        xmin, ymin, xmax, ymax = (float(sides[name]) for name in ("xmin", "ymin", "xmax", "ymax"))
        found[annotation["filename"]] = (xmin - 1, ymin - 1, xmax, ymax)
    agree(found, 1e-9)


@pytest.fixture
def supervision() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises OpenCV at its first import
        return importlib.import_module("supervision")


def test_voc_by_supervision_and_back(tmp_path, entries, boxes, raw, supervision):
    write_voc(tmp_path / "voc", boxes, entries)
    dataset = supervision.DetectionDataset.from_pascal_voc(str(raw), str(tmp_path / "voc" / "Annotations"))
    agree(by_photo(dataset), 1e-4)
    dataset.as_pascal_voc(annotations_directory_path=str(tmp_path / "theirs"))
    theirs = {label.sha256: label.box.as_tuple() for label in read_voc(tmp_path / "theirs", entries)}
    for content, box in BOXES.items():
        assert theirs[content] == pytest.approx(box.as_tuple(), abs=1)


def test_yolo_by_supervision_and_back(tmp_path, entries, boxes, raw, supervision):
    write_yolo(tmp_path / "yolo", boxes, entries)
    read = supervision.DetectionDataset.from_yolo
    dataset = read(str(raw), str(tmp_path / "yolo" / "labels"), str(tmp_path / "yolo" / "data.yaml"))
    assert dataset.classes == ["object"]
    agree(by_photo(dataset), 1e-3)
    dataset.as_yolo(annotations_directory_path=str(tmp_path / "theirs" / "labels"))
    theirs = {label.sha256: label.box.as_tuple() for label in read_yolo(tmp_path / "theirs", entries)}
    for content, box in BOXES.items():
        assert theirs[content] == pytest.approx(box.as_tuple(), abs=0.01)


def test_label_studio_by_its_converter(tmp_path, entries, boxes):
    from label_studio_converter import Converter

    write_label_studio(tmp_path / "tasks.json", boxes, entries)
    converter = Converter(INTERFACE, str(tmp_path), download_resources=False)
    converter.convert_to_coco(str(tmp_path / "tasks.json"), str(tmp_path / "theirs"), is_dir=False)
    document = json.loads((tmp_path / "theirs" / "result.json").read_text())
    assert [category["name"] for category in document["categories"]] == ["object"]
    found = []
    for annotation in document["annotations"]:
        left, top, width, height = annotation["bbox"]
        found.append((left, top, left + width, top + height))
    assert np.allclose(sorted(found), sorted(expected().values()), atol=1e-9)


def test_label_studio_tasks_that_its_converter_made_from_coco(tmp_path, entries, boxes):
    from label_studio_converter.imports.coco import convert_coco_to_ls

    write_coco(tmp_path / "boxes.json", boxes, entries)
    coco, tasks = tmp_path / "boxes.json", tmp_path / "tasks.json"
    convert_coco_to_ls(str(coco), str(tasks), image_root_url="/data/local-files/?d=")
    theirs = {label.sha256: label.box.as_tuple() for label in read_label_studio(tasks, entries)}
    assert set(theirs) == set(BOXES)
    for content, box in BOXES.items():
        assert theirs[content] == pytest.approx(box.as_tuple(), abs=1e-9)


def test_coco_by_supervision(tmp_path, entries, boxes, raw, supervision):
    write_coco(tmp_path / "boxes.json", boxes, entries)
    agree(by_photo(supervision.DetectionDataset.from_coco(str(raw), str(tmp_path / "boxes.json"))), 1e-4)


def test_tables_by_pandas(tmp_path, entries, boxes):
    write_box_table(tmp_path / "boxes.csv", boxes, entries)
    rows = pd.read_csv(tmp_path / "boxes.csv").set_index("path")
    agree({path: tuple(row) for path, row in zip(rows.index, rows.to_numpy(), strict=True)}, 1e-9)
    write_open_images(tmp_path / "open-images.csv", boxes, entries)
    rows = pd.read_csv(tmp_path / "open-images.csv").set_index("ImageID")
    found = {}
    for path, _, width, height in PHOTOS:
        row = rows.loc[Path(path).stem]
        found[path] = (row.XMin * width, row.YMin * height, row.XMax * width, row.YMax * height)
    agree(found, 1e-5)


def test_cvat_by_the_names_of_its_documentation(tmp_path, entries, boxes):
    write_cvat(tmp_path / "annotations.xml", boxes, entries)
    found = {}
    for image in ET.parse(tmp_path / "annotations.xml").getroot().iter("image"):
        (box,) = image.findall("box")
        found[image.attrib["name"]] = tuple(float(box.attrib[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
    agree(found, 1e-9)
