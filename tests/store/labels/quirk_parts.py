"""Parts of the files of `quirks_of_boxes` and its neighbours, and what is read of them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.store.labels.one_box import OTHERS, Files
from tiefvision_assets.store.labels.choices import AS_THE_FILE_SAYS, Choices, Coordinates, Pick

RED, RED_2, BLAZER = "gowns/red-0001.jpg", "gowns/red-0002.jpg", "blazer.jpg"
BOX = (50.0, 60.0, 250.0, 360.0)
HALF = (120.0, 142.2, 280.0, 568.8)
"""``0.5 0.5 0.4 0.6`` of the blazer."""
LINE = "0 0.5 0.5 0.4 0.6\n"
ONE, TRIPLET = ((RED, BOX),), ((RED, *OTHERS),)


def coco(*annotations: dict[str, Any], **image: Any) -> Files:
    shared = {"image_id": 1, "category_id": 1}
    images = [{"id": 1, "file_name": RED} | image, {"id": 2, "file_name": "gone.jpg"}, {"id": 3, "file_name": BLAZER}]
    numbered = [{"id": count} | shared | one for count, one in enumerate(annotations)]
    categories = [{"id": 1, "name": "dress"}, {"id": 2, "name": "bag"}]
    return {"labels": json.dumps({"images": images, "annotations": numbered, "categories": categories})}


def voc(described: str, more: str = "<filename>gowns/red-0001.jpg</filename>") -> Files:
    return {"gowns/red-0001.xml": f"<annotation>{more}<object><name>dress</name>{described}</object></annotation>"}


def regions(*values: dict[str, Any], kind: str = "rectanglelabels", **region: Any) -> dict[str, Any]:
    size = {"original_width": 400, "original_height": 505}
    return {"result": [{"type": kind, "value": value} | size | region for value in values]}


def tasks(*annotations: dict[str, Any], **task: Any) -> Files:
    return {"labels": json.dumps([{"data": {"img": f"/data/local-files/?d={RED}"}, "annotations": annotations} | task])}


def cvat(shapes: str, size: str = 'width="400" height="505"') -> Files:
    return {"labels": f'<annotations><image id="0" name="{RED}" {size}>{shapes}</image></annotations>'}


def table(header: str, *rows: str, encoding: str = "utf-8", end: str = "\n") -> Files:
    return {"labels": "".join(f"{line}{end}" for line in (header, *rows)).encode(encoding)}


def parquet(**columns: Any) -> Files:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return {"labels": sink.getvalue().to_pybytes()}


PERCENT = {"x": 12.5, "y": 20.0, "width": 50, "height": 40}
OF_PERCENT = ((RED, (50.0, 101.0, 250.0, 303.0)),)
GOOD = {"bbox": [50, 60, 200, 300]}
BAG = {"bbox": [1, 1, 30, 30], "category_id": 2}
HEADER, ROW = "reference,positive,negative", f"{RED},{','.join(OTHERS)}"
EDGES = f"{RED},50,60,250,360"
XML = "<bndbox><xmin>51</xmin><ymin>61</ymin><xmax>250</xmax><ymax>360</ymax></bndbox>"
TURNED = ((RED, (100.0, 200.0, 300.0, 300.0)),)
"""A box of 100 x 200 pixels around (200, 250), turned by a right angle."""
SEVERAL, OTHERS_OUT, CROWD = "several objects", "several objects, `--category`", "crowds"
PICKED, EMPTY, POLYGON, TURN = "several objects, `--pick largest`", "empty clicks", "polygons", "turned boxes"
MASK, ELLIPSE, SCORE, SIZES = "masks", "ellipses", "confidences", "sizes 0, absent or as text"
FRACTIONS, TINY, PARTLY = "fractions where pixels belong", "far smaller than a cell", "one bad label among good ones"
DRESS, LARGEST = Choices(categories=("Dress",)), Choices(pick=Pick.largest)
SHARES = Choices(coordinates=Coordinates.normalised)
PLAIN = AS_THE_FILE_SAYS
