"""Dates, numbers and sizes as the reader's locale writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from babel.dates import format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from tiefvision_ui.language.texts import _, counted, current_locale


def number_words(value: float, digits: int = 0, *, exactly: bool = True) -> str:
    """``1,080`` or ``0.93``: grouped, with this many digits after the point, or up to as many."""
    places = f".{('0' if exactly else '#') * digits}" if digits else ""
    return format_decimal(value, format=f"#,##0{places}", locale=current_locale())


def percent_words(share: float, digits: int = 0) -> str:
    """``93%`` for 0.93; German has a space before the sign."""
    locale = current_locale()
    pattern = locale.percent_formats[None].pattern
    places = f"0.{'0' * digits}" if digits else "0"
    return format_percent(share, format=pattern.replace("#,##0", f"#,##{places}"), locale=locale)


def bytes_words(size: float) -> str:
    """``999 B``, ``1.2 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{number_words(size, 0 if unit == 'B' or size >= 100 else 1)} {unit}"
        size /= 1000
    return f"{number_words(size, 1)} TB"


def date_words(moment: str | datetime) -> str:
    """``24 Nov 2026, 08:06`` (UTC), from a time or its ISO text."""
    known = (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)
    locale = current_locale()
    return f"{format_skeleton('yMMMd', known, locale=locale)}, {format_time(known, 'short', locale=locale)}"


def month_words(day: date) -> str:
    """``Nov 2026``."""
    return format_skeleton("yMMM", day, locale=current_locale())


def ago_words(moment: datetime, now: datetime) -> str:
    """``just now``, ``5 min ago``, ``3 h ago``, ``2 days ago``."""
    seconds = max(0.0, (now - moment).total_seconds())
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return _("{n} min ago", n=int(seconds // 60))
    if seconds < 48 * 3600:
        return _("{n} h ago", n=int(seconds // 3600))
    return counted("{n} day ago", "{n} days ago", int(seconds // 86400))


def day_words(day: date) -> str:
    """``24 Nov 2026``."""
    return format_skeleton("yMMMd", day, locale=current_locale())


def list_words(items: Sequence[str]) -> str:
    """``3 files, 2 labels and 1 proposal``."""
    return format_list(items, locale=current_locale())
