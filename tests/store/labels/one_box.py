"""A label file of each format with one box or triplet, under whatever name of its photo."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.store.labels.written_boxes import catalogue
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.spellings import without_photo_suffix

PHOTOS = [
    ("blazer.jpg", "0" * 64, 400, 711),
    ("IMG_0001.JPG", "1" * 64, 400, 533),
    ("dress.v1.2.jpg", "2" * 64, 400, 534),
    ("gowns/red-0001.jpg", "3" * 64, 400, 505),
    ("gowns/red-0002.jpg", "4" * 64, 400, 534),
    ("gowns/red-0003.jpg", "5" * 64, 400, 533),
    ("mini/größe+50%#1.jpg", "6" * 64, 400, 533),
    ("mini/red 0007 (1).jpg", "7" * 64, 400, 533),
    ("a/same.jpg", "8" * 64, 400, 500),
    ("b/same.jpg", "9" * 64, 400, 500),
]
PATHS = {content: path for path, content, *_ in PHOTOS}
Files = Mapping[str, str | bytes]
"""Path → content, of a file ``labels`` or the files of a folder."""


def entries() -> pd.DataFrame:
    return catalogue(PHOTOS)


def edges(width: int, height: int) -> tuple[float, float, float, float]:
    """A box from a tenth to six tenths of the photo."""
    return tuple(round(share * side, 2) for share, side in zip((0.1, 0.1, 0.6, 0.6), (width, height) * 2, strict=True))


def coco(name: str, size: tuple[int, int]) -> Files:
    left, top, right, bottom = edges(*size)
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [left, top, right - left, bottom - top]}
    return {"labels": json.dumps({"images": [{"id": 1, "file_name": name}], "annotations": [annotation]})}


def voc(name: str, size: tuple[int, int]) -> Files:
    left, top, right, bottom = edges(*size)
    sides = f"<xmin>{left + 1}</xmin><ymin>{top + 1}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    text = quoteattr(name)[1:-1]
    described = f"<object><name>dress</name><bndbox>{sides}</bndbox></object>"
    return {"any.xml": f"<annotation><filename>{text}</filename>{described}</annotation>"}


def yolo(name: str, size: tuple[int, int]) -> Files:
    """With the name in a list of photos, as Darknet and CVAT have it."""
    last = name.replace("\\", "/").strip().split("/")[-1]
    return {f"labels/{without_photo_suffix(last)}.txt": "0 0.35 0.35 0.5 0.5\n", "train.txt": f"{name}\n"}


def labelstudio(name: str, size: tuple[int, int]) -> Files:
    value = {"x": 10, "y": 10, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": ["dress"]}
    region = {"type": "rectanglelabels", "value": value}
    return {"labels": json.dumps([{"data": {"image": name}, "annotations": [{"result": [region]}]}])}


def cvat(name: str, size: tuple[int, int]) -> Files:
    left, top, right, bottom = edges(*size)
    box = f'<box label="dress" xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}"/>'
    return {"labels": f'<annotations><image id="0" name={quoteattr(name)}>{box}</image></annotations>'}


def openimages(name: str, size: tuple[int, int]) -> Files:
    return {"labels": f'ImageID,LabelName,XMin,XMax,YMin,YMax\n"{name}",/m/01d40f,0.1,0.6,0.1,0.6\n'}


def boxes_csv(name: str, size: tuple[int, int]) -> Files:
    numbers = ",".join(map(str, edges(*size)))
    return {"labels": f'path,left,top,right,bottom\n"{name}",{numbers}\n'}


OTHERS = ("gowns/red-0002.jpg", "gowns/red-0003.jpg")


def csv(name: str, size: tuple[int, int]) -> Files:
    return {"labels": f'reference,positive,negative\n"{name}",{",".join(OTHERS)}\n'}


def parquet(name: str, size: tuple[int, int]) -> Files:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"reference": [name], "positive": [OTHERS[0]], "negative": [OTHERS[1]]}), sink)
    return {"labels": sink.getvalue().to_pybytes()}


ONE: dict[LabelFormat, Callable[[str, tuple[int, int]], Files]] = {
    LabelFormat.coco: coco,
    LabelFormat.voc: voc,
    LabelFormat.yolo: yolo,
    LabelFormat.labelstudio: labelstudio,
    LabelFormat.cvat: cvat,
    LabelFormat.openimages: openimages,
    LabelFormat.boxes_csv: boxes_csv,
    LabelFormat.csv: csv,
    LabelFormat.parquet: parquet,
}


def save(files: Files, folder: Path) -> Path:
    """Write the files into ``folder``; returns what an import is given: the only file called ``labels``, or the
    folder."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "labels" if list(files) == ["labels"] else folder
