"""For every product its most similar ones under a rule: all pairs once, and later only what changed.

Two products are as similar as the most similar two of their photos. Scores are products of the stored vectors in
float64, rounded, and ties go by the products' ids: so an update gives exactly what a computation anew does, however
matrices are cut into blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xxhash
from threadpoolctl import threadpool_limits

from tiefvision_assets.store.hidden import hidden_beside_others
from tiefvision_assets.store.products.rule import Rule
from tiefvision_assets.store.products.similar import COLUMNS
from tiefvision_assets.store.products.table import Products

_SCORES = 32_000_000
"""Scores of photos that are in memory at a time."""
_DIGITS = 6
_ROUNDING = 1e-4
"""More than float32 products of unit vectors are off by: so much below the k-th best is still looked at exactly."""


@dataclass(frozen=True)
class Gallery:
    """The products with searchable photos, those of one index."""

    products: Products
    rows: np.ndarray
    """(P,) row of each product in the table of products; sorted by product_id."""
    vectors: np.ndarray
    """(N, D) float32 of the photos of product 0, then of product 1, and so on."""
    starts: np.ndarray
    """(P,) where each product's photos begin."""
    paths: np.ndarray
    """(N,) paths of these photos."""

    @classmethod
    def of(cls, products: Products, paths: pd.Series, vectors: np.ndarray, hidden: np.ndarray | None = None) -> Gallery:
        """From the products and the index's entries: their paths, (M, D) vectors, and (M,) whether they are hidden.

        As in searches, a hidden photo stands for its product only where that has no other.
        """
        of_entries = products.rows_of(paths)
        ids = np.array(products.ids, dtype=object)
        is_shown = of_entries < len(products)
        if hidden is not None:
            is_shown &= ~hidden_beside_others(hidden, of_entries, len(products))
        shown = np.flatnonzero(is_shown)
        names = paths.to_numpy(dtype=object)
        order = shown[np.lexsort((names[shown], ids[of_entries[shown]]))] if len(shown) else shown
        owners = of_entries[order]
        starts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])) if len(owners) else np.empty(0, np.int64)
        return cls(products, owners[starts], np.asarray(vectors[order], dtype=np.float32), starts, names[order])

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> np.ndarray:
        """(P,) the products' ids, sorted."""
        return np.array(self.products.ids, dtype=object)[self.rows]

    def photos(self, product: int) -> slice:
        """Where the photos of that product are."""
        end = self.starts[product + 1] if product + 1 < len(self) else len(self.vectors)
        return slice(int(self.starts[product]), int(end))

    def states(self, rule: Rule) -> dict[str, str]:
        """product_id → a hash of its photos, their vectors, and its columns that the rule is about."""
        columns = self.products.table.select(["product_id", *(name for name in rule.columns if name != "product_id")])
        told = columns.take(self.rows).to_pylist()
        found = {}
        for product, product_id in enumerate(self.ids):
            photos = self.photos(product)
            hashed = xxhash.xxh3_128(
                repr((told[product], self.paths[photos].tolist())).encode("utf-8", "surrogatepass")
            )
            hashed.update(self.vectors[photos].tobytes())
            found[product_id] = hashed.hexdigest()
        return found


