"""What was read of one state of the catalogue's table: each part when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import pyarrow.compute as pc

from tiefvision_assets.store.catalogue_table import CatalogueTable, by_path
from tiefvision_assets.store.columns import digest
from tiefvision_assets.store.scanning import LIVE
from tiefvision_assets.store.schemas import CATALOGUE
from tiefvision_assets.store.stamp import FileStamp

BRIEF = ["sha256", "path", "width", "height", "batch", "profile"]
"""What is wanted of contents that are located and encoded."""
IS_LIVE = pc.field("status") == LIVE


@dataclass(frozen=True)
class Known:
    """What was read of one state of the table."""

    table: CatalogueTable
    stamp: FileStamp | None

    def live(self, columns: Sequence[str]) -> pd.DataFrame:
        """Columns of the live entries, sorted by path."""
        if "all_live" in self.__dict__:
            return self.all_live[list(columns)]
        names = list(dict.fromkeys([*columns, "path", "image_id"]))
        return by_path(self.table.read(names, IS_LIVE))[list(columns)]

    @property
    def has_contents(self) -> bool:
        """Whether the contents of all batches were read."""
        return "brief" in self.__dict__

    @cached_property
    def all(self) -> pd.DataFrame:
        """All entries, sorted by path."""
        return by_path(self.table.read(CATALOGUE.names))

    @cached_property
    def all_live(self) -> pd.DataFrame:
        """The live ones among them."""
        is_live = self.all["status"] == LIVE
        return self.all if is_live.all() else self.all[is_live].reset_index(drop=True)

    @cached_property
    def contents(self) -> pd.DataFrame:
        """One row a live content, by content."""
        return contents_among(self.all_live)

    @cached_property
    def brief(self) -> pd.DataFrame:
        """The `BRIEF` of all contents."""
        return self.contents[BRIEF] if "contents" in self.__dict__ else contents_among(self.live(BRIEF))

    @cached_property
    def is_grouped(self) -> bool:
        """Whether some batches can be read without the others."""
        return self.table.is_grouped()

    @cached_property
    def photos(self) -> int:
        """The number of live entries."""
        return int((self.table.read(["status"])["status"] == LIVE).sum())

    @cached_property
    def batches(self) -> set[str]:
        """Keys of the batches that hold entries."""
        return set(self.table.read(["batch"])["batch"].unique()) - {""}

    @cached_property
    def content_of(self) -> pd.Series:
        """Path → sha256 of the live entries."""
        return self.live(["path", "sha256"]).set_index("path")["sha256"]

    @cached_property
    def version(self) -> str:
        """Hash of the live entries with their contents."""
        entries = self.live(["image_id", "sha256"])
        return digest(entries.sort_values("image_id"), ["image_id", "sha256"])


def contents_among(live: pd.DataFrame) -> pd.DataFrame:
    """The first of the entries of each content, by content; they are sorted by path, and stay so among equal ones."""
    return live.sort_values("sha256", kind="stable").drop_duplicates("sha256").reset_index(drop=True)
