"""The triplet dataset: labelled triplets, split by all their photos, and generated ones for training if configured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tiefvision_assets.hyperparameters import TripletDatasetParameters
from tiefvision_assets.lineage.feedback_triplets import clicks_learned
from tiefvision_assets.lineage.held_out import apart_from, folds_apart, photo_groups
from tiefvision_assets.lineage.product_triplets import product_triplets
from tiefvision_assets.lineage.products import product_groups, products_learned
from tiefvision_assets.lineage.ranking import Embeddings, NoEncodings, load_embeddings
from tiefvision_assets.lineage.same_shot import same_shot_of
from tiefvision_assets.lineage.triplets import (
    BESIDE,
    CLICK,
    LABEL,
    MINED,
    MIRROR,
    PRODUCT,
    contradictory,
    judging,
    mined,
    suspicious,
)
from tiefvision_assets.models.fingerprints import RANKING_CODE, embedding_fingerprint
from tiefvision_assets.splits import is_test_photo
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.neighbours import ExactIndex
from tiefvision_assets.store.records import TripletDatasetInputs
from tiefvision_assets.store.schemas import GROUP_COLUMNS, TRIPLETS
from tiefvision_assets.store.store import Store

FOLDS = 3
ENOUGH_TEST_REFERENCES = 30
"""With fewer test references than this, candidates are cross-validated. The triplets of one reference tend to be right
or wrong together: 61 triplets of 8 references once spoke against a head that ranked .83 of 356 others right, where the
embedding ranked .76."""
KEPT_BESIDE_TEST = 0.9
"""Test triplets are held out for good only where at least this share of the others has none of their photos."""
SEMI_HARD = 0.1
"""A mined negative is less similar than the positive by at most this much."""
CONTRADICTORY, SUSPICIOUS = "contradictory", "suspicious"
"""Flags of labelled triplets; the flag of all others is empty."""


def make_triplets(
    labels: pd.DataFrame,
    embeddings: Embeddings,
    parameters: TripletDatasetParameters,
    same_shot: float,
    known_groups: Mapping[str, str] | None = None,
    product_weight: float = 0.0,
    clicks: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The labelled triplets whose photos are all encoded, split by these photos, with generated ones for training:
    mirror and mined triplets, where ``product_weight`` is not 0 those of products, with that weight, and ``clicks``,
    which have weights of their own.

    Triplets that contradict one another are flagged and in no split: half of them are wrong, and nobody knows which.
    Those that are only suspicious are flagged and stay, because one wrong triplet makes every cycle that it is part of
    suspicious.

    Photos are split by their groups, see `photo_groups`. A fold is judged by a head that learned from the training
    triplets `apart_from` it. There are folds unless enough test references are held out from all training; those are
    where that leaves out few other triplets.

    The reference and the positive of a mirror triplet are the same photo, its negative is the photo's nearest other
    one. There is one for every labelled training reference and for as many other photos that are no references. No
    generated triplet is learned from that shares a photo with a test triplet. Those of products are judged by where
    nobody labelled any, those of clicks never; they have no part in how the others are divided.
    """
    encoded = embeddings.rows.keys()
    known = labels[labels[TRIPLET_COLUMNS].isin(list(encoded)).all(axis=1)].sort_values(
        TRIPLET_COLUMNS, ignore_index=True
    )
    flag = np.select([contradictory(known), suspicious(known)], [CONTRADICTORY, SUSPICIOUS], "")
    grouped = _with_groups(known[TRIPLET_COLUMNS], embeddings, same_shot, known_groups)
    split = _splits(grouped, flag == CONTRADICTORY, parameters.test_share)
    triplets = grouped.assign(source=LABEL, split=split, flag=flag, weight=1.0)
    training = triplets[triplets["split"] == "train"]
    added = [_mirrors(triplets, embeddings, parameters.test_share)] if parameters.mirrors else []
    if parameters.mined_negatives:
        harder = mined(training, embeddings.rows, embeddings.invariant.numpy(), parameters.mined_negatives, SEMI_HARD)
        added.append(harder.assign(source=MINED))
    if product_weight and known_groups:
        free = product_triplets(known_groups, embeddings, same_shot)
        added.append(free.assign(source=PRODUCT, weight=product_weight))
    if clicks is not None:
        added.append(clicks[clicks[TRIPLET_COLUMNS].isin(list(encoded)).all(axis=1)].assign(source=CLICK))
    if added:
        columns = [*TRIPLET_COLUMNS, "source", "split", "flag", "weight"]
        generated = [pd.DataFrame({"weight": 1.0, **part, "split": "train", "flag": ""}) for part in added]
        triplets = pd.concat([triplets[columns], *generated], ignore_index=True)
        triplets = _with_groups(triplets, embeddings, same_shot, known_groups)
        judged = (triplets["split"] == "test").to_numpy()
        learned = (triplets["split"] == "train").to_numpy()
        triplets = triplets[~learned | apart_from(triplets[GROUP_COLUMNS].to_numpy(), judged)]
    judges = judging(triplets)
    divided = (triplets["split"] == "train").to_numpy() & (judges | ~triplets["source"].isin(BESIDE).to_numpy())
    fold = np.full(len(triplets), -1)
    if not (triplets["split"] == "test").any():
        fold[divided] = folds_apart(triplets.loc[divided, GROUP_COLUMNS].to_numpy(), judges[divided], FOLDS)
    return triplets.assign(fold=fold)[TRIPLETS.names].reset_index(drop=True)


