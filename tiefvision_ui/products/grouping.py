"""Photos of a list put together by the products that they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tiefvision_ui.products.shop import Shop

ByPrice = Literal["cheap", "dear"]
"""The lowest price first, or the highest."""


@dataclass(frozen=True)
class Group:
    """A product of a list of photos."""

    product: int
    """Its row in the feed."""
    photo: int
    """Row, in the index, of the photo that stands for it: of those in the list the one that the feed names first."""
    photos: int
    """How many of the list's photos show it."""


class Groups:
    """The products that the photos of a list show, in the order in which the list first has a photo of each.

    Or in the order of their prices, those without one last.
    """

    def __init__(self, shop: Shop, rows: np.ndarray, by_price: ByPrice | None = None) -> None:
        """``rows`` are those of photos in the index, in the order of the list; photos of no product are left out."""
        shown = rows[shop.joined.shows_one[rows]]
        self.left_out = len(rows) - len(shown)
        """Photos of no product."""
        owners = shop.joined.of_entries[shown]
        counts = np.bincount(owners, minlength=len(shop.products))
        first = np.empty(len(shop.products), dtype=np.int64)
        first[owners[::-1]] = np.arange(len(owners))[::-1]  # of several the last assignment counts
        products = np.flatnonzero(counts)
        counts, order = counts[products], np.argsort(first[products], kind="stable")
        if by_price and shop.prices is not None:
            prices = shop.prices[products[order]]
            order = order[np.argsort(prices if by_price == "cheap" else -prices, kind="stable")]
        best = np.full(len(shop.products), -1, dtype=np.int64)
        is_shown = np.zeros(len(shop.joined.of_entries), dtype=bool)
        is_shown[shown] = True
        by_feed = shop.last_of_feed_first[is_shown[shop.last_of_feed_first]]
        best[shop.joined.of_entries[by_feed]] = by_feed
        self._products, self._counts = products[order], counts[order]
        self._photos = best[self._products]

    def __len__(self) -> int:
        return len(self._products)

    def __getitem__(self, part: slice) -> list[Group]:
        columns = (values[part].tolist() for values in (self._products, self._photos, self._counts))
        return [Group(*row) for row in zip(*columns, strict=True)]
