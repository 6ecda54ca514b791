"""The page Help: tours for each kind of user, and what each page is for."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui.access.people import current_person
from tiefvision_ui.language.texts import _
from tiefvision_ui.start.guide import begin
from tiefvision_ui.start.tours import STEPS, TITLES, tours_for


def help_page() -> None:
    """Draw the page."""
    st.title(_("Help"), anchor=False)
    st.markdown(_("Tours take a minute each. They lead from page to page, and can be ended at any time."))
    for tour in tours_for(current_person().role):
        with st.container(border=True, key=f"tour-{tour}", gap="small"):
            title = _(TITLES[tour])
            st.header(title, anchor=False)
            st.markdown("\n".join(f"{number}. {_(step.title)}" for number, step in enumerate(STEPS[tour], start=1)))
            if st.button(_("Start: {tour}", tour=title), icon=":material/signpost:", key=f"begin-{tour}"):
                begin(tour)


help_page()
