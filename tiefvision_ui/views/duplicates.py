"""The page Duplicates: groups of photos of one shot, page by page; those to decide about, or those decided."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.duplicate_listing import Show
from tiefvision_ui import address, services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.duplicates.cards import cards
from tiefvision_ui.duplicates.rules import rule_for_new_photos
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import show_notice
from tiefvision_ui.paging import PAGE, page_shown
from tiefvision_ui.search import indexed_photos

PER_PAGE = 10
SHOWN: dict[Show, str] = {"open": N_("To decide"), "decided": N_("Decided"), "apart": N_("Not the same")}
NONE: dict[Show, str] = {
    "open": N_("There are no duplicates to decide about."),
    "decided": N_("Nothing was decided yet."),
    "apart": N_("Nobody said of photos that they only look alike."),
}


def duplicates() -> None:
    """Draw the page."""
    indexed_photos.index_version()
    st.title(_("Duplicates"), anchor=False)
    show_notice()
    with st.spinner(_("Looking for photos of the same shot…")):
        found = services.duplicates().now()
    person = current_person()
    hidden = _("No photo hidden from the gallery and from searches.")
    if found.hidden:
        hidden = counted(
            "{n} photo hidden from the gallery and from searches.",
            "{n} photos hidden from the gallery and from searches.",
            len(found.hidden),
        )
    st.caption(f"{hidden} {_('Labels, tags and notes of hidden photos are kept.')}")
    rule_for_new_photos(found, person)
    show = address.choice(_("Show"), SHOWN, "show", PAGE, label_visibility="collapsed")
    groups = found.shown(show)
    if not groups:
        st.info(_(NONE[show]), icon=":material/check_circle:")
        return
    st.caption(counted("{n} group", "{n} groups", len(groups)))
    place = st.container()
    part = page_shown(len(groups), PER_PAGE)
    with place:
        cards(found, groups[part], show, person)


duplicates()
