"""What the person of a session knows by looking: the box of each photo of the demo, and which photos are alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.store import Store


@dataclass(frozen=True)
class Truth:
    """By sha256 of the photo."""

    boxes: dict[str, Box]
    sizes: dict[str, tuple[int, int]]
    """Width and height in pixels."""
    paths: dict[str, str]

    @classmethod
    def of(cls, store: Store) -> Self:
        """That of a folder which `tiefvision demo` filled."""
        live = store.catalogue.live().drop_duplicates("sha256")
        sha256 = dict(zip(live["path"], live["sha256"], strict=True))
        boxes: dict[str, Box] = {}
        for name in ("boxes.json", "judge_boxes.json"):
            document = json.loads((store.settings.data_dir / "demo" / name).read_text())
            path = {image["id"]: image["file_name"] for image in document["images"]}
            for one in document["annotations"]:
                left, top, width, height = one["bbox"]
                boxes[sha256[path[one["image_id"]]]] = Box(left, top, left + width, top + height)
        sizes = {row.sha256: (int(row.width), int(row.height)) for row in live.itertuples()}
        return cls(boxes, sizes, {one: path for path, one in sha256.items()})

    def closeness(self, one: str, other: str) -> int:
        """How many of colour, pattern and cut two photos share, by their names."""
        return len(set(_words(self.paths[one])) & set(_words(self.paths[other])))


def unlabelled(store: Store) -> pd.DataFrame:
    """The photos without a box of a person, in the order of their paths."""
    live = store.catalogue.live().sort_values("path")
    return live[~live["sha256"].isin(store.labels.live_boxes()["sha256"])]


def _words(path: str) -> list[str]:
    return Path(path).stem.split("-")[:-1]
