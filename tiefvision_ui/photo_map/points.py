"""The photos on the map as the page and its routes have them: the same rows for both rankings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from tiefvision_assets.store.columns import positions as rows_of
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.index import RANKINGS, Ranking
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import services
from tiefvision_ui.search import indexed_photos


@dataclass(frozen=True)
class MapPoints:
    """One state of the maps: N photos, each content once, sorted by sha256."""

    key: str
    """Another one whenever photos or positions are others."""
    version: str
    """Of the unsupervised index."""
    photos: pd.DataFrame
    """(N) entries of the index: image_id, path, sha256, confidence, human, batch."""
    rows: np.ndarray
    """(N,) their rows in `indexed_photos.photos`."""
    positions: dict[Ranking, np.ndarray]
    """(N, 2) float32 between -1 and 1, of each ranking that has a map."""
    has_folders: bool
    """Whether the photos are in several folders."""
    missing: int
    """Photos of the index that are on no map yet."""


def map_points() -> MapPoints | None:
    """Those of now; None where nothing was mapped yet. Raises `NoIndex` where nothing is served."""
    version = indexed_photos.index_version()
    maps = services.store().maps
    stamps = tuple(maps.stamp(ranking) for ranking in RANKINGS)
    return _points(version, stamps) if stamps[0] is not None else None


@st.cache_resource(show_spinner=False, max_entries=2)
def _points(version: str, stamps: tuple[FileStamp | None, ...]) -> MapPoints:
    maps = services.store().maps
    entries = indexed_photos.photos(version)
    first = np.flatnonzero(~entries["sha256"].duplicated().to_numpy())
    first = first[np.argsort(entries["sha256"].to_numpy(dtype=object)[first])]
    contents = entries["sha256"].iloc[first].reset_index(drop=True)
    is_mapped = np.ones(len(first), dtype=bool)
    found: dict[Ranking, tuple[pd.DataFrame, np.ndarray]] = {}
    for ranking, stamp in zip(RANKINGS, stamps, strict=True):
        if stamp is not None:
            points = maps.read(ranking)
            row = rows_of(contents, points["sha256"])
            is_mapped &= row >= 0
            found[ranking] = points, row
    rows = first[is_mapped]
    positions = {
        ranking: _fitted(points[["x", "y"]].to_numpy(dtype=np.float32)[row[is_mapped]])
        for ranking, (points, row) in found.items()
    }
    key = fingerprint(version=version, stamps=[list(stamp or ()) for stamp in stamps])
    photos = entries.iloc[rows].reset_index(drop=True)
    has_folders = len({path.rpartition("/")[0] for path in photos["path"]}) > 1
    return MapPoints(key, version, photos, rows, positions, has_folders, int((~is_mapped).sum()))


def _fitted(positions: np.ndarray) -> np.ndarray:
    """Within ±0.95, both axes by the same factor."""
    if not len(positions):
        return positions
    low, high = positions.min(axis=0), positions.max(axis=0)
    fitted: np.ndarray = (positions - (low + high) / 2) * (1.9 / max(1e-6, float((high - low).max())))
    return fitted.astype(np.float32)
