"""Splitting triplets by all their photos: no photo of a held-out triplet, nor a twin of one, is learned from.

Triplets that share photos hang together, as a rule all of them, so that no line divides them without cutting some. The
triplets of a fold are therefore chosen such that they touch few others: those that touch a held-out photo and are not
judged themselves are left out while that fold is held out, and are there again for the others
(``docs/decisions/0050-triplets-are-split-by-all-their-photos.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tiefvision_assets.models.inference import FINAL

KEPT = 0.5
"""While a fold is held out at least this share of the triplets is learned from."""
_STEPS = 1000
"""Triplets are added to a fold one by one where there are up to so many, else several at a time."""
_BLOCK = 1024


def photo_groups(
    photos: Sequence[str], vectors: np.ndarray, same_shot: float, known: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Photo → number of its group: photos that are only to be held out together.

    These are twins, whose (N, D) unit ``vectors`` have a cosine of at least ``same_shot``, and photos of the same
    ``known`` group, such as those of one product; photos without a known group have none but their twins.
    """
    import networkx as nx  # only datasets of triplets need it, and it takes a sixth of a second to import

    graph = nx.Graph()
    graph.add_nodes_from(range(len(photos)))
    for start in range(0, len(photos), _BLOCK):
        twins = np.argwhere(vectors[start : start + _BLOCK] @ vectors.T >= same_shot)
        graph.add_edges_from((start + one, other) for one, other in twins.tolist())
    first: dict[str, int] = {}
    for row, photo in enumerate(photos):
        if known and photo in known:
            graph.add_edge(first.setdefault(known[photo], row), row)
    return {photos[row]: number for number, rows in enumerate(nx.connected_components(graph)) for row in rows}


def apart_from(groups: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """(N,) whether triplets of (N, 3) photo groups share none with those that are ``held_out``, (N,)."""
    return np.asarray(~np.isin(groups, groups[held_out]).any(axis=1))


def folds_apart(groups: np.ndarray, judges: np.ndarray, folds: int, kept: float = KEPT) -> np.ndarray:
    """(N,) the fold that each triplet of (N, 3) photo groups is judged in, or -1.

    Only ``judges``, (N,) booleans, are judged, about ``1 / folds`` of them in each fold. Each fold grows from one
    triplet by the one whose photos touch the fewest further triplets, the first of these in the order of the rows, as
    long as the share ``kept`` of all triplets is apart from it. Where that leaves no fold anything to learn from, as
    with triplets of one reference, nothing is judged.
    """
    number = np.unique(groups, return_inverse=True)[1].reshape(groups.shape) if len(groups) else groups
    fold = np.full(len(groups), -1)
    wanted = -(-int(judges.sum()) // folds)
    most = int(round((1 - kept) * len(groups), 6))
    for one in range(folds):
        fold[_grown(number, judges & (fold < 0), wanted, most)] = one
    return fold


def judging_variants(triplets: pd.DataFrame) -> pd.Series:
    """Variant of the ranking head that judges each held-out triplet: the final one, or the one that left its fold
    out."""
    folds = "fold" + triplets["fold"].astype(str)
    return folds.where(triplets["split"] != "test", FINAL)


def _grown(groups: np.ndarray, free: np.ndarray, wanted: int, most: int) -> np.ndarray:
    """(N,) which of the ``free`` triplets make up one fold of ``wanted``, whose photos touch at most ``most``
    triplets."""
    held = np.zeros(groups.max(initial=-1) + 1, dtype=bool)
    touched = np.zeros(len(groups), dtype=bool)
    inside = np.zeros(len(groups), dtype=bool)
    candidates = np.flatnonzero(free)
    at_once = -(-len(groups) // _STEPS)
    while inside.sum() < wanted:
        candidates = candidates[~inside[candidates]]
        untouched = np.bincount(groups[~touched].ravel(), minlength=len(held))
        cost = (untouched * ~held)[groups[candidates]].sum(1)
        chosen = candidates[np.argsort(cost, kind="stable")[: min(at_once, wanted - int(inside.sum()))]]
        also = held.copy()
        also[groups[chosen]] = True
        reached = also[groups].any(axis=1)
        if not len(chosen) or reached.sum() > most:
            break
        held, touched = also, reached
        inside = free & held[groups].all(axis=1)
    return inside
