"""Which columns of a feed a card shows, and how."""

from __future__ import annotations

import pytest

from tiefvision_ui.products.columns import Roles, heading, shown
from tiefvision_ui.products.ranges import range_words


@pytest.mark.parametrize(
    ("columns", "roles"),
    [
        (["brand", "name", "price"], Roles("name", "price")),
        (["Price", "Product Name", "Currency"], Roles("Product Name", "Price", "Currency")),
        (["title", "product.label", "name", "sale-price"], Roles("name", "sale-price")),
        (["Bezeichnung", "Preis"], Roles("Bezeichnung", "Preis")),
        (["brand", "stock"], Roles()),
    ],
)
def test_names_and_prices_are_known_by_the_names_that_shops_give_them(columns: list[str], roles: Roles) -> None:
    assert Roles.of(columns) == roles


@pytest.mark.parametrize(
    ("price", "words"),
    [(53.9, "53.90"), (1299, "1,299"), (1299.0, "1,299.00"), ("129.00 EUR", "129.00 EUR"), (None, ""), (0, "0")],
)
def test_a_price_has_two_digits_where_it_has_any(price: float | str | None, words: str) -> None:
    assert Roles.of(["price"]).price_of({"price": price}) == words
    priced = words and f"{words} EUR"
    assert Roles.of(["price", "currency"]).price_of({"price": price, "currency": "EUR"}) == priced


def test_what_has_no_name_is_called_by_its_id() -> None:
    assert Roles.of(["name"]).name_of("A-1", {"name": "Gown"}) == "Gown"
    assert Roles.of(["name"]).name_of("A-1", {}) == "A-1"
    assert Roles.of(["brand"]).name_of("A-1", {"brand": "Ada"}) == "A-1"


def test_the_other_columns_are_told_in_words() -> None:
    values = {
        "name": "Gown",
        "price": 5.0,
        "in_stock": True,
        "product.width": 1200,
        "weight": 0.25,
        "colours": ["red", None, "blue"],
        "since": "2026-01-31T00:00:00",
        "until": "2026-01-31T18:30:00",
        "note": "XT00:00:00",
    }
    assert Roles.of(values).others(values) == {
        "In stock": "yes",
        "Width": "1,200",
        "Weight": "0.25",
        "Colours": "red, blue",
        "Since": "2026-01-31",
        "Until": "2026-01-31T18:30:00",
        "Note": "XT00:00:00",
    }
    assert (heading("_"), shown(False)) == ("_", "no")


@pytest.mark.parametrize(
    ("at_least", "below", "words"),
    [
        (20, 40, "20 to 40"),
        (None, 0.5, "below 0.5"),
        (1000, None, "from 1,000"),
        ("2026-01-01", "2027-01-01", "2026"),
        ("2026-02-01", "2026-03-01", "Feb 2026"),
        ("2026-02-03", "2026-03-01", "2026-02-03 to 2026-03-01"),
        (None, "2026-03-01", "below 2026-03-01"),
    ],
)
def test_ranges_in_words(at_least: float | str | None, below: float | str | None, words: str) -> None:
    assert range_words(at_least, below) == words
