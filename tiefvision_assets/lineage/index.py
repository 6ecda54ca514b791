"""Building both rankings' indexes for the live entries, and the check that they are whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.fingerprints import INDEX_CODE, embedding_fingerprint
from tiefvision_assets.lineage.boxes import boxes_in_force, wanted_contents
from tiefvision_assets.lineage.levels import calibrate, judging_triplets, triplets_of
from tiefvision_assets.loading import encoder_of, load_ranking_head
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.columns import digest, is_among
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.index import RANKINGS, IndexVersion, Ranking
from tiefvision_assets.store.neighbours import choose_engine
from tiefvision_assets.store.rows import BOX
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant

ENTRY = ["image_id", "path", "sha256", "width", "height", "bytes", "mtime_ns", "batch", *BOX, "confidence", "human"]
_BLOCK = 65_536


class IncompleteIndex(ValueError):
    """Some live photo has no encoding yet; an index of the others would hide it."""


def embedding_of(models: ModelSet) -> str:
    """Fingerprint of the encodings that these models make."""
    assert models.encoder is not None
    assert models.basis is not None
    return embedding_fingerprint(models.encoder, models.basis)


def index_inputs(store: Store, models: ModelSet) -> dict[str, Any]:
    """What the index of these models would be built from; equal inputs, equal version."""
    embedding = embedding_of(models)
    live = store.catalogue.live()
    batches = store.catalogue.batch_keys()
    keys = store.encodings.keys_of(embedding, batches)
    keys = keys[is_among(keys["sha256"], live["sha256"])]
    boxes = boxes_in_force(store, models.heads, wanted_contents(store, batches))
    return {
        "embedding": embedding,
        "entries": digest(live.sort_values("image_id"), ["image_id", "sha256"]),
        "encodings": digest(keys.sort_values("sha256"), ["sha256"], BOX),
        "boxes": digest(boxes.sort_values("sha256"), ["sha256"], BOX),
        "triplets": triplets_of(store, models.ranking_head),
        "code": INDEX_CODE,
    }


def index_versions(inputs: dict[str, Any], models: ModelSet, setting: str) -> dict[str, str]:
    """Ranking → version of the index with these inputs; ``setting`` is the engine asked for."""
    heads = {"unsupervised": None, "supervised": models.ranking_head}
    return {ranking: fingerprint(ranking_head=heads[ranking], engine=setting, **inputs) for ranking in RANKINGS}


def build_indexes(store: Store, models: ModelSet) -> dict[str, IndexVersion]:
    """Write both rankings' index over every live photo; `IncompleteIndex` when one has no encoding.

    A version that is there already is taken as it is. Otherwise what the served index holds of the same photos by the
    same models is taken over. Vectors are handled batch by batch, and lie in files, not in memory.
    """
    inputs = index_inputs(store, models)
    versions = index_versions(inputs, models, store.settings.index)
    missing = [ranking for ranking in RANKINGS if not store.indexes.exists(ranking, versions[ranking])]
    built: dict[str, IndexVersion] = {
        ranking: store.indexes.open(ranking, versions[ranking]) for ranking in RANKINGS if ranking not in missing
    }
    if not missing:
        return built
    entries, encoded, places = index_entries(store, models)
    engine = choose_engine(store.settings.index, len(entries))
    assert models.encoder is not None
    same_shot = encoder_of(store, models.encoder).same_shot
    made_with = {"encoder": models.encoder, "basis": models.basis, "ranking_head": models.ranking_head}
    for ranking in missing:
        head = models.ranking_head if ranking == "supervised" else None
        triplets = judging_triplets(store, models.ranking_head, ranking)
        same = built.get("unsupervised") if ranking == "supervised" and head is None else None
        previous = same or _served_before(store, ranking, inputs["embedding"], head)

        def record(graph: Graph, triplets: pd.DataFrame = triplets) -> dict[str, Any]:
            calibration = calibrate(triplets, entries, vectors, graph, same_shot)
            return {"inputs": inputs, "models": made_with, **calibration.as_record()}

        with _vectors(store, inputs["embedding"], head, entries, encoded, places, previous) as vectors:
            built[ranking] = store.indexes.build(
                ranking, versions[ranking], entries, vectors, engine, record, previous, encoded
            )
    return built


def _served_before(store: Store, ranking: Ranking, embedding: str, head: str | None) -> IndexVersion | None:
    """The served index of that ranking where its vectors come from the same models."""
    version = store.served.read().index.get(ranking)
    if version is None or not store.indexes.exists(ranking, version):
        return None
    index = store.indexes.open(ranking, version)
    record = index.record
    if record.get("inputs", {}).get("embedding") != embedding:
        return None
    return index if ranking == "unsupervised" or record["models"]["ranking_head"] == head else None


def index_entries(store: Store, models: ModelSet) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A row a live photo that could be encoded, sorted by path, with its box; `IncompleteIndex` if one is missing.

    Also the (N, 4) boxes that they were encoded under, which may differ by a tolerance, and (N,) their places among the
    rows of all batches' encodings, one batch after the other.
    """
    live = store.catalogue.live()
    batches = store.catalogue.batch_keys()
    keys = store.encodings.keys_of(embedding_of(models), batches)
    unencoded = live[~is_among(live["sha256"], keys["sha256"])]
    if len(unencoded):
        raise IncompleteIndex(
            f"{len(unencoded)} photos have no encoding yet, {unencoded['path'].iloc[0]} among them; "
            "materialise object_encodings first (`tiefvision run` does all in order)."
        )
    boxes = boxes_in_force(store, models.heads, wanted_contents(store, batches))
    boxes = boxes[["sha256", *BOX, "confidence", "human"]]
    encodable = keys.loc[keys["error"] == "", "sha256"]
    entries = live[is_among(live["sha256"], encodable)].merge(boxes, on="sha256", how="left")
    entries = entries.sort_values("path")[ENTRY].reset_index(drop=True)
    places = pd.Index(keys["sha256"]).get_indexer(pd.Index(entries["sha256"]))
    return entries, keys[BOX].to_numpy(dtype=np.int32)[places], places


