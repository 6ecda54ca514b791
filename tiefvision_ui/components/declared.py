"""Declares components whose JavaScript shows texts: each gets its texts in the reader's language with its data."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from streamlit.components.v2 import component

from tiefvision_ui.components.source import script, styles
from tiefvision_ui.language.texts import _, current_locale

_TEXT = re.compile(r'\bN?_\(\s*("(?:[^"\\\n]|\\.)*")')


class Mount(Protocol):
    """Draws a component, as what Streamlit's ``component`` returns does."""

    def __call__(self, *, key: str, data: dict[str, Any], **callbacks: Any) -> Any:
        """Draw it under that key; returns what it sent."""


def declared(name: str, *, html: str, css: tuple[str, ...] = (), js: str, isolate_styles: bool = True) -> Mount:
    """The component ``name`` with the JavaScript and styles in these files below this folder.

    To the data of a call it adds ``texts``, the translations of what the script gives to ``_`` and ``N_`` (English
    texts are left out), and ``locale``, such as ``de-AT``; ``shared/texts.js`` reads both.
    """
    code = script(js)
    words = texts_in(code)
    mounted = component(name, html=html, css=styles(*css) if css else None, js=code, isolate_styles=isolate_styles)

    def mount(*, key: str, data: dict[str, Any], **callbacks: Any) -> Any:
        told = {"texts": _translated(words), "locale": str(current_locale()).replace("_", "-")}
        return mounted(key=key, data=data | told, **callbacks)

    return mount


def texts_in(code: str) -> tuple[str, ...]:
    """The English texts that JavaScript marks, as literals in double quotes."""
    return tuple(dict.fromkeys(json.loads(literal) for literal in _TEXT.findall(code)))


def _translated(words: tuple[str, ...]) -> dict[str, str]:
    return {word: text for word in words if (text := _(word)) != word}
