"""The script that Streamlit runs for every page: the log-in, the navigation, and errors shown as sentences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.index import NoIndex
from tiefvision_ui.access.identity import identified
from tiefvision_ui.access.people import current_person
from tiefvision_ui.states import nothing_to_search, show_error

STATIC = Path(__file__).parent / "static"
VIEWS = Path(__file__).parent / "views"


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="TiefVision", page_icon=STATIC / "favicon.png", layout="wide")
    st.html(STATIC / "app.css")
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.logo(STATIC / f"wordmark-{theme}.svg", icon_image=STATIC / "mark.svg", size="large")
    if not identified():
        return
    for_admins: Literal["visible", "hidden"] = "visible" if current_person().is_admin else "hidden"
    page = st.navigation(
        [
            st.Page(VIEWS / "gallery.py", title="Gallery", icon=":material/grid_view:", default=True),
            st.Page(VIEWS / "search.py", title="Search by photo", icon=":material/image_search:"),
            st.Page(VIEWS / "boxes.py", title="Boxes", icon=":material/crop:"),
            st.Page(VIEWS / "triplets.py", title="Triplets", icon=":material/compare:"),
            st.Page(VIEWS / "review.py", title="Review", icon=":material/fact_check:"),
            st.Page(
                VIEWS / "operations.py", title="Operations", icon=":material/monitor_heart:", visibility=for_admins
            ),
        ]
    )
    try:
        page.run()
    except NoIndex:
        nothing_to_search()
    except TiefVisionError as error:
        show_error(str(error))
    except Exception:
        logging.getLogger(__name__).exception("The page %r failed", page.title)
        show_error("Something went wrong on our side. Reload the page; the server's log holds the details.")


main()
