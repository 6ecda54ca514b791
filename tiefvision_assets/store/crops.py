"""Crop datasets on disk: the views of labelled photos, and the dense map of each view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import safe_open

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.records import CropDatasetInputs, read, written
from tiefvision_assets.store.sealed import (
    is_whole,
    read_json,
    read_parquet,
    save_tensors,
    verify,
    write_json,
    write_parquet,
)

STORED_SCALE = "level"
"""Name of the column ``scale`` in the files."""


class Crops:
    """The crop datasets of one data folder, each stored under the fingerprint of its inputs."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def write_views(self, fingerprint: str, views: pd.DataFrame, inputs: CropDatasetInputs) -> None:
        """Write the table of views (one row a photo, cut, mirroring and scale) and make the dataset the current one."""
        if not is_whole(self._layout.views(fingerprint)):
            write_parquet(self._layout.views(fingerprint), views.rename(columns={"scale": STORED_SCALE}))
        write_json(self._layout.current_crops, {"fingerprint": fingerprint, "inputs": written(inputs)})

    def current(self) -> tuple[str, CropDatasetInputs] | None:
        """Fingerprint and inputs of the newest dataset; None before the first."""
        if not self._layout.current_crops.exists():
            return None
        document = read_json(self._layout.current_crops, "fingerprint", "inputs")
        return document["fingerprint"], read(CropDatasetInputs, document["inputs"])

    def views(self, fingerprint: str) -> pd.DataFrame:
        """The table of views."""
        return read_parquet(self._layout.views(fingerprint)).rename(columns={STORED_SCALE: "scale"})

    def has_maps(self, fingerprint: str) -> bool:
        """Whether the dense maps of these crop encodings are there, undamaged."""
        return is_whole(self._maps(fingerprint))

    def write_maps(self, fingerprint: str, maps: Mapping[int, np.ndarray]) -> None:
        """Write the map (K, h, w) of each view, by the view's row number."""
        save_tensors(self._maps(fingerprint), {str(view): cells for view, cells in maps.items()})

    def shapes(self, fingerprint: str) -> dict[int, tuple[int, int]]:
        """View → (rows, columns) of its map; views of unreadable photos are left out."""
        verify(self._maps(fingerprint))
        with safe_open(self._maps(fingerprint), framework="numpy") as file:
            return {int(view): tuple(file.get_slice(view).get_shape()[-2:]) for view in file.keys()}  # noqa: SIM118

    def encoded(self, fingerprint: str, views: pd.DataFrame) -> pd.DataFrame:
        """The views that have a map."""
        return views[views["view"].isin(list(self.shapes(fingerprint)))].reset_index(drop=True)

    def maps(self, fingerprint: str, views: list[int]) -> Iterator[np.ndarray]:
        """The maps of these views, in their order."""
        verify(self._maps(fingerprint))
        with safe_open(self._maps(fingerprint), framework="numpy") as file:
            for view in views:
                yield file.get_tensor(str(view))

    def _maps(self, fingerprint: str) -> Path:
        return self._layout.crops(fingerprint) / "maps.safetensors"
