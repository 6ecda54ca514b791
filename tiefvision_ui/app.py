"""The script that Streamlit runs for every page: the log-in, the navigation, and errors shown as sentences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_ui.access.identity import identified
from tiefvision_ui.access.people import current_person
from tiefvision_ui.address import open_upload
from tiefvision_ui.components.photo_catcher import photo_catcher
from tiefvision_ui.language.choice import choose_language, settle
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.search.saving import NEW_MATCHES
from tiefvision_ui.start.guide import offer, strip
from tiefvision_ui.start.panel import start
from tiefvision_ui.states import show_error

STATIC = Path(__file__).parent / "static"
VIEWS = Path(__file__).parent / "views"


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="TiefVision", page_icon=STATIC / "favicon.png", layout="wide")
    st.html(STATIC / "app.css")
    settle()
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(STATIC / f"wordmark-{theme}.svg", icon_image=STATIC / "mark.svg", size="large")
    known = identified()
    with st.sidebar:
        choose_language()
    if not known:
        return
    for_admins: Literal["visible", "hidden"] = "visible" if current_person().is_admin else "hidden"
    page = st.navigation(
        [
            st.Page(VIEWS / "gallery.py", title=_("Gallery"), icon=":material/grid_view:", default=True),
            st.Page(VIEWS / "search.py", title=_("Search by photo"), icon=":material/image_search:"),
            st.Page(
                VIEWS / "collected.py",
                title=_collections_title(),
                icon=":material/bookmarks:",
                url_path="collections",
            ),
            st.Page(VIEWS / "map.py", title=_("Map"), icon=":material/scatter_plot:", url_path="map"),
            st.Page(VIEWS / "duplicates.py", title=_("Duplicates"), icon=":material/content_copy:"),
            st.Page(VIEWS / "boxes.py", title=_("Boxes"), icon=":material/crop:"),
            st.Page(VIEWS / "triplets.py", title=_("Triplets"), icon=":material/compare:"),
            st.Page(VIEWS / "review.py", title=_("Review"), icon=":material/fact_check:"),
            st.Page(VIEWS / "team.py", title=_("Team"), icon=":material/groups:"),
            st.Page(VIEWS / "moves.py", title=_("What moves"), icon=":material/compare_arrows:"),
            st.Page(
                VIEWS / "operations.py", title=_("Operations"), icon=":material/monitor_heart:", visibility=for_admins
            ),
            st.Page(VIEWS / "help.py", title=_("Help"), icon=":material/help:"),
        ]
    )
    offer()
    person = current_person().name
    if arrived := photo_catcher(person=person, suffixes=sorted(PHOTO_SUFFIXES), key="photo-catcher"):
        open_upload(arrived)
    strip()
    try:
        if not _is_drawn(page):
            start()
    except TiefVisionError as error:
        show_error(str(error))
    except Exception:
        logging.getLogger(__name__).exception("The page %r failed", page.title)
        show_error(_("Something went wrong on our side. Reload the page; the server's log holds the details."))


def _is_drawn(page: StreamlitPage) -> bool:
    """Draw the page; False where there is nothing to search yet."""
    try:
        page.run()
    except NoIndex:
        return False
    return True


def _collections_title() -> str:
    """The page's name, with the number of photos that are new in saved searches, where they were counted."""
    new = st.session_state.get(NEW_MATCHES, 0)
    return _("Collections ({number} new)", number=number_words(new)) if new else _("Collections")


main()