def _with_groups(
    triplets: pd.DataFrame, embeddings: Embeddings, same_shot: float, known: Mapping[str, str] | None
) -> pd.DataFrame:
    """The triplets with the group of each of their photos."""
    photos = sorted(set(triplets[TRIPLET_COLUMNS].to_numpy().ravel()))
    vectors = embeddings.invariant[[embeddings.rows[photo] for photo in photos]].numpy()
    groups = photo_groups(photos, vectors, same_shot, known)
    columns = zip(GROUP_COLUMNS, TRIPLET_COLUMNS, strict=True)
    return triplets.assign(**{group: triplets[photo].map(groups).astype("int64") for group, photo in columns})


def _splits(triplets: pd.DataFrame, contradictory: np.ndarray, test_share: float) -> np.ndarray:
    """(N,) ``train``, ``test`` or ``none`` of each labelled triplet."""
    is_test = triplets["reference"].map(lambda sha: is_test_photo(sha, test_share)).to_numpy(dtype=bool)
    test = is_test & ~contradictory
    apart = apart_from(triplets[GROUP_COLUMNS].to_numpy(), test)
    others = ~test & ~contradictory
    few = triplets.loc[test, "reference"].nunique() < ENOUGH_TEST_REFERENCES
    if few or (apart & others).sum() < KEPT_BESIDE_TEST * others.sum():
        return np.where(contradictory, "none", "train")
    return np.select([test, apart & others], ["test", "train"], "none")


def _mirrors(triplets: pd.DataFrame, embeddings: Embeddings, test_share: float) -> pd.DataFrame:
    """A mirror triplet for each training reference, and for as many photos that are in no triplet."""
    references = sorted(set(triplets.loc[triplets["split"] == "train", "reference"]))
    if not references or len(embeddings.rows) < 2:
        return pd.DataFrame(columns=[*TRIPLET_COLUMNS, "source"])
    labelled = set(triplets["reference"])
    others = [sha for sha in sorted(embeddings.rows) if sha not in labelled and not is_test_photo(sha, test_share)]
    chosen = references + others[: len(references)]
    nearest = _nearest_other(embeddings, chosen)
    return pd.DataFrame({"reference": chosen, "positive": chosen, "negative": nearest, "source": MIRROR})


def _nearest_other(embeddings: Embeddings, chosen: list[str]) -> list[str]:
    names = list(embeddings.rows)
    vectors = embeddings.invariant.numpy()
    rows = np.array([embeddings.rows[sha] for sha in chosen])
    nearest, _ = ExactIndex(vectors).search(vectors[rows], 2)
    return [names[pair[0] if pair[0] != row else pair[1]] for pair, row in zip(nearest, rows, strict=True)]


def save_triplets(store: Store, parameters: TripletDatasetParameters) -> tuple[str, pd.DataFrame]:
    """Write the triplet dataset of the current labels and encodings; returns its fingerprint and rows."""
    labels = store.snapshots.current("triplets")
    models = store.served.read().next.complete
    if models is None:
        raise NoEncodings("Triplets are ranked by object encodings, and there are none; materialise them first.")
    embedding = embedding_fingerprint(models.encoder, models.basis)
    embeddings = load_embeddings(store, embedding)
    same_shot = same_shot_of(store, models.encoder, models.basis)
    rows = store.snapshots.read("triplets", labels)
    products = products_learned(store)
    weight = products.weight if products else 0.0
    clicks, feedback = clicks_learned(store, rows)
    triplets = make_triplets(rows, embeddings, parameters, same_shot, product_groups(store), weight, clicks)
    hashed = triplets if (triplets["weight"] != 1).any() else triplets.drop(columns="weight")
    name = fingerprint(rows=hashed.to_numpy().tolist(), code=RANKING_CODE)
    inputs = TripletDatasetInputs(labels, parameters.model_dump(), embedding, products, feedback)
    store.triplets.write(name, triplets, inputs)
    return name, triplets
