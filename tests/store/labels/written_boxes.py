"""Box labels of a small catalogue as VOC XML and Label Studio JSON, as other tools write them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from tiefvision_assets.box import Box

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
PHOTOS = [
    ("red/a b.jpg", A, 640, 480),
    ("red/twin.jpg", A, 640, 480),
    ("red/été, 猫 <&>.png", B, 300, 400),
    ("c.jpg", C, 50, 60),
]


def catalogue(photos) -> pd.DataFrame:
    return pd.DataFrame(photos, columns=["path", "sha256", "width", "height"])


def large_enough(box: Box, width: int, height: int) -> bool:
    """Whether the box is not taken for a slip: far smaller than a cell, or fractions of the photo."""
    return max(box.width, box.height) >= min(width, height) / 112 and max(box.right, box.bottom) > 1


def voc(name="red/a b.jpg", box=(1, 1, 10, 10), **more: str) -> str:
    """An annotation as other tools write it; ``more`` are further elements."""
    sides = "".join(f"<{n}>{v}</{n}>" for n, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    rest = "".join(f"<{n}>{v}</{n}>" for n, v in more.items())
    return (
        f"<annotation><filename>{name}</filename>{rest}"
        f"<object><name>x</name><bndbox>{sides}</bndbox></object></annotation>"
    )


def task(box=(10, 20, 30, 40), data=None, size=(640, 480), **value) -> dict:
    numbers = dict(zip(("x", "y", "width", "height"), box, strict=True))
    region = {"type": "rectanglelabels", "original_width": size[0], "original_height": size[1]}
    return {
        "data": data or {"path": "red/a b.jpg"},
        "annotations": [{"result": [region | {"value": numbers | value}]}],
    }


def written(file: Path, content: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file
