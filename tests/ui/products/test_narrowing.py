"""Conditions that facets narrow and widen again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.store.where import rows_where
from tiefvision_ui.products.narrowing import Choice, Narrowing, column_name

ADA, BO = Choice("brand", ("Ada",)), Choice("brand", ("Bo",))
RED, BLUE = Choice("colours", ("red",), listed=True), Choice("colours", ("blue",), listed=True)
CHEAP = Choice("price", at_least=20, below=40)

TABLE = pa.table(
    {
        "brand": ["Ada", "Bo", "O'Hara", None, "Ada", "Bo"],
        "price": [10.5, 20.0, 39.9, 40.0, None, 25.0],
        "in_stock": [True, False, None, True, False, True],
        "colours": pa.array([["red"], ["red", "blue"], [], None, ["blue"], ["green"]], pa.list_(pa.string())),
        "since": pa.array(["2026-01-01", "2026-02-01", None, "2025-01-01", "2026-01-31", "2027-01-01"]).cast(
            pa.timestamp("us")
        ),
        "Sale price": [1, 2, 3, 4, None, 6],
    }
)
CHOICES = [
    ADA,
    Choice("brand", ("O'Hara",)),
    Choice("brand", missing=True),
    RED,
    BLUE,
    CHEAP,
    Choice("price", below=-0.5),
    Choice("price", at_least=0.00001),
    Choice("in_stock", truth=True),
    Choice("in_stock", truth=False),
    Choice("since", at_least="2026-01-01", below="2026-02-01"),
    Choice("sale price", at_least=3),
]


def fits(choice: Choice, row: dict[str, Any]) -> bool:
    value = {name.lower(): held for name, held in row.items()}[choice.column]
    if choice.missing:
        return value is None
    if value is None:
        return False
    if choice.values:
        return bool(set(choice.values) & set(value)) if choice.listed else value in choice.values
    if choice.truth is not None:
        return bool(value is choice.truth)
    told = str(value)[:10] if choice.column == "since" else value
    return (choice.at_least is None or told >= choice.at_least) and (choice.below is None or told < choice.below)


@pytest.mark.parametrize("before", ["", "price < 30 OR brand = 'Bo'", "brand IS NOT NULL"])
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_choice_leaves_what_fits_it_and_is_taken_out_again(before: str, choice: Choice) -> None:
    narrowed = Narrowing(before).toggled(choice)
    left = rows_where(TABLE, before) if before else np.ones(len(TABLE), dtype=bool)
    expected = [bool(held) and fits(choice, row) for held, row in zip(left, TABLE.to_pylist(), strict=True)]
    assert rows_where(TABLE, narrowed).tolist() == expected
    assert Narrowing(narrowed).choices[choice.column] == choice
    widened = Narrowing(narrowed).toggled(choice)
    assert widened == Narrowing(narrowed).without(choice.column)
    assert (rows_where(TABLE, widened) if widened else left).tolist() == left.tolist()


@given(st.lists(st.sampled_from(CHOICES), max_size=6))
def test_choices_of_several_columns_hold_together_and_those_of_one_beside_one_another(clicks: list[Choice]) -> None:
    condition, wanted = "", dict[str, list[Choice]]()
    for click in clicks:
        condition = Narrowing(condition).toggled(click)
        chosen = wanted.get(click.column, [])
        if click in chosen:
            chosen = [each for each in chosen if each != click]
        else:
            chosen = [each for each in chosen if each.values and click.values] + [click]
        wanted[click.column] = chosen
    rows = rows_where(TABLE, condition).tolist() if condition else [True] * len(TABLE)
    expected = [
        all(any(fits(choice, row) for choice in chosen) for chosen in wanted.values() if chosen)
        for row in TABLE.to_pylist()
    ]
    assert rows == expected


@pytest.mark.parametrize(
    ("before", "choice", "after"),
    [
        ("", ADA, "brand = 'Ada'"),
        ("brand = 'Ada'", BO, "brand IN ('Ada', 'Bo')"),
        ("brand IN ('Ada', 'Bo') AND width > 500", ADA, "brand = 'Bo' AND width > 500"),
        ("'red' IN colours", BLUE, "('red' IN colours OR 'blue' IN colours)"),
        ("('red' IN colours OR 'blue' IN colours)", RED, "'blue' IN colours"),
        ("price >= 40 AND width > 500 AND price < 60", CHEAP, "price >= 20 AND price < 40 AND width > 500"),
        ("price < 80", CHEAP, "price >= 20 AND price < 40"),
        ("width > 5 OR NOT human", ADA, "(width > 5 OR NOT human) AND brand = 'Ada'"),
        ("BRAND = 'Ada'", ADA, ""),
        ("price <>", ADA, "price <>"),
    ],
)
def test_what_is_written(before: str, choice: Choice, after: str) -> None:
    assert Narrowing(before).toggled(choice) == after


@pytest.mark.parametrize("kept", ["brand LIKE 'A%'", "price > 20", "brand <> 'Ada'", "NOT brand IN ('Ada')", "a = b"])
def test_what_no_facet_says_is_no_choice(kept: str) -> None:
    assert Narrowing(kept).choices == {}
    assert Narrowing(kept).without("brand") == kept


@pytest.mark.parametrize(
    ("column", "name"),
    [("brand", "brand"), ("product.width", "product.width"), ("sale price", '"sale price"'), ("true", '"true"')],
)
def test_columns_are_quoted_where_they_are_no_words(column: str, name: str) -> None:
    assert column_name(column) == name
