"""Triplet datasets on disk."""

from __future__ import annotations

import pandas as pd

from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.records import TripletDatasetInputs, read, written
from tiefvision_assets.store.schemas import GROUP_COLUMNS
from tiefvision_assets.store.sealed import is_whole, read_json, read_parquet, write_json, write_parquet


class TripletSets:
    """The triplet datasets of one data folder, each under the fingerprint of its rows."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def write(self, fingerprint: str, triplets: pd.DataFrame, inputs: TripletDatasetInputs) -> None:
        """Write a dataset, and make it the current one."""
        if not is_whole(self._layout.triplets(fingerprint)):
            write_parquet(self._layout.triplets(fingerprint), triplets)
        write_json(self._layout.current_triplets, {"fingerprint": fingerprint, "inputs": written(inputs)})

    def current(self) -> tuple[str, TripletDatasetInputs] | None:
        """Fingerprint and inputs of the newest dataset; None before the first."""
        if not self._layout.current_triplets.exists():
            return None
        document = read_json(self._layout.current_triplets, "fingerprint", "inputs")
        return document["fingerprint"], read(TripletDatasetInputs, document["inputs"])

    def read(self, fingerprint: str) -> pd.DataFrame:
        """The triplets: reference, positive, negative, source, split, fold, flag, weight, and the groups of their
        photos.

        In datasets of versions that knew no groups each photo is one of its own; where there were no weights all are 1.
        """
        rows = read_parquet(self._layout.triplets(fingerprint))
        if GROUP_COLUMNS[0] not in rows:
            groups = pd.factorize(rows[TRIPLET_COLUMNS].to_numpy().ravel())[0].reshape(-1, len(GROUP_COLUMNS))
            rows[GROUP_COLUMNS] = groups
        return rows if "weight" in rows else rows.assign(weight=1.0)
