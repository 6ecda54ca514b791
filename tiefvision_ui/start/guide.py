"""Leads people through a tour: a strip above the pages that it is about, and the offer of one on a first visit."""

from __future__ import annotations

import streamlit as st

from tiefvision_ui.language.texts import _
from tiefvision_ui.start.tours import STEPS, TITLES, Tour

COOKIE = "tiefvision-tour"
"""The cookie by which a browser is not offered a tour again."""
HELP = "views/help.py"
_TOUR, _SEEN = "tour", "tour-seen"
_KEEP_S = 365 * 24 * 3600


def begin(tour: Tour) -> None:
    """Go to the first step of a tour."""
    st.session_state[_TOUR] = (tour, 0)
    st.session_state[_SEEN] = True
    st.switch_page(STEPS[tour][0].view)


def strip() -> None:
    """Draw the step of the tour that is being taken, if one is, above the page; and remember that it was seen."""
    if st.session_state.get(_SEEN):
        st.html(
            f"<script>document.cookie = '{COOKIE}=seen; path=/; SameSite=Lax; max-age={_KEEP_S}';</script>",
            unsafe_allow_javascript=True,
        )
    if _TOUR not in st.session_state:
        return
    tour, at = st.session_state[_TOUR]
    steps = STEPS[tour]
    with st.container(border=True, key="tour", gap="small"):
        title, step = _(TITLES[tour]), _(steps[at].title)
        where = _("{tour}, {number} of {total}: {step}", tour=title, number=at + 1, total=len(steps), step=step)
        st.markdown(f"**{where}**")
        st.markdown(_(steps[at].text))
        with st.container(horizontal=True):
            if at and st.button(_("Step back"), icon=":material/arrow_back:", key="tour-back"):
                _go(tour, at - 1)
            last = at + 1 == len(steps)
            next_step = _("Next step")
            if not last and st.button(next_step, icon=":material/arrow_forward:", type="primary", key="tour-next"):
                _go(tour, at + 1)
            label, kind = (_("Done"), "primary") if last else (_("End the tour"), "tertiary")
            st.button(label, key="tour-end", type=kind, on_click=_end)  # type: ignore[arg-type]


def offer() -> None:
    """Offer a tour in the sidebar, until one was taken or declined in this browser."""
    # Without a browser, as in tests, there is no address and no cookie to read.
    if st.session_state.get(_SEEN) or (st.context.url and st.context.cookies.get(COOKIE)):
        return
    with st.sidebar, st.container(key="tour-offer", gap="xsmall"):
        st.caption(_("New here? A tour takes a minute."))
        with st.container(horizontal=True):
            if st.button(_("Take a tour"), icon=":material/signpost:", key="tour-take"):
                st.switch_page(HELP)
            st.button(_("Not now"), type="tertiary", key="tour-decline", on_click=_end)


def _go(tour: Tour, at: int) -> None:
    st.session_state[_TOUR] = (tour, at)
    st.switch_page(STEPS[tour][at].view)


def _end() -> None:
    st.session_state.pop(_TOUR, None)
    st.session_state[_SEEN] = True
