"""The page Duplicates: groups of photos of one shot, page by page; those to decide about, or those decided."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.duplicate_listing import Show
from tiefvision_ui import address, services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.duplicates.cards import cards
from tiefvision_ui.duplicates.rules import rule_for_new_photos
from tiefvision_ui.notices import show_notice
from tiefvision_ui.paging import PAGE, page_shown
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.words import counted

PER_PAGE = 10
SHOWN: dict[Show, str] = {"open": "To decide", "decided": "Decided", "apart": "Not the same"}
NONE: dict[Show, str] = {
    "open": "There are no duplicates to decide about.",
    "decided": "Nothing was decided yet.",
    "apart": "Nobody said of photos that they only look alike.",
}


def duplicates() -> None:
    """Draw the page."""
    indexed_photos.index_version()
    st.title("Duplicates", anchor=False)
    show_notice()
    with st.spinner("Looking for photos of the same shot…"):
        found = services.duplicates().now()
    person = current_person()
    number = counted(len(found.hidden), "photo") if found.hidden else "No photo"
    st.caption(f"{number} hidden from the gallery and from searches. Labels, tags and notes of hidden photos are kept.")
    rule_for_new_photos(found, person)
    show = address.choice("Show", SHOWN, "show", PAGE, label_visibility="collapsed")
    groups = found.shown(show)
    if not groups:
        st.info(NONE[show], icon=":material/check_circle:")
        return
    st.caption(counted(len(groups), "group"))
    place = st.container()
    part = page_shown(len(groups), PER_PAGE)
    with place:
        cards(found, groups[part], show, person)


duplicates()
