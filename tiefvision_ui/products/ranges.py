"""Ranges of numbers and of days in words."""

from __future__ import annotations

from datetime import date

from tiefvision_ui.language.formats import month_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.products.columns import shown
from tiefvision_ui.products.narrowing import Limit


def range_words(at_least: Limit | None, below: Limit | None) -> str:
    """``20 to 40``, ``below 20``, ``from 80``; ``2026`` and ``Jan 2026`` for whole years and months."""
    if isinstance(at_least, str) and isinstance(below, str) and (whole := _whole(at_least, below)):
        return whole
    if at_least is None and below is None:
        return _("all")
    if at_least is None:
        return _("below {limit}", limit=shown(below))
    if below is None:
        return _("from {limit}", limit=shown(at_least))
    return _("{low} to {high}", low=shown(at_least), high=shown(below))


def _whole(at_least: str, below: str) -> str | None:
    """The year or the month that begins with the one day and ends before the other."""
    try:
        first, after = date.fromisoformat(at_least), date.fromisoformat(below)
    except ValueError:
        return None
    if first.day != 1 or after.day != 1:
        return None
    months = 12 * (after.year - first.year) + after.month - first.month
    if months == 12 and first.month == 1:
        return str(first.year)
    return month_words(first) if months == 1 else None