@contextmanager
def _vectors(
    store: Store,
    embedding: str,
    head: str | None,
    entries: pd.DataFrame,
    encoded: np.ndarray,
    places: np.ndarray,
    previous: IndexVersion | None,
) -> Iterator[np.ndarray]:
    """(N, D) float16 vectors of the entries, in a file of the data folder.

    Those of ``previous``, made by the same models, are taken over where the content and the encoded box are the same;
    the others come from the encodings, through the ranking head. They are computed in float64, so that the block in
    which a photo falls does not decide its last bits.
    """
    through = load_ranking_head(store, head).double() if head else None
    folder = store.layout.index("unsupervised", "").parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder) as scratch:
        vectors: np.ndarray | None = None

        def put(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
            shape = (len(entries), values.shape[1])
            file = np.memmap(Path(scratch) / "vectors", np.float16, "w+", shape=shape) if vectors is None else vectors
            file[rows] = values
            return file

        before = _rows_before(previous, entries, encoded)
        known = np.flatnonzero(before >= 0)
        for start in range(0, len(known), _BLOCK):
            some = known[start : start + _BLOCK]
            assert previous is not None
            vectors = put(some, previous.vectors[before[some]])
        for rows, both in _encodings(store, embedding, places, np.flatnonzero(before < 0)):
            made = mirror_invariant(torch.from_numpy(both).double())
            vectors = put(rows, (through(made) if through is not None else made).numpy().astype(np.float16))
        yield vectors if vectors is not None else np.empty((0, 1), np.float16)


def _rows_before(previous: IndexVersion | None, entries: pd.DataFrame, encoded: np.ndarray) -> np.ndarray:
    """(N,) a row of ``previous`` with the same content encoded under the same box; -1 where there is none."""
    if previous is None:
        return np.full(len(entries), -1)
    first = previous.entries.drop_duplicates("sha256").index.to_numpy()
    found = pd.Index(previous.entries["sha256"].iloc[first]).get_indexer(pd.Index(entries["sha256"]))
    rows = np.where(found >= 0, first[found], -1) if len(first) else np.full(len(entries), -1)
    known = np.flatnonzero(rows >= 0)
    moved = (previous.encoded[rows[known]] != encoded[known]).any(axis=1)
    rows[known[moved]] = -1
    return rows


def _encodings(
    store: Store, embedding: str, places: np.ndarray, wanted: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The wanted rows of the entries with their (R, 2, D) encodings, batch by batch; other batches are not read."""
    order = wanted[np.argsort(places[wanted], kind="stable")]
    start = 0
    for batch in store.catalogue.batch_keys():
        stop = start + len(store.encodings.keys(embedding, batch))
        first, last = np.searchsorted(places[order], [start, stop])
        rows = order[first:last]
        if len(rows):
            yield rows, store.encodings.vectors(embedding, batch)[places[rows] - start]
        start = stop


def index_problems(store: Store, versions: dict[str, str]) -> list[str]:
    """What is wrong with these versions as sentences: none when each live photo is in both exactly once."""
    live = store.catalogue.live()
    batches = store.catalogue.batch_keys()
    problems = []
    embeddings = {}
    for ranking in RANKINGS:
        index = store.indexes.open(ranking, versions[ranking])
        embedding = index.record["inputs"]["embedding"]
        if embedding not in embeddings:
            keys = store.encodings.keys_of(embedding, batches)
            failed = keys.loc[keys["error"] != "", "sha256"]
            embeddings[embedding] = live.loc[~is_among(live["sha256"], failed), "image_id"]
        expected, held = embeddings[embedding], index.entries["image_id"]
        twice = int(held.duplicated().sum())
        missing = int((~is_among(expected, held)).sum())
        gone = int((~is_among(held.drop_duplicates(), live["image_id"])).sum())
        if twice:
            problems.append(f"{twice} photos are twice in the {ranking} index")
        if missing:
            problems.append(f"{missing} live photos are missing from the {ranking} index")
        if gone:
            problems.append(f"{gone} photos of the {ranking} index are no longer in the catalogue")
        if len(held) != len(index.vectors):
            problems.append(f"the {ranking} index has {len(index.vectors)} vectors for {len(held)} photos")
    if len(embeddings) != 1:
        problems.append("the two rankings were built on different encodings")
    return problems
