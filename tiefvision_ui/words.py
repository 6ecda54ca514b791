"""How values are put into words, and how foreign text is kept from being read as Markdown."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\*_\[\]{}<>#$:~|!()&^])")


def plain(text: str) -> str:
    """``text`` for a Markdown element: links, images and directives in it are shown, never followed.

    Back ticks stay, so that the commands which errors name appear as code.
    """
    return _MARKDOWN.sub(r"\\\1", text)


def box_words(confidence: float, *, human: bool = False) -> str:
    """Where a photo's box comes from, and how far to trust it."""
    if human:
        return "Box drawn by a person"
    if confidence <= 0:
        return "No box found: the whole photo is compared"
    return f"Box found automatically, {_sureness(confidence)} ({confidence:.0%})"


def _sureness(confidence: float) -> str:
    if confidence >= 0.9:
        return "very sure"
    return "fairly sure" if confidence >= 0.6 else "unsure"


def counted(number: int, noun: str) -> str:
    """``1 photo``, ``1,080 photos``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
