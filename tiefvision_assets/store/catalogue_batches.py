"""The immutable batches of contents: which there are, and where new contents belong."""

from __future__ import annotations

import hashlib

import pandas as pd

from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.scanning import LIVE
from tiefvision_assets.store.schemas import BATCH
from tiefvision_assets.store.sealed import read_parquet, write_parquet


class Batches:
    """The files of one data folder's batches."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def keys(self) -> list[str]:
        """Keys of all batches, oldest first."""
        return sorted(file.stem for file in self._layout.batches.glob("b*.parquet"))

    def restore(self, key: str, rows: pd.DataFrame) -> None:
        """Write a lost batch anew, with those of its contents that the catalogue still knows."""
        write_parquet(self._layout.batch(key), rows.drop_duplicates("sha256")[BATCH.names].reset_index(drop=True))

    def assign(self, rows: pd.DataFrame, size: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """The rows, sorted by path, with the batches of their contents; and the keys of those that are new.

        Contents that were in the catalogue at any time go back to their batch; the others form new ones, of at most
        ``size`` contents, in the order of the rows.
        """
        live = (rows["status"] == LIVE).to_numpy(dtype=bool)
        if not live.any():
            return rows, ()
        contents = rows.loc[live, ["sha256", "width", "height"]].drop_duplicates("sha256").reset_index(drop=True)
        keys = self.keys()
        homes = self._homes(keys, contents["sha256"])
        new = contents[homes == ""]
        added = []
        for number, start in enumerate(range(0, len(new), size), start=len(keys)):
            part = new.iloc[start : start + size]
            hashed = hashlib.sha256("".join(part["sha256"]).encode()).hexdigest()[:8]
            key = f"b{number:06d}-{hashed}"
            write_parquet(self._layout.batch(key), part[BATCH.names].reset_index(drop=True))
            homes[part.index] = key
            added.append(key)
        batch = rows["batch"].to_numpy(dtype=object, copy=True)
        batch[live] = homes.to_numpy(dtype=object)[positions(rows.loc[live, "sha256"], contents["sha256"])]
        return rows.assign(batch=pd.Series(batch, index=rows.index, dtype="str")), tuple(added)

    def _homes(self, keys: list[str], contents: pd.Series) -> pd.Series:
        """The key of the batch that holds each content; empty where none does. One batch is in memory at a time."""
        homes = pd.Series("", index=contents.index, dtype="object")
        for key in keys:
            held = read_parquet(self._layout.batch(key), ["sha256"])["sha256"]
            homes[is_among(contents, held)] = key
        return homes
