"""What a page shows in place of its content: no photos yet, nothing to search yet, or an error."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui import services
from tiefvision_ui.language.texts import _
from tiefvision_ui.words import plain


def show_error(sentence: str) -> None:
    """Show an error's sentence; Markdown in it is shown as text."""
    st.error(plain(sentence), icon=":material/error:")


def nothing_to_search() -> None:
    """Say how to make the first index."""
    with st.container(border=True, key="nothing-to-search", gap="small"):
        st.header(_("No photos yet"), anchor=False)
        st.markdown(_("There is no index to search yet. On the command line there are two ways to one:"))
        st.markdown(_("**Try it with a generated catalogue**"))
        st.code("tiefvision demo", language=None, wrap_lines=True)
        st.markdown(_("**Use your own photos:** put them into this folder …"))
        st.code(str(services.store().settings.raw_place), language=None, wrap_lines=True)
        st.markdown(_("… and run"))
        st.code("tiefvision run", language=None, wrap_lines=True)
        st.caption(_("Reload this page when the command is done."))


def no_photos() -> None:
    """Say how to get the first photos into the catalogue, so that they can be labelled."""
    with st.container(border=True, key="no-photos", gap="small"):
        st.header(_("No photos yet"), anchor=False)
        st.markdown(_("Put your photos into this folder …"))
        st.code(str(services.store().settings.raw_place), language=None, wrap_lines=True)
        st.markdown(_("… and let them be found. No model is needed to begin with labels."))
        st.code("tiefvision ingest", language=None, wrap_lines=True)
        st.markdown(_("To try it with generated photos instead:"))
        st.code("tiefvision demo", language=None, wrap_lines=True)
        st.caption(_("Reload this page when the command is done."))
