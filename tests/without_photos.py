"""Data folders with encodings but neither photos nor models: for what starts where encoding ends."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tiefvision_assets.models.fingerprints import embedding_fingerprint, encoder_inputs
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.catalogue import BATCH_SIZE, image_id
from tiefvision_assets.store.records import ENCODER, EncoderRecord
from tiefvision_assets.store.schemas import BOX, CATALOGUE
from tiefvision_assets.store.served import CompleteModels, ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import encoder_named

MODELS = CompleteModels(encoder="encoder", basis="basis")
PROMOTED = ModelSet(encoder="encoder", basis="basis")
EMBEDDING = embedding_fingerprint("encoder", "basis")
WIDTH, HEIGHT = 300, 400


def content_of(path: str) -> str:
    """The sha256 that stands for the photo at that path; ``a.jpg`` and ``twins/a.jpg`` have one content."""
    return hashlib.sha256(path.rsplit("/", 1)[-1].encode()).hexdigest()


def encoder_record(name: str) -> EncoderRecord:
    """As it stands beside the weights of the encoder of that name."""
    return EncoderRecord(encoder_inputs(encoder_named(name), weights="0" * 64))


def set_catalogue(store: Store, paths: Sequence[str], embeddings: np.ndarray, batch_size: int = BATCH_SIZE) -> None:
    """Let the catalogue hold these paths, and the content of path n have the (N, D) embedding n, located and encoded.

    Contents that are known from an earlier call keep their batch and their encoding; new ones form new batches.
    """
    contents = pd.DataFrame({"path": list(paths), "sha256": [content_of(path) for path in paths]})
    known = {
        sha: key for key in store.catalogue.batch_keys() for sha in pd.read_parquet(store.layout.batch(key)).sha256
    }
    fresh = contents[~contents["sha256"].isin(list(known))].drop_duplicates("sha256")
    for start in range(0, len(fresh), batch_size):
        part = fresh.iloc[start : start + batch_size]
        key = f"b{len(store.catalogue.batch_keys()):06d}-{part['sha256'].iloc[0][:8]}"
        _add_batch(store, key, part["sha256"], embeddings[part.index])
        known |= dict.fromkeys(part["sha256"], key)
    table = contents.assign(
        image_id=[image_id(path) for path in paths],
        width=WIDTH,
        height=HEIGHT,
        bytes=1000 + np.arange(len(contents)),
        mtime_ns=0,
        batch=contents["sha256"].map(known),
        status="live",
        reason="",
        profile="",
        note="",
    )
    texts = dict.fromkeys(["image_id", "path", "sha256", "batch", "status", "reason", "profile", "note"], "str")
    write_parquet(store.layout.catalogue, table.astype(texts).sort_values("path")[CATALOGUE.names])
    if not (store.layout.model(ENCODER, "encoder") / "model.json").exists():
        store.models.save(ENCODER, "encoder", encoder_record("alexnet"))
    if store.served.read().next != PROMOTED:
        store.served.promote(PROMOTED)


def _add_batch(store: Store, key: str, contents: pd.Series, embeddings: np.ndarray) -> None:
    rows = pd.DataFrame({"sha256": contents.to_numpy(), "width": WIDTH, "height": HEIGHT})
    write_parquet(store.layout.batch(key), rows)
    sides = dict(zip(BOX, (0, 0, WIDTH, HEIGHT), strict=True))
    located = rows[["sha256"]].assign(**{side: float(value) for side, value in sides.items()}, confidence=0.0, error="")
    store.boxes.write(None, key, located)
    halves = list(embeddings.astype(np.float16))
    encoded = rows[["sha256"]].assign(**sides, error="", decoding=1, embedding=halves, mirrored=halves)
    store.encodings.write(EMBEDDING, key, encoded)


def unit_vectors(count: int, dimensions: int = 16, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
