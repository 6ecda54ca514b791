"""The outcome of a callback, kept in the session and shown once when the page is drawn next."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_ui.states import show_error
from tiefvision_ui.words import plain

_NOTICE, _PROBLEM, _FAILURES = "notice", "problem", "failures"


def attempt(act: Callable[[], str]) -> None:
    """Call ``act`` in a widget's callback, and keep the sentence that it returns, or its error's, for `show_notice`."""
    try:
        st.session_state[_NOTICE] = act()
    except TiefVisionError as error:
        st.session_state[_PROBLEM] = str(error)
        st.session_state[_FAILURES] = failures() + 1


def failures() -> int:
    """How often `attempt` failed in this session; when it grows, components enable their buttons again."""
    return int(st.session_state.get(_FAILURES, 0))


def show_notice() -> None:
    """Show the sentence that `attempt` kept, if any."""
    if notice := st.session_state.pop(_NOTICE, None):
        st.toast(plain(notice))
    if problem := st.session_state.pop(_PROBLEM, None):
        show_error(problem)
