"""Shows in the sidebar who uses the app, and asks for the log-in or the name where that is missing."""

from __future__ import annotations

from urllib.parse import quote, unquote

import streamlit as st

from tiefvision_ui.access.login import login_wanted
from tiefvision_ui.access.people import LONGEST_NAME, NAME, NoAccess, cleaned, current_person
from tiefvision_ui.language.known_values import value_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.words import plain

COOKIE = "tiefvision-name"
"""The cookie that keeps a typed name in the browser, for reloads and restarts of the server."""
_TYPED = "person-name-typed"
_KEEP_S = 365 * 24 * 3600


def identified() -> bool:
    """Draw who uses the app; if nobody with a role does, draw how to log in instead and return False."""
    if login_wanted():
        return _logged_in()
    with st.sidebar:
        _name_field()
    try:
        current_person()
    except NoAccess as refused:
        _refusal(refused)
        return False
    return True


def _logged_in() -> bool:
    try:
        person = current_person()
    except NoAccess as refused:
        _refusal(refused)
        if st.user.get("is_logged_in"):
            st.button(_("Log out"), icon=":material/logout:", on_click=st.logout)
        else:
            st.button(_("Log in"), icon=":material/login:", type="primary", on_click=st.login)
        return False
    with st.sidebar, st.container(key="person"):
        st.caption(f"{plain(person.name)} · {value_words(person.role)}")
        st.button(_("Log out"), icon=":material/logout:", type="tertiary", on_click=st.logout)
    return True


def _name_field() -> None:
    if NAME not in st.session_state:
        st.session_state[NAME] = _kept()
    st.text_input(
        _("Your name"),
        key=NAME,
        max_chars=LONGEST_NAME,
        placeholder=_("Stands beside your labels"),
        icon=":material/person:",
        on_change=_typed,
    )
    if st.session_state.get(_TYPED):
        _keep(cleaned(st.session_state[NAME]))


def _typed() -> None:
    st.session_state[_TYPED] = True


def _kept() -> str:
    # Without a browser, as in tests, there is no address and no cookie to read.
    return cleaned(unquote(st.context.cookies.get(COOKIE, ""))) if st.context.url else ""


def _keep(name: str) -> None:
    # Percent-encoding leaves letters, digits and %-._~ only, so that a name cannot end the script or the cookie.
    cookie = f"{COOKIE}={quote(name, safe='')}; path=/; SameSite=Lax; max-age={_KEEP_S if name else 0}"
    st.html(f"<script>document.cookie = '{cookie}';</script>", unsafe_allow_javascript=True)


def _refusal(refused: NoAccess) -> None:
    st.title("TiefVision", anchor=False)
    st.info(plain(str(refused)), icon=":material/lock:")
