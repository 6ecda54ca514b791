"""The products of the feed as the pages have them, joined with the photos of the served index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from tiefvision_assets.search.products import EntryColumns, JoinedProducts
from tiefvision_assets.search.request import Unit
from tiefvision_assets.store.products.feed import PHOTO_PATHS, PRODUCT_ID
from tiefvision_assets.store.products.table import Products
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import address, services
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.paging import PAGE
from tiefvision_ui.products.columns import Roles
from tiefvision_ui.search import indexed_photos

BY = "by"
"""Query parameter, as of the command line and the API: whether photos are shown, or products."""
UNITS: dict[Unit, str] = {"photo": N_("Photos"), "product": N_("Products")}
FEW = 60
"""A text column of more different values is more of a name than a kind, and has no facet."""
MOST_FACETS = 10


@dataclass(frozen=True)
class Product:
    """One product in the words of a card."""

    product_id: str
    name: str
    price: str
    """With its currency; empty where the product has none."""
    values: Mapping[str, Any]
    """The feed's columns, without those that have no value."""


class Shop:
    """One state of the products, joined with the N photos of an index in the order of `indexed_photos.photos`."""

    def __init__(self, products: Products, paths: pa.ChunkedArray) -> None:
        self.products = products
        self.joined = JoinedProducts(products, paths.to_pylist())
        self.columns = EntryColumns(pa.table({"path": paths}), self.joined)
        self.roles = Roles.of(name for name in products.names if name != PRODUCT_ID)
        self._paths = paths

    @cached_property
    def place_in_feed(self) -> np.ndarray:
        """(N,) where the feed names each photo: shops name a product's main photo first. Photos of none come last."""
        named = pc.list_flatten(self.products.table[PHOTO_PATHS].combine_chunks())
        found = np.asarray(pc.fill_null(pc.index_in(self._paths, value_set=named), -1), dtype=np.int64)
        return np.where(found < 0, len(named), found)

    @cached_property
    def last_of_feed_first(self) -> np.ndarray:
        """(N,) the photos in the order of the feed, backwards: sorted once, not for every list."""
        return np.argsort(-self.place_in_feed, kind="stable")

    @cached_property
    def prices(self) -> np.ndarray | None:
        """(P,) float64 price of each product, NaN where it has none; None where the feed has no prices in numbers."""
        if self.roles.price is None:
            return None
        column = self.products.table[self.roles.price]
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            return None
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)

    @cached_property
    def facet_columns(self) -> list[str]:
        """The columns that can be counted with sense, in the feed's order: no ids, no names, none of one value only.

        Column names with a double quote in them cannot stand in a condition.
        """
        named = [name for name in self.products.names if name not in (PRODUCT_ID, self.roles.name) and '"' not in name]
        return [name for name in named if self._tells_apart(name)][:MOST_FACETS]

    def _tells_apart(self, name: str) -> bool:
        column = self.products.table[name]
        values = pc.list_flatten(column) if pa.types.is_list(column.type) else column
        different, given = pc.count_distinct(values).as_py(), len(values) - values.null_count
        if different < 2:
            return False
        if pa.types.is_floating(values.type) or pa.types.is_timestamp(values.type):
            return True
        if pa.types.is_integer(values.type):  # of an article number each product has its own
            return name == self.roles.price or different <= FEW or different < given
        return bool(different <= FEW)

    def product(self, row: int) -> Product:
        """The product of that row of the feed."""
        values = self.products.values(row)
        return self.told(str(values.pop(PRODUCT_ID)), values)

    def told(self, product_id: str, values: Mapping[str, Any]) -> Product:
        """The product with these columns."""
        return Product(product_id, self.roles.name_of(product_id, values), self.roles.price_of(values), values)

    def shown_on(self, row: int) -> Product | None:
        """The product that the photo of that row of the index shows."""
        product = int(self.joined.of_entries[row])
        return self.product(product) if product < len(self.products) else None

    def photos_of(self, row: int) -> np.ndarray:
        """Rows of the photos that show the product of that row, in the order in which the feed names them."""
        entries = self.joined.entries_of(row)
        return entries[np.argsort(self.place_in_feed[entries], kind="stable")]


def shop_of(version: str) -> Shop | None:
    """The products joined with that index; None where there is no feed, and where nothing of it can be used."""
    store = services.store()
    if not store.settings.has_products:
        return None
    return _shop(version, store.products.stamp())


@st.cache_resource(show_spinner=False, max_entries=2)
def _shop(version: str, stamp: FileStamp | None) -> Shop | None:
    products = services.store().products.intact()
    if products is None or not products.photos:
        return None
    return Shop(products, pa.chunked_array([pa.array(indexed_photos.photos(version)["path"], pa.string())]))


def unit_choice(shop: Shop | None) -> Unit:
    """Let the user choose between photos and products; the choice is part of the address. Photos without a feed."""
    return address.choice(_("Show"), UNITS, BY, PAGE) if shop else "photo"
