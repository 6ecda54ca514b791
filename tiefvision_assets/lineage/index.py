"""Building both rankings' indexes for the live entries, and the check that they are whole."""

from __future__ import annotations

import hashlib
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
from tiefvision_assets.loading import load_ranking_head
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.index import RANKINGS, IndexVersion, Ranking
from tiefvision_assets.store.joins import among
from tiefvision_assets.store.neighbours import choose_engine
from tiefvision_assets.store.rows import BOX
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import mirror_invariant

ENTRY = ["image_id", "path", "sha256", "width", "height", "bytes", "mtime_ns", "batch", *BOX, "confidence", "human"]


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
    keys = keys[among(keys["sha256"], live["sha256"])]
    boxes = boxes_in_force(store, models.heads, wanted_contents(store, batches))
    return {
        "embedding": embedding,
        "entries": _digest(live.sort_values("image_id"), ["image_id", "sha256"]),
        "encodings": _digest(keys.sort_values("sha256"), ["sha256", *BOX]),
        "boxes": _digest(boxes.sort_values("sha256"), ["sha256", *BOX]),
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
    entries, places = index_entries(store, models)
    engine = choose_engine(store.settings.index, len(entries))
    made_with = {"encoder": models.encoder, "basis": models.basis, "ranking_head": models.ranking_head}
    for ranking in missing:
        head = models.ranking_head if ranking == "supervised" else None
        with _vectors(store, inputs["embedding"], head, places) as vectors:
            calibration = calibrate(judging_triplets(store, models.ranking_head, ranking), entries, vectors)
            record = {"inputs": inputs, "models": made_with, **calibration.as_record()}
            same = built.get("unsupervised") if ranking == "supervised" and head is None else None
            previous = same or _served_before(store, ranking, inputs["embedding"], head)
            built[ranking] = store.indexes.build(ranking, versions[ranking], entries, vectors, engine, record, previous)
    return built


def _served_before(store: Store, ranking: Ranking, embedding: str, head: str | None) -> IndexVersion | None:
    """The served index of that ranking where its vectors come from the same models."""
    version = store.served.read().index.get(ranking)
    if version is None or not store.indexes.exists(ranking, version):
        return None
    index = store.indexes.open(ranking, version)
    record = index.record
    same_head = ranking == "unsupervised" or record["models"]["ranking_head"] == head
    return index if record["inputs"]["embedding"] == embedding and same_head else None


def index_entries(store: Store, models: ModelSet) -> tuple[pd.DataFrame, np.ndarray]:
    """A row a live photo that could be encoded, sorted by path, with its box; `IncompleteIndex` if one is missing.

    Also (N,) each one's place among the rows of all batches' encodings, one batch after the other.
    """
    live = store.catalogue.live()
    batches = store.catalogue.batch_keys()
    keys = store.encodings.keys_of(embedding_of(models), batches)
    unencoded = live[~among(live["sha256"], keys["sha256"])]
    if len(unencoded):
        raise IncompleteIndex(
            f"{len(unencoded)} photos have no encoding yet, {unencoded['path'].iloc[0]} among them; "
            "materialise object_encodings first (`tiefvision run` does all in order)."
        )
    boxes = boxes_in_force(store, models.heads, wanted_contents(store, batches))
    boxes = boxes[["sha256", *BOX, "confidence", "human"]]
    encoded = keys[keys["error"] == ""]
    entries = live[among(live["sha256"], encoded["sha256"])].merge(boxes, on="sha256", how="left")
    entries = entries.sort_values("path")[ENTRY].reset_index(drop=True)
    return entries, pd.Index(keys["sha256"]).get_indexer(pd.Index(entries["sha256"]))


@contextmanager
def _vectors(store: Store, embedding: str, head: str | None, places: np.ndarray) -> Iterator[np.ndarray]:
    """(N, D) float16 vectors of the encodings at (N,) places, through the ranking head, in a file of the data folder.

    Computed in float64, so that the block in which a photo falls does not decide its last bits.
    """
    through = load_ranking_head(store, head).double() if head else None
    folder = store.layout.index("unsupervised", "").parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=folder) as scratch:
        vectors: np.ndarray | None = None
        order = np.argsort(places, kind="stable")
        start = 0
        for batch in store.catalogue.batch_keys():
            encoded = store.encodings.keys(embedding, batch)
            stop = start + len(encoded)
            rows = order[np.searchsorted(places, start, sorter=order) : np.searchsorted(places, stop, sorter=order)]
            if len(rows):
                both = torch.from_numpy(store.encodings.vectors(embedding, batch)[places[rows] - start]).double()
                made = mirror_invariant(both)
                made = through(made) if through is not None else made
                if vectors is None:
                    shape = (len(places), made.shape[1])
                    vectors = np.memmap(Path(scratch) / "vectors", np.float16, "w+", shape=shape)
                vectors[rows] = made.numpy().astype(np.float16)
            start = stop
        yield vectors if vectors is not None else np.empty((0, 1), np.float16)


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
            embeddings[embedding] = live.loc[~among(live["sha256"], failed), "image_id"]
        expected, held = embeddings[embedding], index.entries["image_id"]
        twice = int(held.duplicated().sum())
        missing = int((~among(expected, held)).sum())
        gone = int((~among(held.drop_duplicates(), live["image_id"])).sum())
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


def _digest(frame: pd.DataFrame, columns: list[str]) -> str:
    """Of the frame's rows in their order: texts, and the sides of boxes as float64."""
    digest = hashlib.sha256()
    for name in columns:
        values = frame[name]
        whole = values.to_numpy(dtype=np.float64).tobytes() if name in BOX else "\n".join(values).encode()
        digest.update(len(whole).to_bytes(8, "little") + whole)
    return digest.hexdigest()[:16]
