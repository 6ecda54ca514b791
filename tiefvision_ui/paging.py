"""Splits long lists into pages; the number of the page shown is part of the address."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui import address

PAGE = "page"
"""Name of the query parameter and key of the widget."""


def first_page() -> None:
    """Go back to the first page; a callback for widgets that change the list."""
    st.query_params.pop(PAGE, None)


def page_shown(items: int, per_page: int) -> slice:
    """Draw the page numbers if there are several pages; returns which items the page in the address shows."""
    pages = -(-items // per_page)
    page = 1
    if pages > 1:
        address.option(PAGE, range(1, pages + 1), 1)
        page = st.pagination(pages, width="stretch", key=PAGE, on_change=address.keep, args=(PAGE, 1))
    return slice((page - 1) * per_page, page * per_page)
