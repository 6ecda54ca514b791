"""What all pages share in one server process: the store and the searcher."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The data folder that the settings name."""
    return Store(Settings())


@st.cache_resource(show_spinner=False)
def searcher() -> Searcher:
    """The searcher over that data folder; it notices by itself when another index is served."""
    return Searcher(Settings())
