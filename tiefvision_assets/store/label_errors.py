"""Labels that are likely wrong, by models that never saw them: one row a label, in one sealed file."""

from __future__ import annotations

import pandas as pd

from tiefvision_assets.store.cache import CachedTables
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.schemas import LABEL_ERRORS
from tiefvision_assets.store.sealed import write_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of


class LabelErrors:
    """The table of one data folder, the most likely wrong first; it is made on demand, and may not be there."""

    def __init__(self, layout: Layout) -> None:
        self._file = layout.label_errors
        self._rows = CachedTables(LABEL_ERRORS.names)

    def stamp(self) -> FileStamp | None:
        """The file's stamp; None before the first time."""
        return stamp_of(self._file)

    def read(self) -> pd.DataFrame:
        """The rows; none before the first time."""
        return self._rows.read(self._file)

    def write(self, rows: pd.DataFrame) -> None:
        """Replace the rows."""
        ordered = rows.sort_values(["likelihood", "sha256"], ascending=[False, True], ignore_index=True)
        write_parquet(self._file, ordered[LABEL_ERRORS.names].astype(LABEL_ERRORS.dtypes))
