"""Puts values into words, and escapes text from outside so that it is not read as Markdown."""

from __future__ import annotations

import re

from tiefvision_ui.language.formats import percent_words
from tiefvision_ui.language.texts import _

_MARKDOWN = re.compile(r"([\\*_\[\]{}<>#$:~|!()&^])")
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Invisible characters that reverse the writing direction of the text after them."""


def plain(text: str) -> str:
    """``text`` escaped for a Markdown element: links, images and directives appear as text.

    Backticks stay, so that commands in error sentences appear as code.
    """
    return _MARKDOWN.sub(r"\\\1", _DIRECTIONS.sub("", text))


def box_words(confidence: float, *, human: bool = False, starter: bool = False) -> str:
    """A sentence on where a photo's box comes from, the ``starter`` heads or others, and how sure these are of it."""
    if human:
        return _("Box drawn by a person")
    if confidence <= 0:
        return _("No box found: the whole photo is compared")
    values = {"sureness": _sureness(confidence), "share": percent_words(confidence)}
    if starter:
        return _("Box found by the starter heads, {sureness} ({share})", **values)
    return _("Box found automatically, {sureness} ({share})", **values)


def _sureness(confidence: float) -> str:
    if confidence >= 0.9:
        return _("very sure")
    return _("fairly sure") if confidence >= 0.6 else _("unsure")
