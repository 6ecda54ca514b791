"""The photos of the served index as a table, filtered and sorted; cached by the index's version."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import services

Order = Literal["path", "newest"]


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
    live = store.catalogue.live()
    modified = dict(zip(live["path"], live["mtime_ns"], strict=True))
    mtime_ns = [modified.get(path, 0) for path in entries["path"]]
    return entries.assign(mtime_ns=mtime_ns).set_index("image_id", drop=False)


def quality_stamp() -> FileStamp | None:
    """The state of what is known of photos' flaws; None before they were measured."""
    return services.store().quality.stamp()


@st.cache_resource(show_spinner=False, max_entries=16)
def listed(
    version: str, order: Order, text: str, flaw: str | None = None, measured: FileStamp | None = None
) -> np.ndarray:
    """The row numbers of those `photos` whose path contains every word of ``text``, sorted by ``order``.

    With a ``flaw``, only photos that have it by what was ``measured``.
    """
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
