"""Parquet tables cached in memory until their file changes: the plan reads the same tables again and again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tiefvision_assets.store.sealed import read_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of


class CachedTables:
    """Caches some columns of Parquet files, those of one folder at a time.

    ``before`` names columns that files of before lack, with the value that their rows then have.
    """

    def __init__(self, columns: list[str], before: Mapping[str, str | int] | None = None) -> None:
        self._columns = columns
        self._before = before
        self._folder = Path()
        self._known: dict[Path, tuple[FileStamp, pd.DataFrame]] = {}

    def read(self, file: Path) -> pd.DataFrame:
        """The rows of one file; no rows where the file does not exist."""
        if file.parent != self._folder:
            self._folder = file.parent
            self._known.clear()
        stamp = stamp_of(file)
        if stamp is None:
            self._known.pop(file, None)
            return pd.DataFrame(columns=self._columns)
        known = self._known.get(file)
        if known is None or known[0] != stamp:
            known = self._known[file] = stamp, read_parquet(file, self._columns, self._before)
        return known[1].copy(deep=False)

    def read_all(self, files: list[Path]) -> pd.DataFrame:
        """The rows of these files, one after the other."""
        frames = [self.read(file) for file in files]
        filled = [frame for frame in frames if len(frame)] or frames[:1] or [pd.DataFrame(columns=self._columns)]
        return pd.concat(filled, ignore_index=True)
