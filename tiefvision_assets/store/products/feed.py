"""A feed as a whole: its products with typed columns, the photos that it names, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.products.columns import ColumnType, Typed, typed
from tiefvision_assets.store.products.lookalikes import lookalike
from tiefvision_assets.store.products.rows import is_of_several_kinds, rows_of
from tiefvision_assets.store.products.schema import FeedSchema, schema_of
from tiefvision_assets.store.products.source import BadFeed, FeedSource
from tiefvision_assets.store.schemas import INDEX_ENTRIES

PRODUCT_ID, PHOTO_PATHS = "product_id", "photo_paths"
PREFIX = "product."
"""In front of the names of columns that photos have as well."""
MISSING = "missing values"
SHOWN = 3
_TAKEN = {name.lower() for name in (*INDEX_ENTRIES.names, *FLAWS)}


@dataclass(frozen=True)
class Problem:
    """Something odd about a feed; the feed is taken all the same."""

    kind: str
    """``unknown photos``, ``photos of two products``, ``mixed types``, ``missing values``, ``no product`` …"""
    sentence: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeedColumn:
    """A column of the products."""

    name: str
    """As conditions name it."""
    type: ColumnType
    missing: int
    """Products without a value."""
    example: str = ""


@dataclass(frozen=True)
class Feed:
    """What a feed says."""

    products: pa.Table
    """One row a product, in the order of the feed: ``product_id`` and the columns."""
    owners: np.ndarray
    """(M,) row of the product of each photo that the feed names."""
    named: pa.Array
    """(M,) paths below the raw folder, or patterns of paths."""
    columns: tuple[FeedColumn, ...]
    problems: tuple[Problem, ...]


def read_feed(source: FeedSource) -> Feed:
    """Read, type and check a feed; `BadFeed` where it cannot be read, or names no products."""
    return feed_of(rows_of(source), schema_of(source), source.shown, textual=source.format == "csv")


def feed_of(rows: pa.Table, schema: FeedSchema, shown: str, textual: bool) -> Feed:
    """The feed that these rows are; ``shown`` is what messages call it, ``textual`` as for `typed`."""
    names = [str(name) for name in rows.column_names]
    id_column = schema.id_column(names)
    missing = [name for name in (id_column or "product_id", schema.path) if name and name not in names]
    if missing:
        raise BadFeed(
            f"The feed of products {shown} has no column {missing[0]}; it has {', '.join(names) or 'none'}. "
            "Name the columns in its schema file."
        )
    assert id_column is not None
    ids, rows, without = _with_ids(rows, id_column, schema)
    if not len(ids):  # an export that broke off, rather than a shop that sells nothing
        raise BadFeed(f"The feed of products {shown} names no product; nothing of it was taken.")
    unique, first, owner = np.unique(ids, return_index=True, return_inverse=True)
    place = np.empty(len(unique), np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(len(unique))
    owner = place[owner]
    first = np.sort(first)
    path_column = schema.path_column(names)
    owners, named = _named(rows, owner, path_column, schema)
    products, columns, problems = _columns(rows, first, owner, {id_column, path_column}, schema, textual)
    table = pa.table({PRODUCT_ID: pa.array(ids[first].tolist(), pa.string()), **products})
    if without:
        sentence = f"rows without {id_column} are left out: {without:,}"
        problems.insert(0, Problem("no product", sentence))
    return Feed(table, owners, named, columns, tuple(problems))


def _with_ids(rows: pa.Table, column: str, schema: FeedSchema) -> tuple[np.ndarray, pa.Table, int]:
    """(N,) the ids of the rows that have one, these rows, and how many have none."""
    found = typed(rows[column], "text", schema.separator)
    if found is None:
        raise BadFeed(f"The column {column} of the feed of products holds no texts or numbers; see its schema file.")
    given = pc.is_valid(found.values)
    ids = np.asarray(found.values.filter(given).to_pylist(), dtype=str)
    return ids, rows.filter(given), len(found.values) - len(ids)


def _named(rows: pa.Table, owner: np.ndarray, column: str | None, schema: FeedSchema) -> tuple[np.ndarray, pa.Array]:
    """The product's row of each photo, and the photo as the feed has it; each once a product."""
    if schema.photos:
        products = np.unique(owner)
        return products, pa.array([schema.photos] * len(products), pa.string())
    found = typed(rows[column], "list", schema.separator) if column else None
    if found is None or pa.types.is_null(found.values.type):
        return np.empty(0, np.int64), pa.array([], pa.string())
    paths = pc.list_flatten(found.values)
    owners = owner[np.asarray(pc.list_parent_indices(found.values))]
    pairs = pd.DataFrame({"owner": owners, "path": _normal(paths).to_pandas()}).drop_duplicates()
    return pairs["owner"].to_numpy(), pa.array(pairs["path"], pa.string())


