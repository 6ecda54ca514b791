"""Facets: the feed's columns with counts of what the condition leaves, each of which narrows the condition by a click.

The condition in the address is all that facets know and change: whoever writes ``brand = 'Ada'`` into the box for it
finds Ada chosen here, and an address that is shared is the same page. Of a column that is chosen from, the counts are
those without that choice, so that another value can be added or taken instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any, TypeGuard

import numpy as np
import pyarrow as pa
import streamlit as st

from tiefvision_assets.search.facets import Count, Facet, counted, facets
from tiefvision_assets.search.products import products_where
from tiefvision_assets.search.request import Unit
from tiefvision_assets.store.labels.duplicates import State
from tiefvision_ui.components.facet_list import FacetOption, ShownFacet, facet_list
from tiefvision_ui.language.texts import _, current_locale
from tiefvision_ui.paging import PAGE
from tiefvision_ui.products.columns import heading
from tiefvision_ui.products.narrowing import Choice, Limit, Narrowing
from tiefvision_ui.products.ranges import range_words
from tiefvision_ui.products.shop import Shop, shop_of
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.conditions import WHERE, known_columns, rows_where
from tiefvision_ui.search.indexed_photos import ColumnStamps

KEY = "facets"


@contextmanager
def beside_facets(shop: Shop | None, version: str, by: Unit) -> Iterator[None]:
    """Draw the facets, and what is drawn in this context beside them; that alone where there is no feed."""
    if shop is None:
        yield
        return
    left, right = st.columns([1, 4], gap="large")
    with left:
        facet_choice(shop, version, by)
    with right:
        yield


def facet_choice(shop: Shop, version: str, by: Unit) -> None:
    """Draw the facets for the condition in the address."""
    narrowing = Narrowing(st.query_params.get(WHERE, ""))
    stamps = indexed_photos.column_stamps()
    shown = [
        _shown(
            _counted(version, stamps, indexed_photos.decided(), column, narrowing.without(column), by),
            shop,
            narrowing.choices.get(column.lower()),
        )
        for column in shop.facet_columns
    ]
    facet_list(shown, key=KEY, on_change=_toggled)


@st.cache_resource(show_spinner=False, max_entries=256)
def _counted(version: str, stamps: ColumnStamps, decided: State, column: str, condition: str, by: Unit) -> Facet:
    """The counts of one column under a condition, without hidden photos; `BadFilter` where it is wrong."""
    shop = shop_of(version)
    assert shop is not None
    columns = [known.name for known in known_columns(version, stamps, str(current_locale()))]
    fitting = products_where(condition, shop.products, columns) if condition else np.ones(1, bool)
    if fitting is not None:
        return counted(column, shop.products.encoded(column), _shown_photos(version, stamps, decided, by) * fitting)
    left = _shown_ones(version, shop, by) & rows_where(version, condition, stamps)
    (facet,) = facets(shop.columns, [column], left, by == "product")
    return facet


@st.cache_resource(show_spinner=False, max_entries=4)
def _shown_photos(version: str, stamps: ColumnStamps, decided: State, by: Unit) -> np.ndarray:
    """(P + 1,) how many photos of each product are shown, or 1 where hits are products, and 0 for photos of none."""
    shop = shop_of(version)
    assert shop is not None
    return shop.joined.counted(_shown_ones(version, shop, by), by == "product")


def _shown_ones(version: str, shop: Shop, by: Unit) -> np.ndarray:
    """(N,) which photos of products are not left out as hidden ones."""
    without = indexed_photos.left_out(version, shop.joined if by == "product" else None)
    return shop.joined.shows_one if without is None else shop.joined.shows_one & ~without


def _shown(facet: Facet, shop: Shop, chosen: Choice | None) -> ShownFacet:
    column = shop.products.table[facet.column].type
    listed = pa.types.is_list(column)
    made = [(_choice(facet.column, count, listed), _words(count), count.count) for count in facet.counts]
    if facet.missing:
        made.append((Choice(facet.column.lower(), missing=True), _("none"), facet.missing))
    options = [FacetOption(_key(choice), words, count, _is_chosen(choice, chosen)) for choice, words, count in made]
    options = [*_unlisted(chosen, [choice for choice, _, _ in made], options), *options]
    return ShownFacet(facet.column, heading(facet.column), tuple(options))


def _unlisted(chosen: Choice | None, known: Sequence[Choice], options: Sequence[FacetOption]) -> list[FacetOption]:
    """What is chosen and not among the options, as it is a range of one's own, or nothing has that value any more."""
    if chosen is None:
        return []
    if chosen.values:
        listed = {value for choice in known for value in choice.values}
        return [
            FacetOption(_key(Choice(chosen.column, (value,), chosen.listed)), value, 0, True)
            for value in chosen.values
            if value not in listed
        ]
    if any(option.chosen for option in options):
        return []
    words = _("none") if chosen.missing else range_words(chosen.at_least, chosen.below)
    if chosen.truth is not None:
        words = _("yes") if chosen.truth else _("no")
    return [FacetOption(_key(chosen), words, None, True)]


def _is_chosen(choice: Choice, chosen: Choice | None) -> bool:
    if chosen is None:
        return False
    return choice == chosen or (bool(choice.values) and set(choice.values) <= set(chosen.values))


def _choice(column: str, count: Count, listed: bool) -> Choice:
    name = column.lower()
    if isinstance(count.value, bool):
        return Choice(name, truth=count.value)
    if count.value is not None:
        return Choice(name, (str(count.value),), listed)
    return Choice(name, at_least=count.at_least, below=count.below)


def _words(count: Count) -> str:
    if isinstance(count.value, bool):
        return _("yes") if count.value else _("no")
    return str(count.value) if count.value is not None else range_words(count.at_least, count.below)


def _key(choice: Choice) -> list[Any]:
    """The choice as the browser sends it back."""
    return list(astuple(choice))


def choice_of(key: object) -> Choice | None:
    """The choice that the browser names; None for what is none."""
    match key:
        case [str() as column, list() as values, bool() as listed, truth, at_least, below, bool() as missing]:
            texts = tuple(value for value in values if isinstance(value, str))
            if not (len(texts) == len(values) and isinstance(truth, bool | None)):
                return None
            if _is_limit(at_least) and _is_limit(below):
                return Choice(column, texts, listed, truth, at_least, below, missing)
    return None


def _is_limit(limit: object) -> TypeGuard[Limit | None]:
    return limit is None or (isinstance(limit, int | float | str) and not isinstance(limit, bool))


def _toggled() -> None:
    choice = choice_of(st.session_state[KEY].get("toggled"))
    if choice is None:
        return
    condition = Narrowing(st.query_params.get(WHERE, "")).toggled(choice)
    for parameter in (WHERE, PAGE):
        st.query_params.pop(parameter, None)
    if condition:
        st.query_params[WHERE] = condition
