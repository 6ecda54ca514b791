"""What a page shows in place of its content: nothing to search yet, or an error."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui import services
from tiefvision_ui.words import plain


def show_error(sentence: str) -> None:
    """An error in words, fit for a user's eyes."""
    st.error(plain(sentence), icon=":material/error:")


def nothing_to_search() -> None:
    """Say how the first photos get here."""
    with st.container(border=True, key="nothing-to-search", gap="small"):
        st.subheader("No photos yet", anchor=False)
        st.markdown("There is no index to search. Make one in either of two ways:")
        st.markdown("**Try it with a generated catalogue**")
        st.code("tiefvision demo", language=None)
        st.markdown("**Use your own photos:** put them into this folder …")
        st.code(str(services.store().settings.raw_dir), language=None)
        st.markdown("… and run")
        st.code("tiefvision run", language=None)
        st.caption("Reload this page when the command is done.")
