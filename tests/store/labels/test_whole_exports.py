"""Whole files and folders as other tools wrote them, from telling their format to the boxes that come of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.store.labels.one_box import PATHS, Files, entries, save
from tiefvision_assets.store.labels.box_rows import BoxRows
from tiefvision_assets.store.labels.choices import AS_THE_FILE_SAYS, Choices, Pick
from tiefvision_assets.store.labels.files import TripletRows, read_boxes, read_table_of_labels
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.recognition import file_in, recognised

RED, RED_2, RED_3, BLAZER = "gowns/red-0001.jpg", "gowns/red-0002.jpg", "gowns/red-0003.jpg", "blazer.jpg"
DRAWN, HALF = (50.0, 60.0, 250.0, 360.0), (120.0, 142.2, 280.0, 568.8)
OF_PERCENT = (40.0, 71.1, 240.0, 426.6)
LINE = "0 0.5 0.5 0.4 0.6\n"
TRIPLET = (RED, RED_2, RED_3)
ROW = ",".join(TRIPLET)


def coco(*annotations: dict[str, Any], photos: tuple[str, ...] = (RED,), **size: Any) -> str:
    """As pycocotools' users write it."""
    size = size or {"width": 400, "height": 505}
    shared = {"area": 60000, "iscrowd": 0}
    return json.dumps(
        {
            "info": {},
            "licenses": [],
            "images": [{"id": number, "file_name": name} | size for number, name in enumerate(photos, start=1)],
            "annotations": [
                shared | {"id": number, "image_id": 1, "category_id": 1} | one
                for number, one in enumerate(annotations, start=1)
            ],
            "categories": [{"id": 1, "name": "dress"}, {"id": 2, "name": "bag"}],
        }
    )


BBOX = {"bbox": [50, 60, 200, 300], "segmentation": []}
BAG = {"bbox": [1, 1, 30, 30], "segmentation": [], "category_id": 2}
CROWD = {"bbox": [0, 0, 400, 505], "iscrowd": 1, "segmentation": {"counts": [0, 202000], "size": [505, 400]}}
POLYGON = {"segmentation": [[50, 60, 250, 60, 250, 360, 50, 360]]}


