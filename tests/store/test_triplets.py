"""Triplet datasets on disk, and those that versions wrote which knew no groups of photos."""

from __future__ import annotations

import pandas as pd

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.records import TripletDatasetInputs
from tiefvision_assets.store.schemas import GROUP_COLUMNS
from tiefvision_assets.store.store import Store


def test_in_a_dataset_of_before_each_photo_is_a_group_and_all_triplets_count_alike(tmp_path):
    store = Store(Settings(data=tmp_path))
    rows = pd.DataFrame([("a", "b", "c"), ("c", "a", "d"), ("e", "f", "g")], columns=TRIPLET_COLUMNS)
    store.triplets.write("before", rows.assign(source="label"), TripletDatasetInputs("labels", {}, "embedding"))
    found = store.triplets.read("before")
    photos, groups = found[TRIPLET_COLUMNS].to_numpy().ravel(), found[GROUP_COLUMNS].to_numpy().ravel()
    assert set(found["weight"]) == {1.0}
    assert len(set(zip(photos, groups, strict=True))) == len(set(photos)) == len(set(groups)) == 7
