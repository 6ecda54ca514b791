"""The condition that narrows a page's photos: the box for it, kept in the address, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from tiefvision_assets.store.stamp import FileStamp
from tiefvision_assets.store.where import BadFilter
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.components.condition_box import KnownColumn, condition_box
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _, counted, current_locale
from tiefvision_ui.paging import PAGE
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.indexed_photos import ColumnStamps

WHERE = "where"
"""Query parameter: the condition, as `tiefvision search --where` takes it."""
KEY = "condition"
FEW = 40
"""A text column of more different values is completed by no values, but by the folders that its texts begin with."""


class Narrowed:
    """Which photos of the index a page is about."""

    def __init__(self, condition: str | None, problem: str = "", among: np.ndarray | None = None) -> None:
        self.condition = condition
        """None for all photos, and where there is a problem."""
        self.problem = problem
        """Why the condition in the address cannot be used; empty where it can."""
        self.among = among
        """(N,) whether it holds for each photo of the index; None without one."""


def narrowed(version: str) -> Narrowed:
    """Draw the box for the condition in the address; returns what that condition selects of the served index."""
    condition = st.query_params.get(WHERE, "").strip()
    found = _narrowed(version, condition, indexed_photos.column_stamps()) if condition else Narrowed(None)
    note = "" if found.among is None else _fitting(version, found.among)
    condition_box(
        known_columns(version, indexed_photos.column_stamps(), str(current_locale())),
        condition,
        problem=found.problem,
        note=note,
        person=current_person().name,
        key=KEY,
        on_change=_written,
    )
    return found


def _fitting(version: str, among: np.ndarray) -> str:
    """How many photos fit, of how many that are not hidden."""
    without = indexed_photos.left_out(version)
    fitting = among if without is None else among & ~without
    return counted(
        "{n} photo of {all}",
        "{n} photos of {all}",
        int(fitting.sum()),
        all=number_words(indexed_photos.shown_count(version)),
    )


def _narrowed(version: str, condition: str, measured: ColumnStamps) -> Narrowed:
    try:
        return Narrowed(condition, among=rows_where(version, condition, measured))
    except BadFilter as error:
        return Narrowed(None, problem=str(error))


@st.cache_resource(show_spinner=False, max_entries=16)
def rows_where(version: str, condition: str, measured: ColumnStamps) -> np.ndarray:
    """(N,) whether the condition holds for each photo of that index; raises `BadFilter`."""
    # by image_id, as another index may be served since
    fits = services.searcher().matching(condition)
    return fits.reindex(indexed_photos.photos(version).index, fill_value=False).to_numpy(dtype=bool)


@st.cache_resource(show_spinner=False, max_entries=4)
def known_columns(version: str, measured: ColumnStamps, locale: str) -> Sequence[KnownColumn]:
    """What a condition may name, for completion, with hints for readers of that ``locale``, the present one.

    Whatever `Searcher.columns` has is offered. The feed's columns are looked through once a product, the photos' own
    once an index: prices change by the hour.
    """
    columns = services.searcher().columns()
    products = columns.joined.products.table.select(columns.joined.products.names) if columns.joined else pa.table({})
    return [
        *_of_photos(version, measured[0], locale),
        *(_known(name, products[name]) for name in products.column_names),
    ]


@st.cache_resource(show_spinner=False, max_entries=4)
def _of_photos(version: str, measured: FileStamp | None, locale: str) -> Sequence[KnownColumn]:
    columns = services.searcher().columns()
    return [_known(name, columns[name]) for name in columns.column_names if name not in columns.of_products]


def _known(name: str, column: pa.ChunkedArray) -> KnownColumn:
    if pa.types.is_boolean(column.type):
        return KnownColumn(name, "yes or no", hint=_share(pc.sum(column).as_py() or 0, len(column)))
    if pa.types.is_null(column.type):
        return KnownColumn(name, "text", hint=_("no value yet"))
    if pa.types.is_list(column.type):
        example = f"'x' IN {name}"
        return KnownColumn(name, "text", hint=_("a list: {example}", example=example))
    if pa.types.is_timestamp(column.type):
        ends = pc.min_max(column)
        first, last = (pc.strftime(ends[end], format="%Y-%m-%d").as_py() for end in ("min", "max"))
        return KnownColumn(name, "text", hint=_("{low} to {high}", low=f"'{first}'", high=f"'{last}'"))
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        ends = pc.min_max(column)
        return KnownColumn(name, "number", hint=_range(ends["min"].as_py(), ends["max"].as_py()))
    if pc.count_distinct(column).as_py() <= FEW:
        return KnownColumn(name, "text", values=tuple(sorted(pc.unique(column.drop_null()).to_pylist())))
    return KnownColumn(name, "text", patterns=_folders(column))


def _folders(column: pa.ChunkedArray) -> tuple[str, ...]:
    """The folders that the texts begin with, as patterns, if they are few."""
    with_folder = column.filter(pc.match_substring(column, "/"))
    found = pc.unique(pc.replace_substring_regex(with_folder, "/.*", "/%")).to_pylist()
    return tuple(sorted(found)) if len(found) <= FEW else ()


def _range(low: Any, high: Any) -> str:
    if low is None or high > 1e12:  # a time in nanoseconds tells people nothing
        return ""
    digits = 5 if isinstance(low, float) else 0
    low, high = (number_words(end, digits, exactly=False) for end in (low, high))
    return _("{low} to {high}", low=low, high=high)


def _share(number: int, count: int) -> str:
    return _("{number} of {all}", number=number_words(number), all=number_words(count))


def _written() -> None:
    condition = str(st.session_state[KEY].get("condition") or "").strip()
    for parameter in (WHERE, PAGE):
        st.query_params.pop(parameter, None)
    if condition:
        st.query_params[WHERE] = condition
