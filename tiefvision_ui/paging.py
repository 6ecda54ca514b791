"""Lists too long for one page: where to turn the pages, and which items the page in the address shows."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui import address

PAGE = "page"
"""The query parameter, and the key of the widget."""


def first_page() -> None:
    """Turn back to it; for callbacks of what changes the list."""
    st.query_params.pop(PAGE, None)


def page_shown(items: int, per_page: int) -> slice:
    """Draw where to turn the pages, if there are several; which items the one shown has."""
    pages = -(-items // per_page)
    page = 1
    if pages > 1:
        address.option(PAGE, range(1, pages + 1), 1)
        page = st.pagination(pages, width="stretch", key=PAGE, on_change=address.keep, args=(PAGE, 1))
    return slice((page - 1) * per_page, page * per_page)
