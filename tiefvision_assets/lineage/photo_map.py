"""The maps of the catalogue, one for each ranking: laid out once, and from then on added to.

A layout is made of up to `ANCHORS` photos, those with the smallest hashes of content and seed, and lasts until the
ranking's models change or it is asked to be made anew. Where a photo lies follows from the layout and from its own
vector, and from nothing else: photos that come and go move no other, and a map that was added to is the one that would
have been made of the same anchors and all photos at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xxhash
from threadpoolctl import threadpool_limits

from tiefvision_assets.lineage.map_layout import laid_out, placed
from tiefvision_assets.models.fingerprints import MAP_CODE, embedding_fingerprint
from tiefvision_assets.store.columns import positions as rows_of
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.index import RANKINGS, IndexVersion, NoIndex, Ranking
from tiefvision_assets.store.model_set import ModelSet
from tiefvision_assets.store.photo_map import Anchors
from tiefvision_assets.store.store import Store

ANCHORS = 10_000
"""At most; so many are laid out within minutes, and a hundred times as many photos are placed among them."""
_BLOCK = 65_536
_SAMPLE, _NEAREST = 500, 10
"""Photos of which is measured how many of their nearest ones are nearest on the map, too."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Mapped:
    """What became of one ranking's map."""

    photos: int
    placed: int
    """Photos that were placed now; all others lie where they lay."""
    anchors: int
    laid_out: bool
    """Whether the layout was made anew."""
    neighbours_kept: float
    """Share of the ten nearest photos in the ranking that are among the ten nearest on the map, of a sample."""


def make_maps(
    store: Store, stage: Callable[[str], Progress], *, seed: int = 0, anew: bool = False, anchors: int = ANCHORS
) -> dict[Ranking, Mapped]:
    """Map what is served: both rankings, or the unsupervised one alone where they are the same.

    Raises `NoIndex` where nothing is served.
    """
    served = store.served.read()
    if not served.index:
        raise NoIndex("There is no index that could be mapped; run `tiefvision run` first.")
    found: dict[Ranking, Mapped] = {}
    for ranking in RANKINGS:
        if ranking == "supervised" and served.models.ranking_head is None:
            store.maps.remove(ranking)
            continue
        index = store.indexes.open(ranking, served.index[ranking])
        space = _space(served.models, ranking)
        with threadpool_limits(1):  # sums in the same order, whatever the machine's number of cores
            found[ranking] = _mapped(store, ranking, index, space, stage(f"Mapping {ranking}"), seed, anew, anchors)
    store.maps.clean({str(name) for ranking in RANKINGS for name in store.maps.read(ranking)["layout"].head(1)})
    return found


def _space(models: ModelSet, ranking: Ranking) -> str:
    """Fingerprint of the models that make that ranking's vectors."""
    embedding = embedding_fingerprint(models.encoder or "", models.basis or "")
    return fingerprint(embedding=embedding, head=models.ranking_head if ranking == "supervised" else None)


def _mapped(
    store: Store,
    ranking: Ranking,
    index: IndexVersion,
    space: str,
    progress: Progress,
    seed: int,
    anew: bool,
    most: int,
) -> Mapped:
    entries = index.entries.drop_duplicates("sha256")
    rows = entries.index.to_numpy()[np.argsort(entries["sha256"].to_numpy(dtype=object))]
    contents = index.entries["sha256"].iloc[rows].reset_index(drop=True)
    hashes = _hashes(index, rows)
    before = store.maps.read(ranking)
    layout = str(before["layout"].iloc[0]) if len(before) else ""
    known = store.maps.anchors(layout) if layout.startswith(space) and not anew else None
    fresh = known is None
    if known is None:
        known = _laid_out(index, rows, contents, seed, most, progress)
        layout = f"{space}-{_digest(known, seed)}"
    points = pd.DataFrame({"sha256": contents, "vector": hashes, "x": np.float32(0), "y": np.float32(0)})
    anchor_hash = pd.Series(_hashes_of(known.vectors), dtype="str")
    is_placed = _taken(points, pd.Series(known.contents, dtype="str"), anchor_hash, known.positions)
    if not fresh:
        is_placed |= _taken(points, before["sha256"], before["vector"], before[["x", "y"]].to_numpy())
    due = np.flatnonzero(~is_placed)
    for start in range(0, len(due), _BLOCK):
        some = due[start : start + _BLOCK]
        points.loc[some, ["x", "y"]] = placed(_vectors(index, rows[some]), _unit(known.vectors), known.positions)
        progress(min(len(due), start + _BLOCK), len(due))
    store.maps.write(ranking, points, layout, known)
    kept = neighbours_kept(_sampled(index, rows), points[["x", "y"]].to_numpy())
    return Mapped(len(points), len(points) if fresh else len(due), len(known.contents), fresh, kept)


