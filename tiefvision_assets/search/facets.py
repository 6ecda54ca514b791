"""Facets: how many of the hits that a condition leaves have which value; numbers and dates are counted in ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tiefvision_assets.search.products import EntryColumns
from tiefvision_assets.search.request import BadRequest

SHOWN = 30
"""Values of a text that are listed, the most frequent ones."""
_RANGES = 5
_YEARS = 3


@dataclass(frozen=True)
class Count:
    """How many have a value, or one from ``at_least`` up to, and without, ``below``."""

    count: int
    value: str | bool | None = None
    at_least: float | str | None = None
    below: float | str | None = None

    def as_document(self) -> dict[str, Any]:
        """As the command line and the API print it."""
        if self.value is not None:
            return {"value": self.value, "count": self.count}
        return {"from": self.at_least, "to": self.below, "count": self.count}


@dataclass(frozen=True)
class Facet:
    """The counts of one column."""

    column: str
    counts: tuple[Count, ...]
    others: int = 0
    """Of values that are not listed, since there are too many."""
    missing: int = 0
    """Of those without a value."""

    def as_document(self) -> dict[str, Any]:
        """As the command line and the API print it."""
        counts = [count.as_document() for count in self.counts]
        return {"column": self.column, "counts": counts, "others": self.others, "missing": self.missing}


def facets(columns: EntryColumns, names: Sequence[str], left: np.ndarray, by_product: bool) -> tuple[Facet, ...]:
    """Count the values of these columns among the entries that are ``left``, (N,), or among the products they show.

    Each column once, in the order in which they are asked for first.
    `BadRequest` for a column that there is none of.
    """
    known = {name.lower(): name for name in columns.column_names}
    unknown = [name for name in names if name.lower() not in known]
    if unknown:
        raise BadRequest("facets", f"There is no column {unknown[0]}; there are {', '.join(columns.column_names)}.")
    wanted = dict.fromkeys(known[name.lower()] for name in names)
    joined = columns.joined
    weights = None
    if joined and not columns.of_products.isdisjoint(wanted):
        weights = joined.counted(left, by_product)
    return tuple(_facet(columns, name, left, by_product, weights) for name in wanted)


def _facet(columns: EntryColumns, name: str, left: np.ndarray, by_product: bool, weights: np.ndarray | None) -> Facet:
    """``weights`` are the entries, or ones, that are left of each product."""
    joined = columns.joined
    if joined and weights is not None and name in columns.of_products:
        return counted(name, joined.products.encoded(name), weights)
    values = columns[name].filter(pa.array(left))
    if not (by_product and joined):
        return counted(name, values, np.ones(len(values), np.int64))
    pairs = pa.table({"product": joined.of_entries[left], "value": values}).group_by(["product", "value"])
    unique = pairs.aggregate([])["value"]
    return counted(name, unique, np.ones(len(unique), np.int64))


def counted(name: str, column: pa.ChunkedArray | pa.Array, weights: np.ndarray) -> Facet:
    """The facet of values, which may be encoded by a dictionary, that count ``weights`` times each."""
    values = _whole(column)
    is_missing = np.asarray(pc.is_null(values), dtype=bool)
    missing = int(weights[is_missing].sum())
    if pa.types.is_list(values.type):
        held = pa.table({"parent": pc.list_parent_indices(values), "value": pc.list_flatten(values)})
        each_once = held.group_by(["parent", "value"]).aggregate([]).combine_chunks()
        values, weights = _whole(each_once["value"]), weights[np.asarray(each_once["parent"])]
        is_missing = np.asarray(pc.is_null(values), dtype=bool)
    given = ~is_missing & (weights > 0)
    values, weights = values.filter(pa.array(given)), weights[given]
    if pa.types.is_timestamp(values.type):
        return Facet(name, _of_dates(pd.Series(values.to_pandas()), weights), missing=missing)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return Facet(name, _of_numbers(values.to_numpy(zero_copy_only=False).astype(float), weights), missing=missing)
    encoded = pc.dictionary_encode(values)
    sums = np.bincount(np.asarray(encoded.indices), weights, minlength=len(encoded.dictionary))
    found = zip(encoded.dictionary.to_pylist(), sums.tolist(), strict=True)
    listed = sorted((one for one in found if one[1]), key=lambda one: (-one[1], str(one[0])))
    counts = tuple(Count(int(count), value) for value, count in listed[:SHOWN])
    return Facet(name, counts, sum(int(count) for _, count in listed[SHOWN:]), missing)


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The values in one piece."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pa.array([], whole.type) if isinstance(whole, pa.ChunkedArray) else whole  # a column of no chunks


def _of_numbers(numbers: np.ndarray, weights: np.ndarray) -> tuple[Count, ...]:
    """About five ranges with round limits; the outermost ones are open."""
    if not len(numbers):
        return ()
    low, high = np.quantile(numbers, [0.05, 0.95])
    step = _round_step((high - low) / _RANGES)
    limits: list[float] = []
    if step > 0:
        first = math.floor(low / step) + 1
        limits = [round(number * step, 12) for number in range(first, math.ceil(high / step) + 1)]
    sums = np.bincount(np.searchsorted(limits, numbers, side="right"), weights, minlength=len(limits) + 1)
    edges = [None, *(int(limit) if limit == int(limit) else limit for limit in limits), None]
    return tuple(
        Count(int(total), at_least=edges[at], below=edges[at + 1]) for at, total in enumerate(sums) if total > 0
    )


def _round_step(about: float) -> float:
    """1, 2 or 5 times a power of ten, at least ``about``."""
    if about <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= about * (1 - 1e-9))


def _of_dates(dates: pd.Series, weights: np.ndarray) -> tuple[Count, ...]:
    """By years, or by months where there are few years."""
    if not len(dates):
        return ()
    step = 12 if dates.max().year - dates.min().year >= _YEARS else 1
    months = 12 * dates.dt.year + dates.dt.month - 1
    sums = pd.Series(weights).groupby((months // step * step).to_numpy()).sum()
    return tuple(
        Count(int(count), at_least=_day(first), below=_day(first + step)) for first, count in sorted(sums.items())
    )


def _day(month: int) -> str | None:
    """The first day of a month, counted from that of the year 0; None beyond the year 9999, as there is no such day."""
    year, before = divmod(month, 12)
    return f"{year:04d}-{before + 1:02d}-01" if year <= MAXYEAR else None
