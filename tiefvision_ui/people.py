"""Who uses the app, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

import streamlit as st

from tiefvision_ui.components.remembered_name import COOKIE, remember_name

LONGEST_NAME = 60
_NAME = "person-name"
_KEPT = "person"


@dataclass(frozen=True)
class Person:
    """Somebody in front of the app; without a name they are a viewer."""

    name: str
    role: Literal["viewer", "annotator", "admin"]

    @property
    def may_label(self) -> bool:
        """Whether labels may be recorded under that name."""
        return self.role in ("annotator", "admin")

    @property
    def may_review(self) -> bool:
        """Whether others' labels may be undone, and decisions be made that win over all."""
        return self.role == "admin"


def current_person() -> Person:
    """The person of this session; draws the field for the name in the sidebar, so call it once a page.

    The name is kept for the session, and in a cookie for the next one.
    """
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = _cleaned(unquote(st.context.cookies.get(COOKIE, "")))
    st.session_state.setdefault(_NAME, st.session_state[_KEPT])
    with st.sidebar:
        entered = st.text_input(
            "Your name",
            key=_NAME,
            max_chars=LONGEST_NAME,
            placeholder="Stands beside your labels",
            icon=":material/person:",
        )
        name = st.session_state[_KEPT] = _cleaned(entered)
        remember_name(name)
    return Person(name, "admin" if name else "viewer")


def _cleaned(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]
