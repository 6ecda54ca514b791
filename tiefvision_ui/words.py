"""Puts values into words, and escapes text from outside so that it is not read as Markdown."""

from __future__ import annotations

import re
from datetime import UTC, datetime

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
        return "Box drawn by a person"
    if confidence <= 0:
        return "No box found: the whole photo is compared"
    by = "by the starter heads" if starter else "automatically"
    return f"Box found {by}, {_sureness(confidence)} ({confidence:.0%})"


def _sureness(confidence: float) -> str:
    if confidence >= 0.9:
        return "very sure"
    return "fairly sure" if confidence >= 0.6 else "unsure"


def counted(number: int, noun: str) -> str:
    """``1 photo``, ``1,080 photos``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def bytes_words(size: float) -> str:
    """``999 B``, ``1.2 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def date_words(moment: str | datetime) -> str:
    """``24 Nov 2026, 08:06`` (UTC), from a time or its ISO text."""
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{known.astimezone(UTC):%-d %b %Y, %H:%M}"


def ago_words(moment: datetime, now: datetime) -> str:
    """``just now``, ``5 min ago``, ``3 h ago``, ``2 days ago``."""
    seconds = max(0.0, (now - moment).total_seconds())
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 48 * 3600:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86400:.0f} days ago"
