"""What all pages share in one server process: the store and the searcher."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

PATIENCE_S = 3.0
"""How long a click waits for another writer of the label database before the page says so."""


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The data folder that the settings name."""
    return Store(Settings(), patience_s=PATIENCE_S)


def starter_finds_boxes() -> bool:
    """Whether the starter heads found the served boxes that nobody drew."""
    return store().served.read().models.starter


@st.cache_resource(show_spinner=False)
def searcher() -> Searcher:
    """The searcher over that data folder; it notices by itself when another index is served."""
    return Searcher(Settings())


@st.cache_resource(show_spinner=False)
def duplicates() -> DuplicateGroups:
    """The groups of photos of one shot in what is served."""
    return DuplicateGroups(store())
