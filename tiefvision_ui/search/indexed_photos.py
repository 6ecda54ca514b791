"""The photos of the served index as a table, filtered and sorted; cached by the index's version."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from tiefvision_assets.search.products import JoinedProducts
from tiefvision_assets.store.hidden import hidden_rows
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.labels.duplicates import State
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import services

Order = Literal["path", "newest"]

ColumnStamps = tuple[FileStamp | None, FileStamp | None]


def index_version() -> str:
    """The version of the served index; raises `NoIndex` if none is served, or if it holds no photo."""
    version = services.store().served.read().index.get("unsupervised")
    if version is None or photos(version).empty:
        raise NoIndex("There is nothing to search yet.")
    return version


@st.cache_resource(show_spinner=False, max_entries=2)
def photos(version: str) -> pd.DataFrame:
    """The photos of that index by image_id, with path, sha256, width, height, box and mtime_ns (0 if deleted since)."""
    store = services.store()
    entries = store.indexes.open("unsupervised", version).entries
    live = store.catalogue.live(["path", "mtime_ns"])
    modified = dict(zip(live["path"], live["mtime_ns"], strict=True))
    mtime_ns = [modified.get(path, 0) for path in entries["path"]]
    return entries.assign(mtime_ns=mtime_ns).set_index("image_id", drop=False)


def served_stamp() -> FileStamp | None:
    """Another value whenever other indexes are served: with a new ranking head the supervised one alone changes."""
    return services.store().served.stamp()


def quality_stamp() -> FileStamp | None:
    """The state of what is known of photos' flaws; None before they were measured."""
    return services.store().quality.stamp()


def column_stamps() -> ColumnStamps:
    """The states of photos' flaws and of the products: what conditions are about besides the index."""
    return quality_stamp(), services.store().products.stamp()


def listed(
    version: str,
    order: Order,
    text: str,
    flaw: str | None = None,
    measured: FileStamp | None = None,
    *,
    products: JoinedProducts | None = None,
) -> np.ndarray:
    """The row numbers of those `photos` whose path contains every word of ``text``, sorted by ``order``.

    With a ``flaw``, only photos that have it by what was ``measured``. Hidden photos are `left_out`; ``products`` are
    those that the list is about, if it is.
    """
    rows = _listed(version, order, text, flaw, measured)
    without = left_out(version, products)
    return rows if without is None else rows[~without[rows]]


def left_out(version: str, products: JoinedProducts | None = None) -> np.ndarray | None:
    """(N,) whether pages leave each photo of that index out as a hidden one; None where none is.

    A list of ``products`` leaves out only those photos without which each product still has one, as searches do.
    """
    hidden = hidden_photos(version)
    return hidden if hidden is None or products is None else products.left_out(hidden)


def shown_count(version: str) -> int:
    """How many photos of that index are not hidden."""
    hidden = hidden_photos(version)
    return len(photos(version)) - (int(hidden.sum()) if hidden is not None else 0)


def hidden_photos(version: str) -> np.ndarray | None:
    """(N,) whether each photo of that index is hidden by now as a duplicate of another; None where none is."""
    return _hidden(version, decided())


def decided() -> State:
    """Another value whenever something was decided about duplicates."""
    return services.store().duplicates.known()[0]


@st.cache_resource(show_spinner=False, max_entries=2)
def _hidden(version: str, state: State) -> np.ndarray | None:
    return hidden_rows(photos(version), services.store().duplicates.known()[1].choices)


@st.cache_resource(show_spinner=False, max_entries=16)
def _listed(version: str, order: Order, text: str, flaw: str | None, measured: FileStamp | None) -> np.ndarray:
    rows = matching_rows(photos(version), order, text)
    if flaw is None or measured is None:
        return rows
    has_flaw = services.store().quality.flaws_of(photos(version)["sha256"])[flaw]
    return rows[has_flaw[rows]]


def matching_rows(table: pd.DataFrame, order: Order, text: str) -> np.ndarray:
    """The row numbers whose path contains every word of ``text``, whatever the case; by path, or the newest first."""
    paths = table["path"].str.casefold()
    matches = np.ones(len(table), dtype=bool)
    for word in text.casefold().split():
        matches &= paths.str.contains(word, regex=False).to_numpy()
    rows = np.flatnonzero(matches)
    rows = rows[np.argsort(table["path"].to_numpy(dtype=object)[rows], kind="stable")]
    if order == "newest":
        rows = rows[np.argsort(-table["mtime_ns"].to_numpy()[rows], kind="stable")]
    return rows
