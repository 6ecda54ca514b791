"""Snapshots of the live labels of one kind, which the assets read: labels saved during a run do not affect it."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.schemas import BOX_LABELS, TRIPLET_LABELS, Table
from tiefvision_assets.store.sealed import is_whole, read_json, read_parquet, write_json, write_parquet

Kind = Literal["boxes", "triplets"]
TABLES: dict[Kind, Table] = {"boxes": BOX_LABELS, "triplets": TRIPLET_LABELS}


class Snapshots:
    """The snapshots of one data folder, each stored under its version, a hash of its labels."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def write(self, kind: Kind, version: str, labels: pd.DataFrame) -> None:
        """Store the labels under their version, and make it the current one."""
        target, table = self._layout.snapshot(kind, version), TABLES[kind]
        if not is_whole(target):
            labels = labels.assign(**{name: value for name, value in table.before.items() if name not in labels})
            write_parquet(target, labels[table.names])
        write_json(self._layout.current_snapshot(kind), {"version": version, "labels": len(labels)})

    def current(self, kind: Kind) -> str | None:
        """Version of the newest snapshot; None before the first, and where it is gone."""
        pointer = self._layout.current_snapshot(kind)
        if not pointer.exists():
            return None
        version: str = read_json(pointer, "version")["version"]
        return version if self.exists(kind, version) else None

    def exists(self, kind: Kind, version: str) -> bool:
        """Whether the labels of that version are there."""
        return self._layout.snapshot(kind, version).exists()

    def read_learned(self, kind: Kind, version: str | None) -> pd.DataFrame:
        """The labels of that version from which something is learned; no rows for None."""
        labels = self.read(kind, version)
        return labels[~labels["excluded"].astype(bool)].reset_index(drop=True) if kind == "boxes" else labels

    def read(self, kind: Kind, version: str | None) -> pd.DataFrame:
        """The labels of that version; no rows for None."""
        if version is None:
            return pd.DataFrame(columns=TABLES[kind].names)
        return read_parquet(self._layout.snapshot(kind, version), before=TABLES[kind].before)
