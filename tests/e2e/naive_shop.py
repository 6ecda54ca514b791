"""What searches and similar products have to find in a small shop, by comparing everything with everything.

Nothing of the project's joining, filtering, grouping or counting is used here: only the vectors of its index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tiefvision_assets.search.facets import Facet
from tiefvision_assets.search.hits import SearchHit
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.store import Store

Row = Mapping[str, Any]
ROUNDING = 2e-6

RULE = "hit.category = query.category AND hit.in_stock AND hit.price BETWEEN 0.5 * query.price AND 1.5 * query.price"


def allowed(query: Row, hit: Row) -> bool:
    """`RULE`."""
    if query["price"] is None or hit["price"] is None:
        return False
    near = 0.5 * query["price"] <= hit["price"] <= 1.5 * query["price"]
    return bool(hit["category"] == query["category"] and hit["in_stock"] and near)


CONDITIONS: dict[str | None, Callable[[Row, str], bool]] = {
    None: lambda product, path: True,
    "price < 60": lambda product, path: product.get("price") is not None and product["price"] < 60,
    "brand IN ('Ada', 'Bo') AND in_stock": lambda p, path: p.get("brand") in ("Ada", "Bo") and p["in_stock"],
    "price IS NULL": lambda product, path: product.get("price") is None,
    "path > '010.png' AND category = 'gown'": lambda p, path: path > "010.png" and p.get("category") == "gown",
}


@dataclass(frozen=True)
class NaiveShop:
    """One morning's photos with their vectors, and the product (a row of the feed, or nothing) that each shows."""

    paths: list[str]
    vectors: np.ndarray
    """(N, D) float64."""
    owner: Mapping[str, Row]

    @classmethod
    def of(cls, store: Store, owner: Mapping[str, Row], ranking: Ranking) -> NaiveShop:
        """The photos of the index that is served."""
        index = store.indexes.open(ranking, store.served.read().index[ranking])
        return cls(index.entries["path"].tolist(), np.asarray(index.vectors, dtype=np.float64), owner)

    def product(self, path: str) -> Row:
        """The product that the photo shows; nothing for a photo of none."""
        return self.owner.get(path, {})

    def similar(self, k: int) -> list[tuple[str, int, str, float]]:
        """product_id, rank, similar_id, score: the k most similar products of each by `RULE`."""
        photos: dict[str, list[int]] = {}
        for at, path in enumerate(self.paths):
            if path in self.owner:
                photos.setdefault(self.owner[path]["product_id"], []).append(at)
        rows = {row["product_id"]: row for row in self.owner.values()}
        found = []
        for query in sorted(photos):
            others = [hit for hit in photos if hit != query and allowed(rows[query], rows[hit])]
            scored = sorted((-self._alike(photos[query], photos[hit]), hit) for hit in others)
            found += [(query, rank, hit, min(1.0, -score)) for rank, (score, hit) in enumerate(scored[:k], 1)]
        return found

    def _alike(self, ours: list[int], theirs: list[int]) -> float:
        return max(float(np.round((self.vectors[a] * self.vectors[b]).sum(), 6)) for a in ours for b in theirs)

    def left(self, own: Sequence[str], condition: str | None, by: str) -> list[str]:
        """The photos that a search by those of the query may find."""
        sold = {self.product(path).get("product_id") for path in own}
        fits = [path for path in self.paths if path not in own and CONDITIONS[condition](self.product(path), path)]
        if by == "photo":
            return fits
        return [path for path in fits if path in self.owner and self.owner[path]["product_id"] not in sold]

    def check_hits(
        self, hits: Sequence[SearchHit], queries: np.ndarray, own: Sequence[str], condition: str | None, by: str, k: int
    ) -> None:
        """Assert that the hits are the best of all that are left; hits that score alike may change places."""
        scores = dict(zip(self.paths, (self.vectors @ queries.T.astype(np.float64)).max(axis=1), strict=True))
        best: dict[str, float] = {}
        for path in self.left(own, condition, by):
            hit = path if by == "photo" else self.owner[path]["product_id"]
            best[hit] = max(best.get(hit, -1.0), scores[path])
        found = [hit.path if by == "photo" else str(hit.product_id) for hit in hits]
        assert len(set(found)) == len(found) and set(found) <= set(best)
        assert [hit.score for hit in hits] == pytest.approx(sorted(best.values(), reverse=True)[:k], abs=ROUNDING)
        assert [hit.score for hit in hits] == pytest.approx([best[name] for name in found], abs=ROUNDING)
        assert [hit.score for hit in hits] == pytest.approx([scores[hit.path] for hit in hits], abs=ROUNDING)

    def check_facet(self, facet: Facet, own: Sequence[str], condition: str | None, by: str) -> None:
        """Assert that the facet counts what is left: photos, or the products that they show."""
        rows = [self.product(path) for path in self.left(own, condition, by)]
        if by == "product":
            rows = list({row["product_id"]: row for row in rows}.values())
        values = [row.get(facet.column) for row in rows]
        given = [value for value in values if value is not None]
        assert facet.missing == len(values) - len(given)
        assert facet.others == 0 and sum(count.count for count in facet.counts) == len(given)
        for count in facet.counts:
            if count.value is not None:
                assert count.count == given.count(count.value)
            else:
                low, high = count.at_least, count.below
                within = [(low is None or low <= value) and (high is None or value < high) for value in given]
                assert count.count == sum(within)
