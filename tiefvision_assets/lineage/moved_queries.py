"""Which queries two rankings answer most differently: ids of hits in, numbers out, without any model.

Hits are (Q, k) arrays of whole numbers that stand for photos, best first, filled with -1 where there are fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiefvision_assets.metrics import bootstrap

HITS = 10
PERSISTENCE = 0.9
"""The first ten hits have 86 % of the weight (Webber et al., table 2): about what a page of hits shows."""
NO_HIT = -1
BLOCK = 256


@dataclass(frozen=True)
class Moves:
    """How far the hits of Q queries differ; both measures are 1 for equal hits and 0 where none is in both."""

    overlap: np.ndarray
    """(Q,) share of the hits that are in both lists, in whatever order."""
    rbo: np.ndarray
    """(Q,) rank-biased overlap, which weighs the first hits more."""

    @property
    def order(self) -> np.ndarray:
        """(Q,) the queries, those first that changed most."""
        return np.lexsort((self.overlap, self.rbo))


def moves_between(old: np.ndarray, new: np.ndarray, persistence: float = PERSISTENCE) -> Moves:
    """Compare two (Q, k) lists of hits of the same queries.

    Rank-biased overlap is extrapolated from the k hits that are known (Webber, Moffat and Zobel, "A Similarity Measure
    for Indefinite Rankings", 2010, equation 32). Where both lists are shorter, they are compared as far as they go; two
    empty ones are equal.
    """
    depth = np.maximum((old != NO_HIT).sum(axis=1), (new != NO_HIT).sum(axis=1))
    same = (old[:, :, None] == new[:, None, :]) & (old != NO_HIT)[:, :, None]
    shared = np.stack([same[:, :d, :d].sum(axis=(1, 2)) for d in range(old.shape[1] + 1)], axis=1)
    at_depth = shared[np.arange(len(old)), depth] / np.maximum(depth, 1)
    depths = np.arange(1, old.shape[1] + 1)
    weights = np.where(depths <= depth[:, None], persistence**depths, 0.0)
    weighted = (weights * shared[:, 1:] / depths).sum(axis=1)
    rbo = at_depth * persistence**depth + (1 - persistence) / persistence * weighted
    empty = depth == 0
    return Moves(np.where(empty, 1.0, at_depth), np.where(empty, 1.0, rbo))


def shares_of_own(hits: np.ndarray, labels: np.ndarray, groups: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """(Q,) share of each query's hits that have its label; hits of its own group do not count, NaN without others.

    ``labels`` and ``groups`` are those of the (N,) photos that hits and ``queries`` are numbers of.
    """
    counted = (hits != NO_HIT) & (groups[hits] != groups[queries][:, None])
    own = counted & (labels[hits] == labels[queries][:, None])
    return np.where(counted.any(axis=1), own.sum(axis=1) / np.maximum(counted.sum(axis=1), 1), np.nan)


def paired(old: np.ndarray, new: np.ndarray, clusters: np.ndarray) -> dict[str, Any]:
    """The means of (N,) values under both, of those that both know, and the difference new - old with its interval.

    Whole ``clusters``, (N,) names, are resampled; ``ci95`` is None where there are fewer than two, and all is NaN where
    nothing is known.
    """
    known = ~(np.isnan(old) | np.isnan(new))
    difference = (new - old)[known]
    interval = bootstrap(difference, clusters[known])
    several = len(set(clusters[known].tolist())) > 1
    return {
        "n": int(known.sum()),
        "old": float(old[known].mean()) if known.any() else float("nan"),
        "new": float(new[known].mean()) if known.any() else float("nan"),
        "difference": interval.mean,
        "ci95": [interval.low, interval.high] if several else None,
    }


def paired_by(
    names: Sequence[str] | np.ndarray, values: Mapping[str, tuple[np.ndarray, np.ndarray]], clusters: np.ndarray
) -> dict[str, dict[str, Any]]:
    """`paired` for each of the (N,) ``names`` and each measure, whose (old, new) values are given; sorted by name."""
    named = np.asarray(names, dtype=object)
    found = {}
    for name in sorted(set(named.tolist())):
        own = named == name
        found[name] = {measure: paired(old[own], new[own], clusters[own]) for measure, (old, new) in values.items()}
    return found


def products(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """(N, D) vectors → the N rows, (N,) each, of their dot products with all of them."""
    whole = np.asarray(vectors, dtype=np.float32)
    for start in range(0, len(whole), BLOCK):
        yield from whole[start : start + BLOCK] @ whole.T


def with_hits(rows: Iterable[np.ndarray], groups: np.ndarray, hits: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The rows of similarities; of each, the `HITS` best photos of other groups are appended to ``hits`` meanwhile."""
    for number, row in enumerate(rows):
        others = np.flatnonzero((groups != groups[number]) & np.isfinite(row))
        best = others[np.argsort(-row[others], kind="stable")][:HITS]
        hits.append(np.pad(best, (0, HITS - len(best)), constant_values=NO_HIT))
        yield row
