"""`tiefvision evaluate similarity --against`: versions, a candidate or another encoder on the same labelled photos."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.moved_queries import (
    NO_HIT,
    Moves,
    moves_between,
    paired,
    paired_by,
    products,
    with_hits,
)
from tiefvision_assets.lineage.products import product_groups
from tiefvision_assets.lineage.version_comparison import vectors_of
from tiefvision_assets.lineage.versions import CANDIDATE, SERVED, Side, side_named
from tiefvision_assets.metrics import query_quality
from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store

BY_PART = ("p@1", "p@10", "map@r")
"""Measures that are told of each label and group."""
MOVED = 20
_FINGERPRINT = re.compile(r"[0-9a-f]{4,16}")

Rows = Mapping[str, Iterable[np.ndarray]]
"""Ranking → the N rows, (N,) each, of similarities of the listed photos."""


class TooFew(TiefVisionError):
    """Too few photos are listed, or one of them is not in what is to be compared."""


@dataclass(frozen=True)
class SimilarityComparison:
    """What differs, as a document; and the photos whose hits changed, those first that changed most."""

    document: dict[str, Any]
    listed: pd.DataFrame
    order: np.ndarray
    """(N,) rows of ``listed``."""
    old: np.ndarray
    """(N, k) rows of ``listed`` that were found, by the ranking that ``document["moved_by"]`` names."""
    new: np.ndarray
    moves: Moves


def compare_similarity(
    store: Store,
    file: Path,
    against: str,
    stage: Callable[[str], Callable[[int, int], None]],
    log: Callable[[str], None],
) -> SimilarityComparison:
    """Compare what is served with a kept version, the newest ranking head (``candidate``) or an encoder.

    ``file`` is that of `evaluate_similarity`, and photos are ranked as there: among themselves, their own group left
    out. Differences are ``against`` minus served, of the same queries; intervals resample groups. With another encoder
    both are embedded anew and in the same way, see `encoder_rows`.
    """
    listed = read_similarity(file, store.catalogue.live(), product_groups(store))
    if len(listed) < 2:
        raise TooFew(f"{file} lists {len(listed)} photos; neighbours need at least two.")
    side_named(store, SERVED)  # before anything is computed
    if against in (SERVED, CANDIDATE) or _FINGERPRINT.fullmatch(against):
        sides = (side_named(store, SERVED), side_named(store, against))
        old, new = (_rows_of(store, side, listed) for side in sides)
        return _compared(listed, listed["label"].to_numpy(), old, new, (sides[0].name, sides[1].name))
    from tiefvision_assets.lineage.encoder_pairs import encoder_rows
    from tiefvision_assets.lineage.group_halves import labels_of_halves

    (old, new), names = encoder_rows(store, listed, against, stage, log)
    return _compared(listed, labels_of_halves(listed), old, new, names)


def _rows_of(store: Store, side: Side, listed: pd.DataFrame) -> Rows:
    found: dict[str, Iterable[np.ndarray]] = {}
    for ranking in RANKINGS:
        entries, vectors = vectors_of(store, side, ranking)
        rows = positions(listed["sha256"], entries["sha256"])
        if (rows < 0).any():
            path = listed["path"].to_numpy()[rows < 0][0]
            raise TooFew(f"{path} is not in {side.name}; leave it out of the file, or compare newer versions.")
        found[ranking] = products(vectors[rows])
    return found


def _compared(
    listed: pd.DataFrame, matching: np.ndarray, old: Rows, new: Rows, names: tuple[str, str]
) -> SimilarityComparison:
    """``matching`` are (N,) labels by which photos match; the photos' own ones say what a query is part of."""
    labels, groups = listed["label"].to_numpy(), listed["group"].to_numpy()
    document: dict[str, Any] = {"served": names[0], "against": names[1], "n": len(listed), "rankings": {}}
    for part in ("by_label", "by_group"):
        document[part] = {}
    hits: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))
    for ranking in old:
        found: list[list[np.ndarray]] = [[], []]
        values = [
            query_quality(with_hits(rows[ranking], groups, into), matching, groups)
            for rows, into in zip((old, new), found, strict=True)
        ]
        both = {measure: (values[0][measure], values[1][measure]) for measure in values[0]}
        document["rankings"][ranking] = {name: _told(paired(*pair, groups)) for name, pair in both.items()}
        few = {name: both[name] for name in BY_PART}
        parts = [("by_label", labels)]
        if len(set(groups.tolist())) < len(groups):  # else each photo is a group of its own
            parts.append(("by_group", groups))
        for part, named in parts:
            document[part][ranking] = {
                name: {measure: _told(one) for measure, one in measured.items()}
                for name, measured in paired_by(named, few, groups).items()
            }
        hits = (np.stack(found[0]), np.stack(found[1]))
        document["moved_by"] = ranking
    moves = moves_between(*hits)
    document |= {"overlap@10": float(moves.overlap.mean()), "rbo": float(moves.rbo.mean())}
    document["unchanged"] = float((moves.overlap == 1).mean())
    document["moved"] = [_moved(listed, row, hits, moves) for row in moves.order[:MOVED] if moves.rbo[row] < 1 - 1e-9]
    return SimilarityComparison(document, listed, moves.order, *hits, moves)


def _told(found: dict[str, Any]) -> dict[str, Any]:
    """`paired` with the names that the document has for old and new."""
    return {"served" if key == "old" else "against" if key == "new" else key: value for key, value in found.items()}


def _moved(listed: pd.DataFrame, row: int, hits: tuple[np.ndarray, np.ndarray], moves: Moves) -> dict[str, Any]:
    old, new = ([str(listed["path"].iloc[hit]) for hit in found[row] if hit != NO_HIT] for found in hits)
    query = listed.iloc[row]
    return {
        "path": query["path"],
        "label": query["label"],
        "group": query["group"],
        "rbo": float(moves.rbo[row]),
        "overlap@10": float(moves.overlap[row]),
        "served": old,
        "against": new,
    }
