"""Texts of a feed that were probably meant to be compared: amounts with their currency, dates in another order.

They stay texts, since what they mean is a guess: whether 01.02.2026 is in January, which of two currencies counts. The
check of a feed says so.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tiefvision_assets.store.products.columns import MOST

_CURRENCY = "([€$£¥]|EUR|USD|GBP|CHF|JPY|PLN|SEK|DKK|NOK)"
_AMOUNT = r"[0-9][0-9., ]*"
LOOKALIKES: dict[str, str] = {
    "amounts with their currency, so it is a text; leave that out, or give it a column of its own": (
        rf"^({_CURRENCY}\s*{_AMOUNT}|{_AMOUNT}\s*{_CURRENCY})$"
    ),
    "dates in an order of their own, so it is a text; write them as 2026-11-27": (
        r"^[0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{4}|[0-9]{2})$"
    ),
}
"""What a column holds, and what to do about it → how nearly all of its values are written."""


def lookalike(values: pa.Array) -> str | None:
    """The one of `LOOKALIKES` that a column of texts is; None for other texts."""
    given = pc.drop_null(values)
    if not pa.types.is_string(values.type) or not len(given):
        return None
    for name, pattern in LOOKALIKES.items():
        if pc.sum(pc.match_substring_regex(given, pattern)).as_py() >= MOST * len(given):
            return name
    return None