def similar_products(
    gallery: Gallery,
    rule: Rule,
    k: int,
    before: tuple[pd.DataFrame, dict[str, str]] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[pd.DataFrame, int]:
    """The k most similar products of each one, as `COLUMNS` has them, and how many products were compared with all.

    ``before`` are such a table with the same rule and k, and the `Gallery.states` that it was made from. A product is
    compared with all others if it changed or one of its similar ones did, or is gone; every other one only with those
    that changed.
    """
    ids = gallery.ids
    known = before[1] if before else {}
    states = gallery.states(rule)
    changed = {product_id for product_id in {*states, *known} if states.get(product_id) != known.get(product_id)}
    table = before[0] if before else pd.DataFrame(columns=COLUMNS)
    anew = set(ids) & (changed | set(table.loc[table["similar_id"].isin(list(changed)), "product_id"]))
    positions = {product_id: at for at, product_id in enumerate(ids)}
    some = np.array(sorted(positions[name] for name in changed if name in positions), dtype=np.int64)
    all_others = np.arange(len(gallery))
    parts = [table[~table["product_id"].isin(list(anew | (changed - set(states))))]]
    done = 0
    whole = np.array(sorted(positions[name] for name in anew), dtype=np.int64)
    rest = np.array(sorted(positions[name] for name in set(ids) - anew), dtype=np.int64)
    for queries, others in ((whole, all_others), (rest, some)):
        for block in _blocks(gallery, queries, others):
            parts.append(_best(gallery, rule, block, others, k))
            done += len(block)
            progress(done, len(gallery))
    merged = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)], ignore_index=True)
    return _ranked(merged, k), len(whole)


def _blocks(gallery: Gallery, queries: np.ndarray, others: np.ndarray) -> list[np.ndarray]:
    """The queries in blocks whose photos' scores with those of the others fit into memory; none without others."""
    if not len(queries) or not len(others):
        return []
    photos = max(1, len(gallery.vectors) * len(others) // len(gallery))
    size = max(1, _SCORES // photos * len(gallery) // len(gallery.vectors))
    return [queries[start : start + size] for start in range(0, len(queries), size)]


def _best(gallery: Gallery, rule: Rule, queries: np.ndarray, others: np.ndarray, k: int) -> pd.DataFrame:
    """At least the k best of the others for each query, where the rule allows so many."""
    query_photos, query_starts = _photos_of(gallery, queries)
    other_photos, other_starts = _photos_of(gallery, others)
    with threadpool_limits(1, "blas"):
        scores = gallery.vectors[query_photos] @ gallery.vectors[other_photos].T
    by_product = np.maximum.reduceat(np.maximum.reduceat(scores, query_starts, axis=0), other_starts, axis=1)
    rows = []
    for at, query in enumerate(queries.tolist()):
        allowed = rule.allows(int(gallery.rows[query]))[gallery.rows[others]] & (others != query)
        found = by_product[at][allowed]
        if not len(found):
            continue
        kth = np.partition(found, -k)[-k] if len(found) > k else found.min()
        rows += [_pair(gallery, query, other) for other in others[allowed][found >= kth - _ROUNDING].tolist()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _photos_of(gallery: Gallery, products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The photos of these products, and where those of each begin among them."""
    counts = np.diff(np.append(gallery.starts, len(gallery.vectors)))[products]
    starts = np.cumsum(counts) - counts
    return np.repeat(gallery.starts[products] - starts, counts) + np.arange(counts.sum()), starts


def _pair(gallery: Gallery, query: int, other: int) -> tuple[str, int, str, float, str, str]:
    """A row of the table but for its rank: the most similar photos of the two, the first ones of equals."""
    ours, theirs = gallery.photos(query), gallery.photos(other)
    first, second = (gallery.vectors[photos].astype(np.float64) for photos in (ours, theirs))
    scores = np.round((first[:, None, :] * second[None, :, :]).sum(axis=2), _DIGITS)
    at, there = np.unravel_index(int(scores.argmax()), scores.shape)
    paths = gallery.paths[ours][at], gallery.paths[theirs][there]
    return gallery.ids[query], 0, gallery.ids[other], float(min(1.0, scores[at, there])), *paths


def _ranked(rows: pd.DataFrame, k: int) -> pd.DataFrame:
    ordered = rows.sort_values(["product_id", "score", "similar_id"], ascending=[True, False, True], kind="stable")
    ordered = ordered.assign(rank=ordered.groupby("product_id", sort=False).cumcount() + 1)
    return ordered[ordered["rank"] <= k].reset_index(drop=True)[list(COLUMNS)]
