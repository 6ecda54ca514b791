"""What a search may find: the entries that its condition leaves, without those of the query; photos or products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import TypedDict

import numpy as np

from tiefvision_assets.search.facets import Facet, facets
from tiefvision_assets.search.products import EntryColumns, JoinedProducts, NoProducts, nearest, nearest_products
from tiefvision_assets.search.request import RequestOptions
from tiefvision_assets.search.serving import Serving


class _Shown(TypedDict, total=False):
    product_id: str
    product: dict[str, object]
    others: tuple[str, ...]


class Scope:
    """The entries among which one request searches, on one state of the index and of the products.

    ``own`` are the rows of the query's photos. They are left out; where hits are products, so are all photos of the
    products that they show, and photos of no product. Raises `BadFilter`, and `NoProducts` where hits are to be
    products and there is no feed.
    """

    def __init__(self, current: Serving, request: RequestOptions, own: Sequence[int] = ()) -> None:
        self.current = current
        self.request = request
        self._own = sorted(set(own))
        self._hidden = None if request.hidden else current.hidden()
        about_products = request.by == "product" or request.where is not None or bool(request.facets)
        self._joined = current.products(wanted=about_products)
        if self._joined is None and request.by == "product":
            raise NoProducts

    def neighbours(self, row: int) -> tuple[np.ndarray, np.ndarray] | None:
        """(k',) rows nearest to the photo of that row by the stored graph, and their scores; None where it cannot tell.

        It can where all photos but the query's own may be found, or all but a few that are hidden.
        """
        graph, k = self.current.index(self.request.ranking).graph, self.request.k
        if graph is None or self.request.where is not None or self.request.by != "photo":
            return None
        if self._hidden is None:
            return graph.of(row, k)
        found = np.asarray(graph.neighbours[row])
        kept = np.flatnonzero((found >= 0) & ~self._hidden[found])[:k]
        return (found[kept], np.asarray(graph.scores[row])[kept]) if len(kept) == k else None

    def nearest(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k',) rows nearest to any of the (Q, D) queries, best first, and their scores."""
        index, k = self.current.index(self.request.ranking), self.request.k
        if self._products is not None:
            return nearest_products(index.engine, queries, k, self._left, self._products)
        search = partial(index.search, condition=self.request.where, among=self._fitting_once)
        # cheaper than a mask: photos of the query, and hidden ones near it, are few, and some more can be asked for
        wanted = k + len(self._own) + (k if self._hidden is not None else 0)
        while True:
            found, scores = nearest(search, queries, wanted)
            kept = ~np.isin(found, self._own)
            if self._hidden is not None:
                kept &= ~self._hidden[found]
            if self._hidden is None or kept.sum() >= k or len(found) < wanted:
                return found[kept][:k], scores[kept][:k]
            wanted *= 4

    def facets(self) -> tuple[Facet, ...]:
        """The counts that were asked for."""
        names = self.request.facets
        return facets(self._columns, names, self._left, self.request.by == "product") if names else ()

    def shown(self, row: int) -> _Shown:
        """What a hit says about the product that it shows, or stands for."""
        if self._joined is None or self._joined.of_entries[row] == len(self._joined.products):
            return {}
        products, product = self._joined.products, int(self._joined.of_entries[row])
        values = products.values(product)
        shown: _Shown = {"product_id": values.pop("product_id"), "product": values}
        if self._products is not None:
            entries = self._products.entries_of(product)
            others = entries[self._left[entries] & (entries != row)]
            ids = self.current.index(self.request.ranking).entries["image_id"]
            shown["others"] = tuple(ids.iloc[others])
        return shown

    @property
    def _products(self) -> JoinedProducts | None:
        """The products, where hits are to be products."""
        return self._joined if self.request.by == "product" else None

    @cached_property
    def _columns(self) -> EntryColumns:
        return self.current.columns(self._joined)

    @cached_property
    def _fitting(self) -> np.ndarray | None:
        """(N,) whether the condition holds for each entry; None where there is none."""
        return self._columns.where(self.request.where) if self.request.where is not None else None

    def _fitting_once(self, _: str) -> np.ndarray:
        """The same for the request's condition, which facets and the nearest of photos both ask for."""
        assert self._fitting is not None
        return self._fitting

    @cached_property
    def _left(self) -> np.ndarray:
        """(N,) whether each entry may be found."""
        left = np.ones(len(self._columns), bool) if self._fitting is None else self._fitting.copy()
        left[self._own] = False
        if self._hidden is not None:
            left &= ~(self._hidden if self._products is None else self._products.left_out(self._hidden))
        if self._products is not None:
            left &= self._products.shows_one
            for product in set(self._products.of_entries[self._own].tolist()) - {len(self._products.products)}:
                left[self._products.entries_of(product)] = False
        return left