def _laid_out(
    index: IndexVersion, rows: np.ndarray, contents: pd.Series, seed: int, most: int, progress: Progress
) -> Anchors:
    order = np.argsort([hashlib.sha256(f"{seed} {sha256}".encode()).hexdigest() for sha256 in contents], kind="stable")
    chosen = np.sort(order[:most])
    vectors = np.asarray(index.vectors[rows[chosen]], dtype=np.float16)
    return Anchors(tuple(contents.iloc[chosen]), vectors, laid_out(_unit(vectors), seed, progress))


def _digest(anchors: Anchors, seed: int) -> str:
    made = xxhash.xxh3_128(anchors.vectors.tobytes())
    made.update(anchors.positions.tobytes())
    return fingerprint(anchors=list(anchors.contents), vectors=made.hexdigest(), seed=seed, code=MAP_CODE)


def _taken(points: pd.DataFrame, contents: pd.Series, hashes: pd.Series, positions: np.ndarray) -> np.ndarray:
    """(N,) which points have the vector that one of these had; they get its position."""
    row = rows_of(points["sha256"], contents)
    same = row >= 0
    same[same] = points["vector"].to_numpy(dtype=object)[same] == hashes.to_numpy(dtype=object)[row[same]]
    points.loc[same, ["x", "y"]] = positions[row[same]]
    return same


def _vectors(index: IndexVersion, rows: np.ndarray) -> np.ndarray:
    return _unit(np.asarray(index.vectors[rows]))


def _unit(vectors: np.ndarray) -> np.ndarray:
    """(N, D) float32 of unit length, which float16 loses."""
    wide = vectors.astype(np.float32)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)


def _hashes(index: IndexVersion, rows: np.ndarray) -> list[str]:
    blocks = (rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK))
    return [each for block in blocks for each in _hashes_of(np.asarray(index.vectors[block], dtype=np.float16))]


def _hashes_of(vectors: np.ndarray) -> list[str]:
    return [xxhash.xxh3_64_hexdigest(vector.tobytes()) for vector in vectors]


def _sampled(index: IndexVersion, rows: np.ndarray) -> dict[int, np.ndarray]:
    """Point → its nearest points in the ranking, of a sample that the index's graph knows."""
    if index.graph is None or len(rows) <= _NEAREST:
        return {}
    contents = pd.factorize(index.entries["sha256"])[0]
    point_of = np.full(contents.max() + 1, -1)
    point_of[contents[rows]] = np.arange(len(rows))
    random = np.random.default_rng(0)
    chosen = np.sort(random.permutation(len(rows))[:_SAMPLE])
    found = {}
    for point in chosen:
        neighbours = np.asarray(index.graph.neighbours[rows[point]])
        points = dict.fromkeys(point_of[contents[neighbours[neighbours >= 0]]].tolist())
        points.pop(int(point), None)
        found[int(point)] = np.array(list(points)[:_NEAREST], dtype=np.int64)
    return found


def neighbours_kept(nearest_points: dict[int, np.ndarray], positions: np.ndarray) -> float:
    """Share of each point's nearest points in many dimensions that are as near on the (N, 2) map; nan without any."""
    shares = []
    for point, wanted in nearest_points.items():
        apart = ((positions - positions[point]) ** 2).sum(axis=1)
        apart[point] = np.inf
        on_map = np.argpartition(apart, min(len(wanted), len(apart) - 1))[: len(wanted)]
        shares.append(np.isin(wanted, on_map).mean() if len(wanted) else np.nan)
    return float(np.nanmean(shares)) if shares else float("nan")
