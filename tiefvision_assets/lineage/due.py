"""What is wanted and not stored yet, and fingerprints of what it is made from; loads no torch, so planning is cheap."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage.boxes_in_force import boxes_in_force, have_moved, rounded_boxes, wanted_contents
from tiefvision_assets.models.fingerprints import BASIS_CODE, ENCODING_MIRRORS, INDEX_CODE, embedding_fingerprint
from tiefvision_assets.store.columns import digest, is_among, positions
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.photos import DECODING_VERSION
from tiefvision_assets.store.records import BasisInputs, RankingRecord
from tiefvision_assets.store.schemas import BOX, UNKNOWN_PROFILE
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import Look


def unlocated(store: Store, heads: str | None, contents: pd.DataFrame) -> pd.DataFrame:
    """The contents without an extracted box by these heads, or with one that was found in other colours."""
    located = store.boxes.read_all(heads, sorted(contents["batch"].unique()))
    row = positions(contents["sha256"], located["sha256"])
    return contents[(row < 0) | (shown_otherwise(contents, located, row) & (heads is not None))]


def shown_otherwise(contents: pd.DataFrame, stored: pd.DataFrame, row: np.ndarray) -> np.ndarray:
    """(N,) whether each content is decoded otherwise since ``row`` of the stored ones was made; false where it is -1.

    That is so only of photos with a colour profile.
    """
    known = row >= 0
    otherwise = known & have_profile(contents)
    otherwise[known] &= stored["decoding"].to_numpy(dtype=np.int64)[row[known]] < DECODING_VERSION
    return otherwise


def have_profile(contents: pd.DataFrame) -> np.ndarray:
    """(N,) whether each content has a colour profile by which it is converted, as far as is known."""
    return ~is_among(contents["profile"], ["", UNKNOWN_PROFILE])


def location_inputs(heads: str | None, missing: pd.DataFrame) -> str:
    """Fingerprint of what is to be located and by which heads."""
    return fingerprint(heads=heads, photos=sorted(missing["sha256"]))


def unencoded(store: Store, heads: str | None, embedding: str, contents: pd.DataFrame) -> pd.DataFrame:
    """The contents, with their boxes in force, that have no encoding, or whose box has moved or whose colours are
    shown otherwise since they were encoded."""
    boxes = boxes_in_force(store, heads, contents)
    keys = store.encodings.keys_of(embedding, sorted(contents["batch"].unique()))
    row = positions(boxes["sha256"], keys["sha256"])
    due, known = row < 0, row >= 0
    wanted, stored = rounded_boxes(boxes[known]), rounded_boxes(keys)[row[known]]
    human = boxes["human"].to_numpy(dtype=bool)[known]
    due[known] = have_moved(wanted, stored, human, store.settings.moved_iou)
    return boxes[due | shown_otherwise(boxes, keys, row)]


def encoding_inputs(embedding: str, due: pd.DataFrame) -> str:
    """Fingerprint of the contents and boxes that are to be encoded, and of the models that encode them."""
    due = due.sort_values("sha256")
    return fingerprint(embedding=embedding, photos=list(due["sha256"]), boxes=rounded_boxes(due).tolist())


def basis_inputs(encoder: str, parameters: BasisParameters, look: Look | None = None) -> BasisInputs:
    """Everything that determines the basis except the sampled photos; ``look`` is the encoder's, `Encoder.look`."""
    seen = asdict(look) if look else None
    return BasisInputs(encoder, parameters.dimensions, parameters.sample, BASIS_CODE, seen)


def is_in_force(fitted: BasisInputs, wanted: BasisInputs) -> bool:
    """Whether a basis stays in use: it was fitted in the way that is wanted, or as before: on objects as the encoder's
    entry has them, and also on encoded mirror images."""
    before = replace(wanted, look=None)
    return fitted in (wanted, before, replace(before, code=ENCODING_MIRRORS))


def embedding_of(models: CompleteModels) -> str:
    """Fingerprint of the encodings that these models make."""
    return embedding_fingerprint(models.encoder, models.basis)


def index_inputs(store: Store, models: CompleteModels) -> dict[str, Any]:
    """Everything that the index of these models would be built from; equal inputs give an equal version."""
    embedding = embedding_of(models)
    batches = store.catalogue.batch_keys()
    contents = wanted_contents(store, batches)
    keys = store.encodings.keys_of(embedding, batches)
    encoded = positions(contents["sha256"], keys["sha256"])
    converted = contents.assign(decoding=decodings_shown(contents, keys, encoded))
    converted = converted[converted["decoding"] > 1]
    in_colours = {"decodings": digest(converted, ["sha256"], ["decoding"])} if len(converted) else {}
    return {
        "embedding": embedding,
        "entries": store.catalogue.version(),
        "encodings": digest(keys.iloc[encoded[encoded >= 0]], ["sha256"], BOX),
        "boxes": digest(boxes_in_force(store, models.heads, contents), ["sha256"], BOX),
        "triplets": triplets_of(store, models.ranking_head),
        "code": INDEX_CODE,
        **in_colours,
    }


def decodings_shown(contents: pd.DataFrame, keys: pd.DataFrame, row: np.ndarray) -> np.ndarray:
    """(N,) version of decoding which each content's encoding shows, ``row`` of the keys; 1 where all show the same."""
    shown = np.ones(len(row), dtype=np.int32)
    converted = have_profile(contents) & (row >= 0)
    shown[converted] = keys["decoding"].to_numpy(dtype=np.int32)[row[converted]]
    return shown


def index_versions(inputs: dict[str, Any], models: CompleteModels, setting: str) -> dict[str, str]:
    """Ranking → version of the index with these inputs; ``setting`` is the engine asked for."""
    heads = {"unsupervised": None, "supervised": models.ranking_head}
    return {ranking: fingerprint(ranking_head=heads[ranking], engine=setting, **inputs) for ranking in RANKINGS}


def triplets_of(store: Store, head: str | None) -> str | None:
    """Fingerprint of the triplet dataset that a ranking head came from; None without a head."""
    return store.models.record(RankingRecord, head).inputs.triplets if head else None
