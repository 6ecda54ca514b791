"""Which of a feed's columns are a product's name and price, and how their values are written for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiefvision_assets.store.products.feed import PREFIX
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _

NAMES = ("name", "title", "product_name", "product_title", "display_name", "label", "bezeichnung", "titel", "nom")
PRICES = ("price", "sale_price", "current_price", "selling_price", "final_price", "preis", "prix", "precio", "prezzo")
CURRENCIES = ("currency", "currency_code", "price_currency", "waehrung", "währung", "devise", "moneda")


@dataclass(frozen=True)
class Roles:
    """The columns that a card shows; None where the feed has none of the names that shops commonly use."""

    name: str | None = None
    price: str | None = None
    currency: str | None = None

    @classmethod
    def of(cls, columns: Iterable[str]) -> Roles:
        """The first of `NAMES`, `PRICES` and `CURRENCIES` that is a column, whatever its case, blanks and hyphens."""
        known: dict[str, str] = {}
        for column in columns:
            known.setdefault(_bare(column), column)

        def first(names: tuple[str, ...]) -> str | None:
            return next((known[_bare(name)] for name in names if _bare(name) in known), None)

        return cls(first(NAMES), first(PRICES), first(CURRENCIES))

    def name_of(self, product_id: str, values: Mapping[str, Any]) -> str:
        """What the product is called: its id where it has no name."""
        name = values.get(self.name) if self.name else None
        return shown(name) if name not in (None, "") else product_id

    def price_of(self, values: Mapping[str, Any]) -> str:
        """``53.90``, ``53.90 EUR``; empty where the product has no price."""
        price = values.get(self.price) if self.price else None
        if price in (None, ""):
            return ""
        amount = number_words(price, 2) if isinstance(price, float) else shown(price)
        currency = values.get(self.currency) if self.currency else None
        return f"{amount} {shown(currency)}" if currency else amount

    def others(self, values: Mapping[str, Any]) -> dict[str, str]:
        """The product's further columns in words, in the feed's order: those that neither are in name nor price."""
        roles = {self.name, self.price, self.currency}
        return {heading(column): shown(value) for column, value in values.items() if column not in roles}


def heading(column: str) -> str:
    """``In stock`` for ``in_stock``."""
    words = " ".join(column.removeprefix(PREFIX).replace("_", " ").split())
    return words[:1].upper() + words[1:] or column


def shown(value: Any) -> str:
    """A value as people read it: truths as yes and no, numbers with separated thousands, days without midnight."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return number_words(value)
    if isinstance(value, float):
        return number_words(value, 10, exactly=False)
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value if each is not None)
    return _without_midnight(str(value))


def _without_midnight(text: str) -> str:
    """``2026-01-31`` for the first moment of that day, which is how dates of a feed come; other texts as they are."""
    day, separator, time = text.partition("T")
    if separator and time.removesuffix("+00:00") in ("00:00:00", "00:00:00.000000"):
        try:
            datetime.fromisoformat(day)
        except ValueError:
            return text
        return day
    return text


def _bare(name: str) -> str:
    return "".join(character for character in name.removeprefix(PREFIX).casefold() if character.isalnum())
