"""Which language a reader gets: what they chose, else what their browser asks for; and the choice in the sidebar."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from babel import Locale

from tiefvision_ui.language.catalogues import DEFAULT, accepted, languages, negotiated
from tiefvision_ui.language.texts import LOCALE, _, current_locale

COOKIE = "tiefvision-language"
"""The cookie that keeps the choice in the browser."""
_CHOSEN = "language"
_KEEP_S = 365 * 24 * 3600


def settle() -> None:
    """Decide the session's language when its first page is drawn; a page has the same one until it is loaded anew."""
    if LOCALE not in st.session_state:
        # Without a browser, as in tests, there is no address, and nothing that it would have sent.
        known = locale_of(st.context.cookies, st.context.headers, st.context.locale) if st.context.url else DEFAULT
        st.session_state[LOCALE] = str(known)


def locale_of(cookies: Mapping[str, str], headers: Mapping[str, str], browser: str | None = None) -> Locale:
    """The locale of whoever sent a request with these cookies and headers, or whose ``browser`` has that locale."""
    return negotiated(cookies.get(COOKIE), browser, *accepted(headers.get("Accept-Language", "")))


def choose_language() -> None:
    """Draw the choice; another language is kept in a cookie, and the page is loaded anew in it."""
    shown = current_locale().language
    names = {code: _name(code) for code in languages()}
    chosen = st.selectbox(
        _("Language"),
        list(names),
        index=list(names).index(shown),
        format_func=lambda code: names[code],
        key=_CHOSEN,
    )
    script = f"document.documentElement.lang = '{shown}';"
    if chosen != shown:
        kept = f"{COOKIE}={chosen}; path=/; SameSite=Lax; max-age={_KEEP_S}"
        script = f"document.cookie = '{kept}'; location.reload();"
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def _name(code: str) -> str:
    """The language's name in the language itself, as a reader looks for it."""
    own = Locale(code).get_display_name() or code
    return own[0].upper() + own[1:]
