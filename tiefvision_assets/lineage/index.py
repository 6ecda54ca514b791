"""Building the indexes of both rankings over the live entries, and checking that they are complete."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.boxes_in_force import boxes_in_force, wanted_contents
from tiefvision_assets.lineage.due import decodings_shown, embedding_of, index_inputs, index_versions
from tiefvision_assets.lineage.progress import Stage, silent
from tiefvision_assets.lineage.same_shot import same_shot_of
from tiefvision_assets.lineage.similarity_levels import (
    TripletScores,
    held_out_scores,
    labelled_triplets,
    level_thresholds,
)
from tiefvision_assets.models.fingerprints import INDEX_CODE
from tiefvision_assets.models.inference import FINAL, of_variant
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.index import RANKINGS, Before, IndexVersion, Ranking
from tiefvision_assets.store.milvus.engine import MilvusVectors
from tiefvision_assets.store.neighbours import choose_engine
from tiefvision_assets.store.records import RANKING_HEAD
from tiefvision_assets.store.schemas import BOX, CATALOGUE, INDEX_ENTRIES
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant
from tiefvision_assets.vision.query import ranked

_BLOCK = 65_536
_OF_ENTRIES = ["profile", *[name for name in CATALOGUE.names if name in INDEX_ENTRIES.names]]


class IncompleteIndex(ValueError):
    """A live photo has no encoding or no box yet, so an index of the others would silently leave it out."""


def build_indexes(store: Store, models: CompleteModels, stage: Stage = silent) -> dict[str, IndexVersion]:
    """Write both rankings' index over every live photo; raises `IncompleteIndex` when one has no encoding or no box.

    A version that exists already is not built again. Otherwise the vectors that the served index has for the same
    photos and models are copied, or stay where they are in Milvus. Vectors are processed batch by batch, in files
    rather than in memory. ``stage`` is told how far it is.
    """
    inputs = index_inputs(store, models)
    versions = index_versions(inputs, models, store.settings.index)
    missing = [ranking for ranking in RANKINGS if not store.indexes.exists(ranking, versions[ranking])]
    built: dict[str, IndexVersion] = {
        ranking: store.indexes.open(ranking, versions[ranking]) for ranking in RANKINGS if ranking not in missing
    }
    if not missing:
        return built
    entries, encoded, rows = index_entries(store, models)
    engine = choose_engine(store.settings.index, len(entries))
    same_shot = same_shot_of(store, models.encoder, models.basis)
    made_with = {"encoder": models.encoder, "basis": models.basis, "ranking_head": models.ranking_head}
    for ranking in missing:
        head = models.ranking_head if ranking == "supervised" else None
        if ranking == "supervised" and head is None:
            built[ranking] = store.indexes.again(built["unsupervised"], ranking, versions[ranking])
            continue
        previous = _served_before(store, ranking, inputs["embedding"], head)

        def record(graph: Graph, vectors: np.ndarray | MilvusVectors, head: str | None = head) -> dict[str, Any]:
            if head:
                scores = held_out_scores(store, head, inputs["embedding"], list(entries["sha256"]))
            else:
                triplets = labelled_triplets(store, models.ranking_head)
                scores = TripletScores.of(triplets, list(entries["sha256"]), vectors)
            calibration = level_thresholds(scores, graph, same_shot)
            return {"inputs": inputs, "models": made_with, **calibration.as_record()}

        known, before = _known_before(previous, entries, encoded)
        previous = before.index if before else None  # what was read of it so far is not needed any more
        carried = store.indexes.carried_over(engine, entries, before)
        wanted = carried < 0
        gathered, compared = stage(f"Gathering {ranking} vectors"), stage(f"Finding {ranking} neighbours")
        with _vectors(store, inputs["embedding"], head, rows[wanted], known[wanted], previous, gathered) as vectors:
            made = (ranking, versions[ranking], entries, vectors)
            if engine == "milvus":
                built[ranking] = store.indexes.build_in_milvus(*made, record, before, carried, encoded)
            else:
                built[ranking] = store.indexes.build(*made, engine, record, before, encoded, compared)
    return built


def _served_before(store: Store, ranking: Ranking, embedding: str, head: str | None) -> IndexVersion | None:
    """The served index of that ranking, if its vectors come from the same models and the same code."""
    version = store.served.read().index.get(ranking)
    if version is None or not store.indexes.exists(ranking, version):
        return None
    index = store.indexes.open(ranking, version)
    record = index.record
    inputs = record.get("inputs", {})
    if (inputs.get("embedding"), inputs.get("code")) != (embedding, INDEX_CODE):
        return None
    return index if ranking == "unsupervised" or record["models"]["ranking_head"] == head else None


def index_entries(store: Store, models: CompleteModels) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """One row for each live photo that could be encoded, sorted by path, with its box; raises `IncompleteIndex` if an
    encoding or a box is missing.

    Also returns the (N, 4) boxes under which the photos were encoded, which may differ from the present ones by a
    tolerance, and the (N,) row of each photo among the encodings of all batches, one batch after the other.
    """
    live = store.catalogue.live(_OF_ENTRIES)
    batches = store.catalogue.batch_keys()
    keys = store.encodings.keys_of(embedding_of(models), batches)
    rows = positions(live["sha256"], keys["sha256"])
    unencoded = live[rows < 0]
    if len(unencoded):
        raise IncompleteIndex(
            f"{len(unencoded)} photos have no encoding yet, {unencoded['path'].iloc[0]} among them; "
            "materialise object_encodings first (`tiefvision run` does all in order)."
        )
    live = live.assign(decoding=decodings_shown(live, keys, rows))
    encodable = (keys["error"] == "").to_numpy(dtype=bool)[rows]
    live, rows = live[encodable].reset_index(drop=True), rows[encodable]
    boxes = boxes_in_force(store, models.heads, wanted_contents(store, batches))
    boxed = positions(live["sha256"], boxes["sha256"])
    unlocated = live[boxed < 0]
    if len(unlocated):
        raise IncompleteIndex(
            f"{len(unlocated)} photos have no box yet, {unlocated['path'].iloc[0]} among them; "
            "materialise extracted_boxes first (`tiefvision run` does all in order)."
        )
    box = boxes[[*BOX, "confidence", "human"]].iloc[boxed].reset_index(drop=True)
    return pd.concat([live, box], axis=1)[INDEX_ENTRIES.names], keys[BOX].to_numpy(dtype=np.int32)[rows], rows


@contextmanager
def _vectors(
    store: Store,
    embedding: str,
    head: str | None,
    encodings: np.ndarray,
    known: np.ndarray,
    previous: IndexVersion | None,
    progress: Callable[[int, int], None],
) -> Iterator[np.ndarray]:
    """(N, D) float16 vectors of the entries, in a file of the data folder.

    Vectors of entries with a ``known`` row in ``previous`` are copied; the others are computed from their rows of the
    encodings by the ranking head. This is done in float64, so that the last bits do not depend on the block in which a
    photo is computed.
    """
    weights = of_variant(store.models.tensors(RANKING_HEAD, head), FINAL) if head else None
    folder = store.layout.index("unsupervised", "").parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder) as scratch:
        vectors: np.ndarray | None = None
        done = 0

        def put(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
            nonlocal done
            shape = (len(encodings), values.shape[1])
            file = np.memmap(Path(scratch) / "vectors", np.float16, "w+", shape=shape) if vectors is None else vectors
            file[rows] = values
            done += len(rows)
            progress(done, len(encodings))
            return file

        taken_over = np.flatnonzero(known >= 0)
        if len(taken_over):
            assert previous is not None
            before = replace(previous).vectors
            for start in range(0, len(taken_over), _BLOCK):
                some = taken_over[start : start + _BLOCK]
                vectors = put(some, before[known[some]])
            del before  # it is in memory as a whole by now
        for rows, both in _encodings(store, embedding, encodings, np.flatnonzero(known < 0)):
            made = mirror_invariant(both.astype(np.float64))
            vectors = put(rows, (ranked(made, weights) if weights is not None else made).astype(np.float16))
        yield vectors if vectors is not None else np.empty((0, 1), np.float16)


def _known_before(
    previous: IndexVersion | None, entries: pd.DataFrame, encoded: np.ndarray
) -> tuple[np.ndarray, Before | None]:
    """(N,) the row of ``previous`` with the same content encoded under the same box and in the same colours, or -1;
    and the row of the same entry.

    The same content, box and colours give the same vector, because the models are the same.
    """
    if previous is None:
        return np.full(len(entries), -1), None
    contents, ids = previous.entries["sha256"], previous.entries["image_id"]
    known = positions(entries["sha256"], contents)
    found = np.flatnonzero(known >= 0)
    differs = (previous.encoded[known[found]] != encoded[found]).any(axis=1)
    if "decoding" in previous.entries:
        decoded = previous.entries["decoding"].to_numpy()[known[found]]
    else:
        decoded = np.ones(len(found), dtype=np.int32)
    differs |= decoded != entries["decoding"].to_numpy()[found]
    known[found[differs]] = -1
    origins = positions(entries["image_id"], ids)
    found = np.flatnonzero(origins >= 0)
    # twins have the same content; their vector is that of the first of them
    origins[found[positions(contents, contents)[origins[found]] != known[found]]] = -1
    return known, Before(replace(previous), origins)


def _encodings(
    store: Store, embedding: str, encodings: np.ndarray, wanted: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The wanted rows of the entries with their (R, 2, D) encodings, from those batches that have any."""
    order = wanted[np.argsort(encodings[wanted], kind="stable")]
    start = 0
    for batch in store.catalogue.batch_keys():
        stop = start + len(store.encodings.keys(embedding, batch))
        first, last = np.searchsorted(encodings[order], [start, stop])
        rows = order[first:last]
        if len(rows):
            yield rows, store.encodings.vectors(embedding, batch)[encodings[rows] - start]
        start = stop


def index_problems(store: Store, built: Mapping[str, IndexVersion]) -> list[str]:
    """Sentences about what is wrong with these versions; none when each live photo is in both exactly once."""
    live = store.catalogue.live(["image_id", "sha256"])
    problems = []
    embeddings = {}
    for ranking, index in built.items():
        embedding = index.record["inputs"]["embedding"]
        if embedding not in embeddings:
            keys = store.encodings.keys_of(embedding, store.catalogue.batch_keys())
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