def _normal(paths: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.replace_substring(paths, "\\", "/"), r"^(\./|/)+", "")


def _columns(
    rows: pa.Table,
    first: np.ndarray,
    owner: np.ndarray,
    others: set[str | None],
    schema: FeedSchema,
    textual: bool,
) -> tuple[dict[str, pa.Array], tuple[FeedColumn, ...], list[Problem]]:
    """The products' columns, from the first row of each, and what is odd about them."""
    arrays: dict[str, pa.Array] = {}
    columns: list[FeedColumn] = []
    problems: list[Problem] = []
    for name in rows.column_names:
        if name in others or name in schema.left_out:
            continue
        searched = PREFIX + name if name.lower() in _TAKEN | {PRODUCT_ID, PHOTO_PATHS} else name
        as_texts = textual or is_of_several_kinds(rows, name)
        found = typed(rows[name], schema.columns.get(name), schema.separator, as_texts)
        if found is None or not name or searched.lower() in {known.lower() for known in arrays}:
            reason = "holds values of no type that is known" if found is None else "has no name of its own"
            problems.append(Problem("left out", f"the column {name!r} {reason}, and is left out"))
            continue
        if searched != name:
            problems.append(Problem("renamed", f"{name} is searched as {searched}: photos have a column {name}"))
        values = found.values.take(pa.array(first))
        arrays[searched] = values
        columns.append(feed_column(searched, found.type, values))
        problems += _oddities(name, found, values, owner)
        if is_of_several_kinds(rows, name) and found.type == "text" and not found.almost:
            sentence = f"{name} holds texts beside values of other kinds, so it is a text"
            problems.append(Problem("mixed types", sentence))
    unknown = sorted((set(schema.columns) | schema.left_out) - set(rows.column_names))
    problems += [
        Problem("unknown column", f"the schema names a column {name!r}, which is not there") for name in unknown
    ]
    return arrays, tuple(columns), problems


def _oddities(name: str, found: Typed, values: pa.Array, owner: np.ndarray) -> Iterator[Problem]:
    count, total = found.stranger_count, len(found.values) - found.values.null_count
    if found.almost:
        sentence = (
            f"{total - count:,} of {total:,} values of {name} are of the type {found.almost}, but not all, so it is a "
            f"text; correct them, or state the type in the schema, and they count as missing"
        )
        yield Problem("mixed types", sentence, found.strangers)
    elif count:
        sentence = f"{count:,} values of {name} are not of the stated type {found.type}, and count as missing"
        yield Problem("mixed types", sentence, found.strangers)
    elif found.type == "text" and (looks_like := lookalike(found.values)):
        examples = pc.unique(pc.drop_null(found.values)).to_pylist()[:SHOWN]
        yield Problem("lookalikes", f"{name} holds {looks_like}", tuple(examples))
    yield from missing_values(name, values)
    differing = _differing(found.values, values, owner)
    if differing:
        sentence = f"{name} differs between the rows of {differing:,} products; that of the first row counts"
        yield Problem("differing rows", sentence)


def missing_values(name: str, values: pa.Array) -> Iterator[Problem]:
    """That some products have no value of a column, if so."""
    if values.null_count and len(values):
        share = values.null_count / len(values)
        sentence = f"{name} is missing for {values.null_count:,} of {len(values):,} products ({share:.1%})"
        yield Problem(MISSING, sentence)


def feed_column(name: str, kind: ColumnType, values: pa.Array) -> FeedColumn:
    """What is told about a column with these values."""
    given = values.drop_null()
    return FeedColumn(name, kind, values.null_count, str(given[0].as_py()) if len(given) else "")


def _differing(of_rows: pa.Array, of_products: pa.Array, owner: np.ndarray) -> int:
    """Products of whose rows some have another value than the first one."""
    if len(of_rows) == len(of_products) or pa.types.is_null(of_rows.type):
        return 0
    ours = of_products.take(pa.array(owner))
    if pa.types.is_list(of_rows.type):
        of_rows, ours = (pc.binary_join(column, "\x1f") for column in (of_rows, ours))
    differs = pc.fill_null(pc.not_equal(of_rows, ours), False)
    return len(np.unique(owner[np.asarray(differs, dtype=bool)]))
