"""A small catalogue, and label files of its photos as somebody may have written them."""

import json
from pathlib import Path

import pandas as pd
import pytest

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
ACCENT = "rob\u00e9s/\u00e9t\u00e9, \u732b \u201cx\u201d.jpg"
PHOTOS = [
    ("dresses/a.jpg", A, 640, 480),
    ("dresses/twin of a.jpg", A, 640, 480),
    ("dresses/b.jpg", B, 300, 400),
    (ACCENT, C, 100, 100),
    ("d.jpg", D, 50, 60),
]
HEADER = "reference,positive,negative\n"


@pytest.fixture
def entries() -> pd.DataFrame:
    return catalogue(PHOTOS)


def catalogue(photos) -> pd.DataFrame:
    return pd.DataFrame(photos, columns=["path", "sha256", "width", "height"]).assign(image_id="x")


def coco(*bboxes, file_name="dresses/a.jpg", **image) -> dict:
    annotations = [{"id": 70 + n, "image_id": 1, "category_id": 1, "bbox": bbox} for n, bbox in enumerate(bboxes)]
    return {"images": [{"id": 1, "file_name": file_name, **image}], "annotations": annotations}


def written(folder: Path, content, name: str = "labels.json") -> Path:
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8", newline="")
    return file
