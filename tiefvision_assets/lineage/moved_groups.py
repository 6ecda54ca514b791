"""What moves between two sides, by folder, batch or a column of the products: hits, and quality on held-out labels.

It needs no list of labelled photos, so the app can show it of any catalogue: what photos of a group have in common is
the group, and what was held out is what reports judged the models by.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.moved_queries import NO_HIT, paired, paired_by, shares_of_own
from tiefvision_assets.lineage.version_comparison import Comparison, compare_sides
from tiefvision_assets.lineage.versions import Candidate, Side, side_named
from tiefvision_assets.models.fingerprints import RANKING_CODE
from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.products.feed import PRODUCT_ID
from tiefvision_assets.store.products.table import Products
from tiefvision_assets.store.records import BOX_HEADS, RANKING_HEAD, RankingRecord
from tiefvision_assets.store.store import Store

FOLDER, BATCH = "folder", "batch"
NONE = "(none)"
MOST_GROUPS = 200
"""A column of more values than this tells photos apart, not groups."""
MOVED = 50


class NoGrouping(TiefVisionError):
    """There is no such column."""


def groupings(store: Store) -> list[str]:
    """What photos can be grouped by: their folder, their batch, and the products' columns that hold texts, of which
    there are at most `MOST_GROUPS` different ones."""
    products = store.products.intact() if store.settings.has_products else None
    names = _texts(products) if products else []
    few = (name for name in names if products and pc.count_distinct(products.table[name]).as_py() <= MOST_GROUPS)
    return [FOLDER, BATCH, *few]


def _texts(products: Products) -> list[str]:
    """The columns that hold texts."""
    names = (name for name in products.names if name != PRODUCT_ID)
    return [name for name in names if pa.types.is_string(products.table[name].type)]


def names_by(store: Store, entries: pd.DataFrame, by: str) -> np.ndarray:
    """(N,) name of the group of each entry; `NONE` without one. Raises `NoGrouping`."""
    if by == FOLDER:
        return np.array([path.partition("/")[0] if "/" in path else NONE for path in entries["path"]], dtype=object)
    if by == BATCH and BATCH in entries:
        return entries[BATCH].to_numpy(dtype=object)
    products = store.products.read() if store.settings.has_products else None
    if products is None or by not in _texts(products):
        raise NoGrouping(f"Photos cannot be grouped by {by!r}; give one of {', '.join(groupings(store))}.")
    column = products.padded[by].take(pa.array(products.rows_of(entries["path"])))
    named = np.array([NONE if value is None else str(value) for value in column.to_pylist()], dtype=object)
    if len(set(named.tolist()) - {NONE}) > MOST_GROUPS:
        raise NoGrouping(f"{by!r} has more than {MOST_GROUPS} values; group by another column.")
    return named


def hits_by(store: Store, found: Comparison, by: str) -> dict[str, dict[str, Any]]:
    """Group → its queries, how far their hits agree, and the share of hits of the group itself, old and new.

    Hits of the query's own product do not count for that share, whose interval resamples products.
    """
    named = names_by(store, found.entries, by)
    own = _products_of(store, found.entries)
    old, new = (shares_of_own(hits, named, own, found.queries) for hits in (found.old, found.new))
    of_queries, clusters = named[found.queries], own[found.queries]
    old[of_queries == NONE] = new[of_queries == NONE] = np.nan  # what has no group has none in common
    parts = paired_by(of_queries, {"own": (old, new)}, clusters)
    return {
        name: {
            "queries": int((of_queries == name).sum()),
            "overlap@10": float(found.moves.overlap[of_queries == name].mean()),
            **one["own"],
        }
        for name, one in parts.items()
    }


def held_out(store: Store, old: Side, new: Side, by: str | None = None) -> dict[str, dict[str, Any]]:
    """``triplets`` and ``boxes`` → quality of both on labels that neither learned from, with the paired difference.

    Only what both were judged on counts, and in the same way; what cannot be compared is left out. With ``by`` the same
    for each group, under ``by``, of references and of photos.
    """
    found = {}
    for kind, frame in (("triplets", _triplets(store, old, new)), ("boxes", _boxes(store, old, new))):
        if frame is None or not len(frame):
            continue
        before, now, names = (frame[column].to_numpy() for column in ("old", "new", "sha256"))
        found[kind] = paired(before, now, names)
        if by is not None:
            live = store.catalogue.contents()
            rows = positions(frame["sha256"], live["sha256"])
            grouped = np.full(len(frame), NONE, dtype=object)
            grouped[rows >= 0] = names_by(store, live.iloc[rows[rows >= 0]], by)
            parts = paired_by(grouped, {kind: (before, now)}, names)
            found[kind]["by"] = {name: one[kind] for name, one in parts.items()}
    return found


def changes_document(store: Store, old: str, new: str, ranking: Ranking, by: str) -> dict[str, Any]:
    """What moves from one side to another, both named, as one JSON document."""
    sides = side_named(store, old), side_named(store, new)
    found = compare_sides(store, *sides, ranking)
    moves = found.moves
    return {
        "old": sides[0].name,
        "new": sides[1].name,
        "ranking": ranking,
        "queries": len(found.queries),
        "unchanged": float((moves.overlap == 1).mean()) if len(found.queries) else float("nan"),
        "overlap@10": float(moves.overlap.mean()) if len(found.queries) else float("nan"),
        "rbo": float(moves.rbo.mean()) if len(found.queries) else float("nan"),
        "only_old": found.only_old,
        "only_new": found.only_new,
        "grouped": by,
        "by": hits_by(store, found, by),
        "held_out": held_out(store, *sides, by),
        "moved": [_moved(found, query) for query in moves.order[:MOVED] if moves.rbo[query] < 1 - 1e-9],
    }


def _moved(found: Comparison, query: int) -> dict[str, Any]:
    row = found.entries.iloc[found.queries[query]]
    both = (found.old, found.new)
    old, new = ([found.entries["path"].iloc[hit] for hit in hits[query] if hit != NO_HIT] for hits in both)
    told = {"rbo": float(found.moves.rbo[query]), "overlap@10": float(found.moves.overlap[query])}
    return {"image_id": row["image_id"], "path": row["path"], **told, "old": old, "new": new}


def _products_of(store: Store, entries: pd.DataFrame) -> np.ndarray:
    """(N,) what each photo shows: a product, or only itself and its twins."""
    own = entries["sha256"].to_numpy(dtype=object)
    products = store.products.intact() if store.settings.has_products else None
    if products is None:
        return own
    rows = products.rows_of(entries["path"])
    return np.where(rows < len(products), rows.astype(str).astype(object), own)


def _triplets(store: Store, old: Side, new: Side) -> pd.DataFrame | None:
    """Columns sha256 of the reference, old, new: whether held-out triplets are ranked right."""
    heads = [_model(side, RANKING_HEAD, other) for side, other in ((old, new), (new, old))]
    frames = [_judged_triplets(store, head) for head in heads]
    known = [frame for frame in frames if frame is not None]
    if not known or len(known) < len(list(filter(None, heads))) or heads[0] == heads[1]:
        return None
    plain = known[0].assign(supervised=known[0]["unsupervised"])
    first, second = (plain if frame is None else frame for frame in frames)
    columns = [*TRIPLET_COLUMNS, "supervised"]
    both = first[columns].merge(second[columns], on=TRIPLET_COLUMNS, suffixes=("_old", "_new"))
    named = {"reference": "sha256", "supervised_old": "old", "supervised_new": "new"}
    return both.rename(columns=named)[["sha256", "old", "new"]]


def _judged_triplets(store: Store, head: str | None) -> pd.DataFrame | None:
    if head is None or not store.models.exists(RANKING_HEAD, head):
        return None
    is_alike = store.models.record(RankingRecord, head).inputs.code == RANKING_CODE
    return store.models.evaluation(RANKING_HEAD, head) if is_alike else None


def _boxes(store: Store, old: Side, new: Side) -> pd.DataFrame | None:
    """Columns sha256, old, new: the IoU of boxes that were held out."""
    heads = [_model(side, BOX_HEADS, other) for side, other in ((old, new), (new, old))]
    frames = [store.models.evaluation(BOX_HEADS, head) if head else None for head in heads]
    known = [frame for frame in frames if frame is not None]
    if not known or len(known) < len(list(filter(None, heads))) or heads[0] == heads[1]:
        return None
    plain = known[0].assign(iou=known[0]["mean_box_iou"])
    first, second = ((plain if frame is None else frame)[["sha256", "iou"]] for frame in frames)
    return first.merge(second, on="sha256", suffixes=("_old", "_new")).rename(
        columns={"iou_old": "old", "iou_new": "new"}
    )


def _model(side: Side, kind: str, other: Side) -> str | None:
    """The side's model of that kind; of a candidate of another kind that of the other side, as it changes nothing."""
    if isinstance(side, Candidate):
        if side.kind == kind:
            return side.name
        return None if isinstance(other, Candidate) else _model(other, kind, other)
    return side.models.heads if kind == BOX_HEADS else side.models.ranking_head
