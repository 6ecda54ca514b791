"""How charts write dates and numbers: Vega's locale, by the reader's."""

from __future__ import annotations

from typing import Any

from babel.dates import get_day_names, get_month_names
from babel.numbers import get_decimal_symbol, get_group_symbol

from tiefvision_ui.language.texts import current_locale


def chart_locale() -> dict[str, Any]:
    """The value of ``config.locale`` of a Vega-Lite chart."""
    locale = current_locale()
    sunday_first = (6, 0, 1, 2, 3, 4, 5)
    days, short_days = (get_day_names(width, locale=locale) for width in ("wide", "abbreviated"))
    months, short_months = (get_month_names(width, locale=locale) for width in ("wide", "abbreviated"))
    return {
        "number": {
            "decimal": get_decimal_symbol(locale),
            "thousands": get_group_symbol(locale),
            "grouping": [3],
            "currency": ["", ""],
        },
        "time": {
            "dateTime": "%x, %X",
            "date": "%d.%m.%Y",
            "time": "%H:%M:%S",
            "periods": ["AM", "PM"],
            "days": [days[day] for day in sunday_first],
            "shortDays": [short_days[day] for day in sunday_first],
            "months": [months[month] for month in range(1, 13)],
            "shortMonths": [short_months[month] for month in range(1, 13)],
        },
    }
