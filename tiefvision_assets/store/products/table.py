"""The products as searching has them: one small Parquet file, which is replaced as a whole.

Prices and stock change while vectors do not, so nothing of this is in the index: a search joins the two.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.products.feed import PHOTO_PATHS, PRODUCT_ID, Feed, FeedColumn, Problem
from tiefvision_assets.store.products.photos import Matched
from tiefvision_assets.store.sealed import DamagedFile, read_table, write_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of

_RECORD = b"tiefvision_products"


@dataclass(frozen=True)
class ProductRecord:
    """What a table of products was made from, and what was odd about that."""

    feed: str
    """The feed's stamp, with its source."""
    photos: str
    """Version of the catalogue in which the photos were looked up."""
    before: int
    """Products in the table before."""
    columns: tuple[FeedColumn, ...] = ()
    problems: tuple[Problem, ...] = ()
    written: str = ""
    """Version of the products that were written through the API, among them."""


class Products:
    """One state of the products."""

    def __init__(self, table: pa.Table, record: ProductRecord) -> None:
        self.table = table
        self.record = record
        self._encoded: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return len(self.table)

    @property
    def names(self) -> list[str]:
        """The feed's columns, as conditions name them; the product's id is the first of them."""
        return [name for name in self.table.column_names if name != PHOTO_PATHS]

    @property
    def photos(self) -> int:
        """Photos of the catalogue that show a product."""
        return len(pc.list_flatten(self.table[PHOTO_PATHS]))

    @cached_property
    def with_two_photos(self) -> int:
        """Products that two or more photos of the catalogue show."""
        return int(pc.sum(pc.greater(pc.list_value_length(self.table[PHOTO_PATHS]), 1)).as_py() or 0)

    @cached_property
    def ids(self) -> list[str]:
        """The products' ids, row by row."""
        found: list[str] = self.table[PRODUCT_ID].to_pylist()
        return found

    @cached_property
    def rows(self) -> dict[str, int]:
        """product_id → row."""
        return {product_id: row for row, product_id in enumerate(self.ids)}

    @cached_property
    def padded(self) -> pa.Table:
        """The columns, and one more row without any value, for photos of no product."""
        columns = {name: _whole(self.table[name]) for name in self.names}
        return pa.table({name: pa.concat_arrays([all, pa.nulls(1, all.type)]) for name, all in columns.items()})

    def encoded(self, name: str) -> pa.Array:
        """A column of `padded`, texts and truths by a dictionary, made once: so they are counted faster."""
        if name not in self._encoded:
            values = _whole(self.padded[name])
            is_few = pa.types.is_string(values.type) or pa.types.is_boolean(values.type)
            self._encoded[name] = pc.dictionary_encode(values) if is_few else values
        return self._encoded[name]

    def rows_of(self, paths: pd.Series | Sequence[str]) -> np.ndarray:
        """(N,) row of the product that each photo shows; the number of products for photos of none."""
        lists = _whole(self.table[PHOTO_PATHS])
        found = pc.index_in(pa.array(paths, pa.string()), value_set=pc.list_flatten(lists))
        owners = np.append(np.asarray(pc.list_parent_indices(lists), dtype=np.int64), len(self))
        return owners[np.asarray(pc.fill_null(found, -1), dtype=np.int64)]

    def version_of(self, names: Sequence[str]) -> str:
        """Hash of these columns; it is the same whenever they hold the same."""
        return table_version(self.table.select(list(names)))

    def values(self, row: int) -> dict[str, Any]:
        """The columns of one product that have a value, as JSON has them."""
        found = {name: self.table[name][row].as_py() for name in self.names}
        return {name: _shown(value) for name, value in found.items() if value is not None}


class ProductTable:
    """The file of the products of one data folder; there is none where there is no feed."""

    def __init__(self, layout: Layout) -> None:
        self._file = layout.products
        self._known: tuple[FileStamp, Products] | None = None
        self._reading = Lock()

    def stamp(self) -> FileStamp | None:
        """The file's stamp; None before the first feed was read."""
        return stamp_of(self._file)

    def read(self) -> Products | None:
        """The products now; None before the first feed was read. Read once, until the file changes."""
        stamp = self.stamp()
        if stamp is None:
            return None
        with self._reading:
            if self._known is None or self._known[0] != stamp:
                self._known = stamp, self._read()
            return self._known[1]

    def intact(self) -> Products | None:
        """As `read`, but None where the file is damaged, too: for whoever replaces it, or can do without."""
        try:
            return self.read()
        except DamagedFile as error:
            logging.getLogger(__name__).warning("%s", error)
            return None

    def _read(self) -> Products:
        table = read_table(self._file)
        try:
            document = json.loads((table.schema.metadata or {})[_RECORD])
            columns = tuple(FeedColumn(**column) for column in document.pop("columns"))
            problems = tuple(
                Problem(**{**problem, "examples": tuple(problem["examples"])}) for problem in document.pop("problems")
            )
            record = ProductRecord(**document, columns=columns, problems=problems)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFile(self._file, "it does not say what it was made from") from error
        return Products(table.replace_schema_metadata(None), record)

    def write(self, feed: Feed, found: Matched, record: ProductRecord) -> Products:
        """Replace the products by those of the feed with the photos found."""
        lists = pa.array(found.photos, pa.list_(pa.string()))
        table = feed.products.append_column(PHOTO_PATHS, lists)
        noted = table.replace_schema_metadata({_RECORD: json.dumps(asdict(record), ensure_ascii=False).encode()})
        write_parquet(self._file, noted)
        return Products(table, record)


def table_version(table: pa.Table) -> str:
    """16 hexadecimal digits of what a table holds. As Parquet, where what lies behind missing values does not count."""
    written = pa.BufferOutputStream()
    pq.write_table(table.combine_chunks().replace_schema_metadata(None), written, compression="none")
    return hashlib.sha256(written.getvalue()).hexdigest()[:16]


def table_version_of_frame(frame: pd.DataFrame) -> str:
    """The same of a frame without its index."""
    return table_version(pa.Table.from_pandas(frame, preserve_index=False))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.array([], column.type)


def _shown(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
