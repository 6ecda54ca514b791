"""Building both rankings' indexes for the live entries, and the check that they are whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.fingerprints import INDEX_CODE, embedding_fingerprint
from tiefvision_assets.lineage.boxes import boxes_in_force, wanted_contents
from tiefvision_assets.lineage.ranking import Embeddings, load_embeddings
from tiefvision_assets.loading import load_ranking_head
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.index import RANKINGS, IndexVersion
from tiefvision_assets.store.neighbours import choose_engine
from tiefvision_assets.store.rows import BOX
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

ENTRY = ["image_id", "path", "sha256", "width", "height", "mtime_ns", *BOX, "confidence", "human"]
SAME_QUANTILE = 0.05
SAME_AT_LEAST = 0.9


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
    keys = store.encodings.keys_of(embedding, store.catalogue.batch_keys())
    keys = keys[keys["sha256"].isin(live["sha256"])].sort_values("sha256")
    boxes = boxes_in_force(store, models.heads, wanted_contents(store, store.catalogue.batch_keys()))
    return {
        "embedding": embedding,
        "entries": _digest(live[["image_id", "sha256"]].sort_values("image_id")),
        "encodings": _digest(keys[["sha256", *BOX]]),
        "boxes": _digest(boxes[["sha256", *BOX]].sort_values("sha256")),
        "code": INDEX_CODE,
    }


def index_versions(inputs: dict[str, Any], models: ModelSet, setting: str) -> dict[str, str]:
    """Ranking → version of the index with these inputs; ``setting`` is the engine asked for."""
    heads = {"unsupervised": None, "supervised": models.ranking_head}
    return {ranking: fingerprint(ranking_head=heads[ranking], engine=setting, **inputs) for ranking in RANKINGS}


def build_indexes(store: Store, models: ModelSet) -> dict[str, IndexVersion]:
    """Write both rankings' index over every live photo; `IncompleteIndex` when one has no encoding."""
    inputs = index_inputs(store, models)
    versions = index_versions(inputs, models, store.settings.index)
    embeddings = load_embeddings(store, inputs["embedding"])
    entries = index_entries(store, models, embeddings)
    rows = [embeddings.rows[sha256] for sha256 in entries["sha256"]]
    vectors = {"unsupervised": embeddings.invariant[rows], "supervised": embeddings.invariant[rows]}
    mirrors = embeddings.both[rows]
    if models.ranking_head:
        head = load_ranking_head(store, models.ranking_head)
        vectors["supervised"], mirrors = head(vectors["supervised"]), head(mirrors)
    built: dict[str, IndexVersion] = {}
    for ranking in RANKINGS:
        both = mirrors if ranking == "supervised" else embeddings.both[rows]
        record = {
            "inputs": inputs,
            "models": {"encoder": models.encoder, "basis": models.basis, "ranking_head": models.ranking_head},
            "levels": score_levels(vectors[ranking].numpy(), (both[:, 0] * both[:, 1]).sum(-1).numpy()),
        }
        engine = choose_engine(store.settings.index, len(entries))
        built[ranking] = store.indexes.build(
            ranking, versions[ranking], entries, vectors[ranking].numpy(), engine, record
        )
    return built


def index_entries(store: Store, models: ModelSet, embeddings: Embeddings) -> pd.DataFrame:
    """A row a live photo that could be encoded, sorted by path, with its box; `IncompleteIndex` if one is missing."""
    live = store.catalogue.live()
    keys = store.encodings.keys_of(embedding_of(models), store.catalogue.batch_keys())
    unencoded = live[~live["sha256"].isin(keys["sha256"])]
    if len(unencoded):
        raise IncompleteIndex(
            f"{len(unencoded)} photos have no encoding yet, {unencoded['path'].iloc[0]} among them; "
            "materialise object_encodings first (`tiefvision run` does all in order)."
        )
    contents = wanted_contents(store, store.catalogue.batch_keys())
    boxes = boxes_in_force(store, models.heads, contents)[["sha256", *BOX, "confidence", "human"]]
    entries = live[live["sha256"].isin(list(embeddings.rows))].merge(boxes, on="sha256", how="left")
    return entries.sort_values("path")[ENTRY].reset_index(drop=True)


def score_levels(vectors: np.ndarray, mirrors: np.ndarray) -> dict[str, float]:
    """The least scores of ``same`` and ``very similar``, from the catalogue itself.

    ``same``: as close as all but 5 % of the photos are to their own mirror images, and at least 0.9. ``very similar``:
    as close as the median photo is to its nearest other one that is not the same.
    """
    if len(vectors) < 2:
        return {"same": SAME_AT_LEAST, "very similar": SAME_AT_LEAST}
    same = max(SAME_AT_LEAST, float(np.quantile(mirrors, SAME_QUANTILE)))
    chosen = np.random.default_rng(0).permutation(len(vectors))[:1000]
    scores = vectors[chosen] @ vectors.T
    scores[np.arange(len(chosen)), chosen] = -1
    nearest = np.where(scores < same, scores, -1).max(axis=1)
    return {"same": same, "very similar": min(same, float(np.median(nearest)))}


def index_problems(store: Store, versions: dict[str, str]) -> list[str]:
    """What is wrong with these versions as sentences: none when each live photo is in both exactly once."""
    live = store.catalogue.live()
    problems = []
    embeddings = set()
    for ranking in RANKINGS:
        index = store.indexes.open(ranking, versions[ranking])
        embeddings.add(index.record["inputs"]["embedding"])
        entries = index.entries
        keys = store.encodings.keys_of(index.record["inputs"]["embedding"], store.catalogue.batch_keys())
        expected = live[~live["sha256"].isin(keys.loc[keys["error"] != "", "sha256"])]
        twice = entries[entries["image_id"].duplicated()]
        missing = set(expected["image_id"]) - set(entries["image_id"])
        gone = set(entries["image_id"]) - set(live["image_id"])
        if len(twice):
            problems.append(f"{len(twice)} photos are twice in the {ranking} index")
        if missing:
            problems.append(f"{len(missing)} live photos are missing from the {ranking} index")
        if gone:
            problems.append(f"{len(gone)} photos of the {ranking} index are no longer in the catalogue")
        if len(entries) != len(index.vectors):
            problems.append(f"the {ranking} index has {len(index.vectors)} vectors for {len(entries)} photos")
    if len(embeddings) != 1:
        problems.append("the two rankings were built on different encodings")
    return problems


def _digest(frame: pd.DataFrame) -> str:
    return fingerprint(rows=[list(map(str, row)) for row in frame.itertuples(index=False)])
