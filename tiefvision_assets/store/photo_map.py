"""The maps of the catalogue on disk: for each ranking where every photo lies on a plane, and the anchors of the layout.

Both files are sealed. The anchors of a layout are written once, before the points that name it, and removed when no
points name it any more: a reader who comes in between finds either map whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from tiefvision_assets.store.cache import CachedTables
from tiefvision_assets.store.index_version import Ranking
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.schemas import MAP_ANCHORS, MAP_POINTS
from tiefvision_assets.store.sealed import read_table, write_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of


@dataclass(frozen=True)
class Anchors:
    """The photos that were laid out together, with the vectors by which others are placed among them."""

    contents: tuple[str, ...]
    vectors: np.ndarray
    """(A, D) float16 of unit length."""
    positions: np.ndarray
    """(A, 2) float32."""


class PhotoMaps:
    """The maps of one data folder; they are made on demand, and may not be there."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._points = CachedTables(MAP_POINTS.names)

    def stamp(self, ranking: Ranking) -> FileStamp | None:
        """The stamp of that ranking's map; None where there is none."""
        return stamp_of(self._layout.photo_map(ranking))

    def read(self, ranking: Ranking) -> pd.DataFrame:
        """A row a content, sorted by sha256: `MAP_POINTS`. No rows before the first time."""
        return self._points.read(self._layout.photo_map(ranking))

    def anchors(self, layout: str) -> Anchors | None:
        """The anchors of that layout; None where they are gone."""
        file = self._layout.map_anchors(layout)
        if not file.exists():
            return None
        table = read_table(file).combine_chunks()
        vectors = table["vector"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
        positions = np.stack([table[axis].to_numpy() for axis in ("x", "y")], axis=1)
        return Anchors(tuple(table["sha256"].to_pylist()), vectors, positions)

    def write(self, ranking: Ranking, points: pd.DataFrame, layout: str, anchors: Anchors) -> None:
        """Replace that ranking's map; only one process at a time may do so."""
        file = self._layout.map_anchors(layout)
        if not file.exists():
            vectors = np.asarray(anchors.vectors, dtype=np.float16)
            flat = pa.array(vectors.ravel())
            x, y = np.asarray(anchors.positions, dtype=np.float32).T
            columns = [list(anchors.contents), x, y, pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])]
            write_parquet(file, pa.table(dict(zip(MAP_ANCHORS.names, columns, strict=True))))
        points = points.assign(layout=layout)
        write_parquet(self._layout.photo_map(ranking), points[MAP_POINTS.names].astype(MAP_POINTS.dtypes))

    def remove(self, ranking: Ranking) -> None:
        """Forget that ranking's map: there is nothing that it would be the map of."""
        self._layout.photo_map(ranking).unlink(missing_ok=True)

    def clean(self, used: set[str]) -> None:
        """Remove the anchors of all layouts but those ``used``."""
        pattern = self._layout.map_anchors("*")
        kept = {self._layout.map_anchors(layout) for layout in used}
        for file in set(pattern.parent.glob(pattern.name)) - kept:
            file.unlink(missing_ok=True)
