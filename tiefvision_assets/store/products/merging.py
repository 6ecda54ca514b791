"""A feed with the products beside it that were written through the API.

A product that was written counts as written, whole: the feed's row of that id does not count. Columns keep the types
that the feed gives them, so that one odd value that somebody writes takes no column away from the whole shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tiefvision_assets.store.products.columns import ColumnType, typed
from tiefvision_assets.store.products.feed import (
    MISSING,
    PREFIX,
    PRODUCT_ID,
    Feed,
    FeedColumn,
    Problem,
    feed_column,
    feed_of,
    missing_values,
)
from tiefvision_assets.store.products.rows import table_of
from tiefvision_assets.store.products.schema import FeedSchema
from tiefvision_assets.store.written.products import PHOTOS, WrittenProduct, type_of

SHOWN = "that the API wrote"


def with_written(feed: Feed | None, written: Sequence[WrittenProduct], schema: FeedSchema) -> Feed:
    """The feed, or nothing, with these products; ``schema`` is what was stated about the feed."""
    if not written:
        return feed or Feed(pa.table({PRODUCT_ID: _texts()}), np.empty(0, np.int64), _texts(), (), ())
    rows = _as_rows(written)
    names = set(rows.column_names)
    known = {column.name.removeprefix(PREFIX): column.type for column in feed.columns if column.example} if feed else {}
    types = {
        name: kind for name, kind in {**_of_several_kinds(written), **schema.columns, **known}.items() if name in names
    }
    stated = FeedSchema(PRODUCT_ID, PHOTOS, columns=types, left_out=schema.left_out & names)
    own = feed_of(rows, stated, SHOWN, textual=False)
    return _joined(feed, own) if feed else own


def _as_rows(written: Sequence[WrittenProduct]) -> pa.Table:
    names = list(dict.fromkeys(name for one in written for name in one.columns))
    columns: dict[str, list[Any]] = {
        PRODUCT_ID: [one.product_id for one in written],
        PHOTOS: [list(one.photos) for one in written],
    }
    return table_of(columns | {name: [one.columns.get(name) for one in written] for name in names})


def _of_several_kinds(written: Sequence[WrittenProduct]) -> dict[str, ColumnType]:
    """Types of columns of which some values were written as texts that fit the others: 60, and "60.5"."""
    kinds: dict[str, set[type]] = {}
    for one in written:
        for name, value in one.columns.items():
            if value is not None:
                kinds.setdefault(name, set()).add(float if type(value) is int else type(value))
    found: dict[str, ColumnType] = {}
    for name, of_column in kinds.items():
        others = of_column - {str}
        if str not in of_column or len(others) != 1:
            continue
        values = [value for one in written if (value := one.columns.get(name)) is not None]
        kind = type_of(next(value for value in values if not isinstance(value, str)))
        texts = pa.chunked_array([pa.array([value for value in values if isinstance(value, str)])])
        fitting = typed(texts, kind)
        if fitting is not None and not fitting.stranger_count:
            found[name] = kind
    return found


def _joined(feed: Feed, own: Feed) -> Feed:
    """The feed without the products that were written, followed by these."""
    kept = ~np.asarray(pc.is_in(feed.products[PRODUCT_ID], own.products[PRODUCT_ID]), dtype=bool)
    over = len(kept) - int(kept.sum())
    row = np.cumsum(kept) - 1
    named = kept[feed.owners]
    before = feed.products.filter(pa.array(kept))
    names = list(dict.fromkeys([*before.column_names, *own.products.column_names]))
    arrays = {name: _column(name, before, own.products) for name in names}
    types = {column.name: column.type for column in own.columns}
    types |= {column.name: column.type for column in feed.columns if column.example or column.name not in types}
    columns: list[FeedColumn] = []
    problems = [one for one in (*feed.problems, *own.problems) if one.kind != MISSING]
    for name in names[1:]:
        columns.append(feed_column(name, types[name], arrays[name]))
        problems += missing_values(name, arrays[name])
    if over:
        sentence = f"{over:,} products of the feed count as they were written through the API"
        problems.append(Problem("written", sentence))
    return Feed(
        pa.table(arrays),
        np.concatenate([row[feed.owners[named]], own.owners + len(before)]),
        pa.concat_arrays([feed.named.filter(pa.array(named)), own.named]),
        tuple(columns),
        tuple(problems),
    )


def _column(name: str, *tables: pa.Table) -> pa.Array:
    """A column of both, where whole numbers become others beside those, and one that is not there is missing."""
    kinds = [table[name].type for table in tables if name in table.column_names]
    given = [kind for kind in kinds if not pa.types.is_null(kind)]
    kind = (given or kinds)[0]
    if any(pa.types.is_floating(one) for one in given):
        kind = pa.float64()
    parts = [
        pc.cast(table[name].combine_chunks(), kind) if name in table.column_names else pa.nulls(len(table), kind)
        for table in tables
    ]
    flat = [part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part for part in parts]
    return pa.concat_arrays([part if isinstance(part, pa.Array) else pa.array([], kind) for part in flat])


def _texts() -> pa.Array:
    return pa.array([], pa.string())
