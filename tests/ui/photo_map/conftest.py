"""A small catalogue with maps of both rankings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.photo_map import Anchors
from tiefvision_assets.store.store import Store


def put_on_maps(store: Store, *rankings: Ranking) -> None:
    """Every photo of the catalogue on a map, in a row for each folder; no layout is computed."""
    contents = store.catalogue.contents().sort_values("sha256")
    for turn, ranking in enumerate(rankings):
        x = np.arange(len(contents), dtype=np.float32)
        y = contents["path"].str.startswith("red").to_numpy(dtype=np.float32) * (20 if turn == 0 else -20)
        points = pd.DataFrame({"sha256": contents["sha256"], "x": x, "y": y, "vector": "hash"})
        nobody = Anchors((), np.zeros((0, 2), np.float16), np.zeros((0, 2), np.float32))
        store.maps.write(ranking, points, f"layout-{ranking}", nobody)


@pytest.fixture
def mapped(store: Store) -> Store:
    """The store, with maps."""
    store.served.promote(replace(store.served.read().next, ranking_head="head"))
    put_on_maps(store, "unsupervised", "supervised")
    return store
