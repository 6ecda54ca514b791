"""Products in a search: their columns joined with the index's entries, and one hit a product.

The products come from a file of their own (`store.products.table`), which may change at any time; a search takes one
state of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.hidden import hidden_beside_others
from tiefvision_assets.store.neighbours import VectorIndex
from tiefvision_assets.store.products.table import Products
from tiefvision_assets.store.where import Condition

Search = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]
"""(Q, D) queries, k → rows and products, as `VectorIndex.search` returns them."""
FIRST = 4
"""Photos asked for at first, as a multiple of the products wanted; four times as many where they are of too few."""


class UnknownProduct(TiefVisionError):
    """A product that the feed does not name, or without a searchable photo."""


class NoProducts(TiefVisionError):
    """Something about products is asked for, and there is no feed of them."""

    def __init__(self) -> None:
        super().__init__("There are no products; set TIEFVISION_PRODUCTS to their feed and run `tiefvision run`.")


class JoinedProducts:
    """One state of the products, joined with the N entries of an index."""

    def __init__(self, products: Products, paths: Iterable[str]) -> None:
        self.products = products
        self.of_entries = products.rows_of(paths)
        """(N,) row of the product that each entry shows; the number of products for entries of none."""
        self._taken: dict[str, pa.ChunkedArray] = {}

    @cached_property
    def shows_one(self) -> np.ndarray:
        """(N,) whether the entry shows a product."""
        return self.of_entries < len(self.products)

    def left_out(self, hidden: np.ndarray) -> np.ndarray:
        """(N,) which entries a list of products leaves out, of the (N,) hidden ones; see `hidden_beside_others`."""
        return hidden_beside_others(hidden, self.of_entries, len(self.products))

    def counted(self, entries: np.ndarray, once: bool) -> np.ndarray:
        """(P + 1,) how many of the (N,) chosen entries show each product, or whether any does; and those of none."""
        counts = np.bincount(self.of_entries[entries], minlength=len(self.products) + 1)
        return np.minimum(counts, 1) if once else counts

    def entries_of(self, product: int) -> np.ndarray:
        """Rows of the entries that show the product of that row."""
        order, starts = self._by_product
        return order[starts[product] : starts[product + 1]]

    @cached_property
    def _by_product(self) -> tuple[np.ndarray, np.ndarray]:
        """(N,) the entries, product by product, and where those of each begin: they are asked for hit by hit."""
        counts = np.bincount(self.of_entries, minlength=len(self.products) + 1)
        return np.argsort(self.of_entries, kind="stable"), np.append(0, np.cumsum(counts))

    def entries_of_id(self, product_id: str) -> np.ndarray:
        """Rows of the entries that show that product; `UnknownProduct` where there are none."""
        row = self.products.rows.get(product_id)
        entries = self.entries_of(row) if row is not None else np.empty(0, np.int64)
        if not len(entries):
            reason = "has no searchable photo" if row is not None else "is not in the feed"
            raise UnknownProduct(f"The product {product_id!r} {reason}; `tiefvision products check` tells about feeds.")
        return entries

    def column(self, name: str) -> pa.ChunkedArray:
        """(N,) the values of that column for each entry."""
        if name not in self._taken:
            self._taken[name] = self.products.padded[name].take(pa.array(self.of_entries))
        return self._taken[name]


class EntryColumns:
    """What conditions and facets are about: the entries' own columns, and those of the products that they show."""

    def __init__(self, entries: pa.Table, joined: JoinedProducts | None) -> None:
        self._entries = entries
        self.joined = joined
        self.of_products = frozenset(joined.products.names if joined else ())
        """Names of the columns that the feed has."""

    @property
    def column_names(self) -> list[str]:
        """First the entries' columns, then the feed's."""
        return [*self._entries.column_names, *(self.joined.products.names if self.joined else ())]

    def __getitem__(self, name: str) -> Any:
        if self.joined and name in self.of_products:
            return self.joined.column(name)
        return self._entries[name]

    def __len__(self) -> int:
        return len(self._entries)

    def where(self, text: str) -> np.ndarray:
        """(N,) whether the condition holds for each entry; `BadFilter` where it is wrong.

        One about products alone is evaluated once a product: there are fewer of them than photos.
        """
        of_products = products_where(text, self.joined.products, self.column_names) if self.joined else None
        if self.joined and of_products is not None:
            return of_products[self.joined.of_entries]
        return Condition(text).rows(self)


def products_where(text: str, products: Products, all_columns: Sequence[str]) -> np.ndarray | None:
    """(P + 1,) whether the condition holds for each of the P products, and for photos of none.

    None for a condition that is not about products alone; ``all_columns`` are the names that one may hold.
    `BadFilter` where it is wrong.
    """
    condition, rows = Condition(text), _OfProducts(all_columns, products.padded)
    used = condition.names(rows)
    return condition.rows(rows) if used and used <= set(products.names) else None


class _OfProducts:
    """The products' own rows, under the names of all columns, as an error lists them."""

    def __init__(self, all_columns: Sequence[str], products: pa.Table) -> None:
        self.column_names = list(all_columns)
        self._products = products

    def __getitem__(self, name: str) -> Any:
        return self._products[name]

    def __len__(self) -> int:
        return len(self._products)


def nearest(search: Search, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(k',) rows of the entries with the largest product with any of the (Q, D) queries, and these products.

    What is among the k best of all queries is among the k best of one of them.
    """
    found, products = search(queries, k)
    rows, scores = found.ravel(), products.ravel()
    kept = (rows >= 0) & np.isfinite(scores)
    rows, scores = rows[kept], scores[kept]
    if len(queries) > 1:
        order = np.lexsort((rows, -scores))
        rows, scores = rows[order], scores[order]
        _, first = np.unique(rows, return_index=True)
        first.sort()
        rows, scores = rows[first], scores[first]
    return rows[:k], scores[:k]


def nearest_products(
    engine: VectorIndex, queries: np.ndarray, k: int, among: np.ndarray, joined: JoinedProducts
) -> tuple[np.ndarray, np.ndarray]:
    """As `nearest`, but of each product its best entry only; ``among`` holds for entries of products only."""
    allowed = int(among.sum())
    wanted = min(FIRST * k, allowed)
    while True:
        rows, scores = nearest(partial(engine.search, among=among), queries, wanted)
        _, first = np.unique(joined.of_entries[rows], return_index=True)
        if len(first) >= k or wanted >= allowed:
            first = np.sort(first)[:k]
            return rows[first], scores[first]
        wanted = min(4 * wanted, allowed)
