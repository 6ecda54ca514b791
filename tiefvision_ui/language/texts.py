"""Translates texts into the language of whoever reads them: a page's reader, or the sender of a request.

The English text is the key. ``_("Search")`` translates where the text is shown, never when a module is imported; a
constant is marked by ``N_("Search")`` there and translated by ``_(constant)`` when it is shown. What varies is named in
braces, so that each language puts it where it belongs: ``_("Remove {name}", name=name)``; numbers are written by
`formats` before. What depends on a number has two English texts: ``counted("{n} photo", "{n} photos", number)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from babel import Locale
from babel.numbers import format_decimal
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tiefvision_ui.language.catalogues import DEFAULT, translations

LOCALE = "locale"
"""Session key of the reader's `Locale`, as text."""
_told: ContextVar[Locale | None] = ContextVar("locale", default=None)


@contextmanager
def speaking(locale: Locale) -> Iterator[None]:
    """Translate for this locale within the block, in this thread or task alone: for routes, which have no session."""
    before = _told.set(locale)
    try:
        yield
    finally:
        _told.reset(before)


def current_locale() -> Locale:
    """The locale of whoever reads: that of `speaking`, else the session's, else the default."""
    if told := _told.get():
        return told
    if get_script_run_ctx(suppress_warning=True) is None:
        return DEFAULT
    kept = st.session_state.get(LOCALE)
    return Locale.parse(kept) if kept else DEFAULT


def _(text: str, /, **values: object) -> str:
    """The text in the reader's language, with the values in place of their names in braces."""
    translated = translations(current_locale().language).gettext(text) if text else ""
    return translated.format(**values) if values else translated


def counted(one: str, many: str, number: int, /, **values: object) -> str:
    """The text that fits the number, as which ``{n}`` stands in both: ``1 photo``, ``1,080 photos``."""
    locale = current_locale()
    translated = translations(locale.language).ngettext(one, many, number)
    return translated.format(n=format_decimal(number, locale=locale), **values)


def pgettext(context: str, text: str, /, **values: object) -> str:
    """`_` for a word that means several things: the context tells the translator which one."""
    translated = translations(current_locale().language).pgettext(context, text)
    return translated.format(**values) if values else translated


def N_(text: str, /) -> str:  # noqa: N802
    """Mark a text that is translated when it is shown, and return it as it is."""
    return text
