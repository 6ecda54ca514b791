"""What is unusual about photos as such, measured and judged: one row a content, in one sealed file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tiefvision_assets.store.cache import CachedTables
from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.schemas import QUALITY
from tiefvision_assets.store.sealed import write_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of


class Quality:
    """The table of one data folder; it is made on demand, and may not be there."""

    def __init__(self, layout: Layout) -> None:
        self._file = layout.quality
        self._rows = CachedTables(QUALITY.names)

    def stamp(self) -> FileStamp | None:
        """The file's stamp; None before the first time."""
        return stamp_of(self._file)

    def read(self) -> pd.DataFrame:
        """The rows; none before the first time."""
        return self._rows.read(self._file)

    def write(self, rows: pd.DataFrame) -> None:
        """Replace the rows."""
        write_parquet(self._file, rows[QUALITY.names].astype(QUALITY.dtypes))

    def flaws_of(self, contents: pd.Series) -> dict[str, np.ndarray]:
        """Column → (N,) whether each of these contents has the flaw; false where it was not measured.

        No columns before the first time.
        """
        if self.stamp() is None:
            return {}
        rows = self.read()
        row = positions(contents, rows["sha256"])
        return {flaw: (row >= 0) & np.append(rows[flaw].to_numpy(dtype=bool), False)[row] for flaw in FLAWS}
