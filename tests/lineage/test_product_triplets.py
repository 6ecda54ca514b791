"""Triplets of products: who is compared with whom, and that people's triplets alone are judged by."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import TripletDatasetParameters
from tiefvision_assets.lineage.held_out import apart_from
from tiefvision_assets.lineage.product_triplets import product_triplets
from tiefvision_assets.lineage.ranking import Embeddings, weights_of
from tiefvision_assets.lineage.triplet_dataset import FOLDS, make_triplets
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.schemas import GROUP_COLUMNS

SAME_SHOT = 0.95
NAMES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(60)]
PRODUCTS = {name: f"product {number // 3}" for number, name in enumerate(NAMES[:45])}
"""Fifteen products of three photos; the last fifteen photos show none."""


@pytest.fixture
def embeddings() -> Embeddings:
    both = F.normalize(torch.randn(60, 2, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    return Embeddings({name: row for row, name in enumerate(NAMES)}, both)


def labelled(count: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    return pd.DataFrame([[NAMES[i] for i in draw.permutation(60)[:3]] for _ in range(count)], columns=TRIPLET_COLUMNS)


def test_every_photo_with_another_of_its_product_is_compared_with_it_and_with_one_of_another_product(embeddings):
    single = {NAMES[50]: "a single photo", "not encoded": "product 0"}
    made = product_triplets(PRODUCTS | single, embeddings, SAME_SHOT)
    assert set(made["reference"]) == set(PRODUCTS)
    for row in made.itertuples():
        assert row.positive != row.reference and PRODUCTS[row.positive] == PRODUCTS[row.reference]
        assert (PRODUCTS | single)[row.negative] != PRODUCTS[row.reference]


def test_the_same_products_give_the_same_triplets_and_a_product_less_keeps_most_positives(embeddings):
    made = product_triplets(PRODUCTS, embeddings, SAME_SHOT)
    assert made.equals(product_triplets(dict(reversed(PRODUCTS.items())), embeddings, SAME_SHOT))
    fewer = product_triplets(dict(list(PRODUCTS.items())[3:]), embeddings, SAME_SHOT)
    assert len(made.merge(fewer, on=["reference", "positive"])) == len(fewer) == 42


def test_near_duplicates_are_neither_alike_nor_unlike(embeddings):
    both = embeddings.both.clone()
    both[1], both[3] = both[0], both[0]  # a twin of the same product, and one of another
    twins = Embeddings(embeddings.rows, both)
    few = {name: PRODUCTS[name] for name in NAMES[:6]}
    made = product_triplets(few, twins, SAME_SHOT).set_index("reference")
    assert made.loc[NAMES[0], "positive"] == made.loc[NAMES[1], "positive"] == NAMES[2]
    assert NAMES[3] not in set(made.loc[NAMES[:2], "negative"])


def test_what_people_labelled_is_judged_as_without_products_and_nothing_of_it_is_learned_from(embeddings):
    labels = labelled(60)
    alone, beside = (
        make_triplets(labels, embeddings, TripletDatasetParameters(), SAME_SHOT, PRODUCTS, weight)
        for weight in (0.0, 0.25)
    )
    people = beside[beside["source"] == "label"]
    assert people[[*TRIPLET_COLUMNS, "fold"]].equals(alone[[*TRIPLET_COLUMNS, "fold"]])
    assert set(alone["weight"]) == {1.0} and set(people["weight"]) == {1.0}
    products = beside[beside["source"] == "product"]
    assert len(products) == 45 and set(products["weight"]) == {0.25} and set(products["fold"]) == {-1}
    for number in range(FOLDS):
        judged = (beside["fold"] == number).to_numpy()
        learned = beside[apart_from(beside[GROUP_COLUMNS].to_numpy(), judged) & (beside["source"] == "product")]
        photos = set(beside.loc[judged, TRIPLET_COLUMNS].to_numpy().ravel())
        shown = {PRODUCTS.get(photo, photo) for photo in photos}
        assert judged.any() and len(learned)
        assert not shown & {PRODUCTS[photo] for photo in learned[TRIPLET_COLUMNS].to_numpy().ravel()}


def test_all_triplets_alike_have_no_weights(embeddings):
    made = make_triplets(labelled(20), embeddings, TripletDatasetParameters(), SAME_SHOT, PRODUCTS, 0.25)
    assert weights_of(made[made["source"] == "label"]) is None
    assert sorted(set(weights_of(made).tolist())) == [0.25, 1.0]


def test_where_nobody_labelled_any_products_judge(embeddings):
    nothing = labelled(0)
    made = make_triplets(nothing, embeddings, TripletDatasetParameters(), SAME_SHOT, PRODUCTS, 0.25)
    assert set(made["source"]) == {"product"} and set(made["fold"]) == {-1, *range(FOLDS)}