def rectangle(x: int = 10) -> dict[str, Any]:
    return {"x": x, "y": 10, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": ["dress"]}


def task(*annotators: int, key: str = "image") -> str:
    """As Label Studio exports it."""
    size = {"original_width": 400, "original_height": 711, "image_rotation": 0}
    region = {"id": "a", "type": "rectanglelabels", "from_name": "label", "to_name": "image"} | size
    annotations = [
        {"id": number, "completed_by": number, "result": [region | {"value": rectangle(9 + number)}]}
        for number in annotators
    ]
    data = {key: f"/data/local-files/?d={BLAZER}"}
    return json.dumps([{"id": 1, "data": data, "annotations": annotations, "predictions": []}])


def exported_coco() -> str:
    """As Label Studio's converter writes it, with the names of an upload and of a local file."""
    images = [
        {"width": 400, "height": 711, "id": 0, "file_name": "/data/upload/3/1a2b3c4d-blazer.jpg"},
        {"width": 400, "height": 505, "id": 1, "file_name": f"/data/local-files/?d={RED}"},
    ]
    boxes = [[40.0, 71.1, 200.0, 355.5], [40.0, 50.5, 200.0, 252.5]]
    annotations = [
        {"id": number, "image_id": number, "category_id": 0, "segmentation": [], "bbox": box, "ignore": 0, "iscrowd": 0}
        for number, box in enumerate(boxes)
    ]
    categories = [{"id": 0, "name": "dress"}]
    return json.dumps({"images": images, "categories": categories, "annotations": annotations, "info": {}})


def in_short() -> str:
    region = rectangle() | {"original_width": 400, "original_height": 711}
    image = f"/data/local-files/?d={BLAZER}"
    return json.dumps([{"image": image, "id": 1, "label": [region], "annotator": 1, "annotation_id": 1}])


def binary_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    names = ("reference", "positive", "negative")
    pq.write_table(pa.table({name: [path.encode()] for name, path in zip(names, TRIPLET, strict=True)}), sink)
    return bytes(sink.getvalue().to_pybytes())


VOC = (
    "<annotation><folder>x</folder><filename>blazer</filename><source><database>Unknown</database></source>"
    "<size><width>400</width><height>711</height><depth>3</depth></size><segmented>0</segmented><object>"
    "<name>dress</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult><bndbox><xmin>50</xmin>"
    "<ymin>60</ymin><xmax>250</xmax><ymax>360</ymax></bndbox></object></annotation>"
)
FRACTIONS = [{"bbox": [0.1, 0.1, 0.5, 0.5]}, {"bbox": [0.2, 0.1, 0.5, 0.6], "image_id": 2}]
CASES: dict[str, tuple[Files, tuple[Any, ...], str]] = {
    "coco: two objects": ({"x.json": coco(BBOX, BAG)}, (), "another box as well (bag, dress)"),
    "coco: a crowd": ({"x.json": coco(BBOX, CROWD)}, ((RED, DRAWN),), ""),
    "coco: an unknown photo": (
        {"x.json": coco(BBOX, {"bbox": [10, 10, 100, 100], "image_id": 2}, photos=(RED, "gone.jpg"))},
        ((RED, DRAWN),),
        "'gone.jpg' is not in the catalogue",
    ),
    "coco: segmentation only": ({"x.json": coco(POLYGON)}, ((RED, DRAWN),), ""),
    "coco: sizes as text": ({"x.json": coco(BBOX, width="400", height="505")}, ((RED, DRAWN),), ""),
    "coco: fractions": ({"x.json": coco(*FRACTIONS, photos=(RED, RED_2), width=0)}, (), "look like fractions"),
    "csv: header": ({"x.csv": f"Reference,Positive,Negative\n{ROW}\n"}, (TRIPLET,), ""),
    "csv: semicolons": ({"x.csv": f"reference,positive,negative\n{ROW}\n".replace(",", ";")}, (TRIPLET,), ""),
    "csv: Windows": ({"x.csv": f"reference,positive,negative\n{ROW}\n".replace("/", "\\")}, (TRIPLET,), ""),
    "parquet: binary": ({"x.parquet": binary_parquet()}, (TRIPLET,), ""),
    "Label Studio: another key": ({"x.json": task(1, key="img")}, ((BLAZER, OF_PERCENT),), ""),
    "Label Studio: JSON-MIN": ({"x.json": in_short()}, ((BLAZER, OF_PERCENT),), ""),
    "Label Studio: two annotators": (
        {"x.json": task(1, 2)},
        ((BLAZER, OF_PERCENT), (BLAZER, (44.0, 71.1, 244.0, 426.6))),
        "",
    ),
    "Label Studio: its COCO": (
        {"x.json": exported_coco()},
        ((BLAZER, OF_PERCENT), (RED, (40.0, 50.5, 240.0, 303.0))),
        "",
    ),
    "Label Studio: its YOLO": (
        {
            "labels/1a2b3c4d-blazer.txt": "0 0.35 0.35 0.5 0.5\n",
            "labels/red-0001.txt": "0 0.35 0.35 0.5 0.5\n",
            "classes.txt": "dress\n",
            "notes.json": '{"categories": [{"id": 0, "name": "dress"}], "info": {"contributor": "Label Studio"}}',
        },
        ((BLAZER, OF_PERCENT), (RED, (40.0, 50.5, 240.0, 303.0))),
        "",
    ),
    "voc: no suffix": ({"blazer.xml": VOC}, ((BLAZER, (49.0, 59.0, 250.0, 360.0)),), ""),
    "yolo: Roboflow": (
        {
            "data.yaml": "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: [dress]\n",
            "README.roboflow.txt": "x\n",
            "train/labels/red-0001.txt": LINE,
            "valid/labels/red-0002.txt": LINE,
        },
        ((RED, (120.0, 101.0, 280.0, 404.0)), (RED_2, (120.0, 106.8, 280.0, 427.2))),
        "",
    ),
    "yolo: CVAT": (
        {
            "obj.data": "classes = 1\n",
            "obj.names": "dress\n",
            "train.txt": "data/obj_train_data/blazer.jpg\n",
            "obj_train_data/blazer.txt": LINE,
        },
        ((BLAZER, HALF),),
        "",
    ),
    "yolo: classes among the labels": (
        {"labels/blazer.txt": LINE, "labels/classes.txt": "dress\n"},
        ((BLAZER, HALF),),
        "",
    ),
    "yolo: .TXT": ({"labels/IMG_0001.TXT": LINE}, (("IMG_0001.JPG", (120.0, 106.6, 280.0, 426.4)),), ""),
    "yolo: confidences": ({"labels/blazer.txt": "0 0.5 0.5 0.4 0.6 0.93\n"}, ((BLAZER, HALF),), ""),
    "yolo: polygons": (
        {"labels/blazer.txt": "0 0.1 0.1 0.5 0.1 0.5 0.9 0.1 0.9\n"},
        ((BLAZER, (40.0, 71.1, 200.0, 639.9)),),
        "",
    ),
}


def read(source: Path, choices: Choices = AS_THE_FILE_SAYS) -> BoxRows | TripletRows:
    """As the command reads it."""
    kind = recognised(source)
    assert kind is not None
    file = file_in(source, kind)
    if kind is LabelFormat.csv:
        return read_table_of_labels(file, "csv", entries(), choices)
    if kind is LabelFormat.parquet:
        return read_table_of_labels(file, "parquet", entries(), choices)
    return read_boxes(file, kind, entries(), choices)


def labels_of(rows: BoxRows | TripletRows) -> tuple[Any, ...]:
    if isinstance(rows, TripletRows):
        return tuple((PATHS[one.reference], PATHS[one.positive], PATHS[one.negative]) for one in rows.triplets)
    return tuple((one.photo.path, one.box.as_tuple()) for one in rows.boxes)


@pytest.mark.parametrize("case", CASES)
def test_an_export_is_read(tmp_path: Path, case: str) -> None:
    files, labels, problem = CASES[case]
    rows = read(save(files, tmp_path))
    assert labels_of(rows) == labels
    reasons = [one.reason for one in rows.report.problems]
    assert bool(reasons) == bool(problem) and all(problem in reason for reason in reasons)


@pytest.mark.parametrize("choices", [Choices(categories=("dress",)), Choices(pick=Pick.largest)])
def test_a_choice_decides_among_two_objects(tmp_path: Path, choices: Choices) -> None:
    rows = read(save(CASES["coco: two objects"][0], tmp_path), choices)
    assert labels_of(rows) == ((RED, DRAWN),) and rows.report.problems == []


def test_each_of_two_annotators_keeps_the_own_box(tmp_path: Path) -> None:
    rows = read(save(CASES["Label Studio: two annotators"][0], tmp_path))
    assert isinstance(rows, BoxRows)
    assert [one.annotator for one in rows.boxes] == ["labelstudio-1", "labelstudio-2"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("blazer.xml", VOC), ("blazer.txt", LINE)],
)
def test_one_file_of_a_format_with_a_file_a_photo_is_read_by_itself(tmp_path: Path, name: str, content: str) -> None:
    save({name: content, "red-0001.txt": LINE, "red-0001.xml": VOC}, tmp_path)
    rows = read(tmp_path / name)
    assert [path for path, _ in labels_of(rows)] == [BLAZER]
