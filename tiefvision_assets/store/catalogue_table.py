"""The catalogue's table on disk: one Parquet file with a row group a batch, read by need and rewritten group by group.

Within a group rows are sorted by path. Files of before are sorted by path as a whole and have large groups; they are
read alike, and the next scan that changes anything writes the groups of batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.columns import order
from tiefvision_assets.store.schemas import CATALOGUE
from tiefvision_assets.store.sealed import read_parquet, verify, write_row_groups
from tiefvision_assets.store.stamp import FileStamp, stamp_of

Group = Callable[[], pa.Table]
"""Reads the rows of a batch that stay."""


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their columns' types, whatever they were built from."""
    return rows.astype({name: dtype for name, dtype in CATALOGUE.dtypes.items() if name in rows})


def among(column: str, values: Iterable[str]) -> pc.Expression:
    """Chooses the rows with one of the values in a column."""
    return pc.field(column).isin(pa.array(list(values), pa.string()))


def by_path(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, sorted by path and numbered anew."""
    return rows.iloc[order(rows, ["path", "image_id"])].reset_index(drop=True)


_SCHEMA = pa.Schema.from_pandas(typed(pd.DataFrame(columns=CATALOGUE.names)), preserve_index=False).remove_metadata()


class CatalogueTable:
    """The rows of all entries in one file; no rows where there is none."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def stamp(self) -> FileStamp | None:
        """What changes when the file does; None where there is no file."""
        return stamp_of(self.file)

    def read(self, columns: Sequence[str], chosen: pc.Expression | None = None) -> pd.DataFrame:
        """These columns of the chosen rows, or of all, in the file's order; raises `DamagedFile`.

        ``chosen`` is about columns that files of all versions have. Of groups whose statistics say that they hold no
        chosen row nothing is read.
        """
        names = list(columns)
        if self.stamp() is None:
            return typed(pd.DataFrame(columns=names))
        return typed(read_parquet(self.file, names, CATALOGUE.before, chosen)[names])

    def is_grouped(self) -> bool:
        """Whether its row groups are batches; those of files of before are not."""
        if self.stamp() is None:
            return False
        verify(self.file)
        return _places(pq.read_metadata(self.file)) is not None

    def rewrite(self, stays: np.ndarray, added: pd.DataFrame) -> None:
        """Write the table with those rows that stay, (N,) in the file's order, and with the added ones, atomically.

        Rows are read and written a group at a time, so that memory does not grow with the table.
        """
        write_row_groups(self.file, _SCHEMA, self._merged(stays, added))

    def _merged(self, stays: np.ndarray, added: pd.DataFrame) -> Iterator[pa.Table]:
        new = {str(batch): _as_stored(rows) for batch, rows in added.groupby("batch")}
        old = self._groups(stays)
        for batch in sorted({*old, *new}):
            rows = old[batch]() if batch in old else new[batch]
            if batch in old and batch in new:
                rows = pa.concat_tables([rows, new[batch]])
            if batch in new:
                rows = rows.sort_by([("path", "ascending"), ("image_id", "ascending")])
            if len(rows):
                yield rows

    def _groups(self, stays: np.ndarray) -> Mapping[str, Group]:
        """Batch → what reads those of its rows that stay."""
        if self.stamp() is None:
            return {}
        metadata = pq.read_metadata(hooks.near(self.file))
        places = _places(metadata) if set(CATALOGUE.names) <= set(metadata.schema.names) else None
        if places is None:
            rows = by_path(self.read(CATALOGUE.names)[stays])
            return {str(batch): partial(_as_stored, part) for batch, part in rows.groupby("batch")}

        def reader(number: int, start: int, stop: int) -> Group:
            def read() -> pa.Table:
                with pq.ParquetFile(hooks.near(self.file)) as opened:
                    rows = opened.read_row_group(number, CATALOGUE.names)
                return rows.filter(pa.array(stays[start:stop])).cast(_SCHEMA)

            return read

        return {batch: reader(*place) for batch, place in places.items()}


def _as_stored(rows: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(typed(rows)[CATALOGUE.names], _SCHEMA, preserve_index=False)


def _places(metadata: pq.FileMetaData) -> dict[str, tuple[int, int, int]] | None:
    """Batch → number of its group, and where that starts and stops; None where groups are not those of batches."""
    column = metadata.schema.names.index("batch")
    places: dict[str, tuple[int, int, int]] = {}
    start = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        known = group.column(column).statistics
        if known is None or not known.has_min_max or known.min != known.max:
            return None
        places[str(known.min)] = number, start, start + group.num_rows
        start += group.num_rows
    is_sorted = all(first < second for first, second in pairwise(places))
    return places if is_sorted and len(places) == metadata.num_row_groups else None
