from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.without_photos import MODELS, encoder_record, set_catalogue, unit_vectors
from tiefvision_assets.lineage import similarity_levels as levels
from tiefvision_assets.lineage.index import build_indexes
from tiefvision_assets.lineage.similarity_levels import (
    ENOUGH_TRIPLETS,
    LevelThresholds,
    TripletScores,
    held_out_scores,
    labelled_triplets,
    level_thresholds,
    score_at,
)
from tiefvision_assets.store.graph import build_graph
from tiefvision_assets.store.records import ENCODER
from tiefvision_assets.vision.registry import ENCODERS

SAME_SHOT = 0.9
NO_TRIPLETS = pd.DataFrame(columns=["reference", "positive", "negative"])


def entries(count: int) -> pd.DataFrame:
    return pd.DataFrame({"sha256": [f"s{n}" for n in range(count)]})


def clusters(groups: int, each: int, spread: float) -> np.ndarray:
    """Photos in groups of look-alikes, in the order of the groups."""
    centres = np.repeat(unit_vectors(groups, 64), each, axis=0)
    vectors = centres + spread * unit_vectors(groups * each, 64, seed=1)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def calibrated(triplets: pd.DataFrame, vectors: np.ndarray) -> LevelThresholds:
    scores = TripletScores.of(triplets, list(entries(len(vectors))["sha256"]), vectors)
    return level_thresholds(scores, build_graph(vectors), SAME_SHOT)


def drawn(count: int, groups: int, each: int) -> pd.DataFrame:
    """H and H+ of one group, H- of another."""
    draw = np.random.default_rng(0)
    rows = []
    while len(rows) < count:
        a, b = draw.choice(groups, 2, replace=False)
        first, second = draw.choice(each, 2, replace=False)
        rows.append((f"s{a * each + first}", f"s{a * each + second}", f"s{b * each + draw.integers(each)}"))
    return pd.DataFrame(rows, columns=["reference", "positive", "negative"])


def test_the_score_at_a_probability_is_that_of_two_overlapping_bells():
    draw = np.random.default_rng(0)
    positive, negative = draw.normal(0.7, 0.1, 40_000), draw.normal(0.3, 0.1, 40_000)
    # the log of the densities' ratio is 40 * (score - 0.5)
    for certain in (0.5, 0.9, 0.95):
        expected = 0.5 + np.log(certain / (1 - certain)) / 40
        assert score_at(certain, positive, negative) == pytest.approx(expected, abs=0.005)
    assert 0.2 < score_at(0.5, np.full(5, 0.9), np.full(5, 0.2)) < 0.9, "apart entirely"
    assert score_at(0.9, negative, positive) is None
    assert score_at(0.9, np.full(5, 0.5), np.full(5, 0.5)) is None


def test_triplets_decide_what_is_very_similar():
    vectors = clusters(20, 6, 0.8)
    scores = vectors.astype(np.float32) @ vectors.T.astype(np.float32)
    group = np.arange(120) // 6
    alike = group[:, None] == group
    np.fill_diagonal(alike, False)
    found = calibrated(drawn(400, 20, 6), vectors)
    assert found.triplets == 400
    assert (scores[alike] >= found.very_similar).mean() > 0.9
    assert (scores[group[:, None] != group] >= found.very_similar).mean() < 0.02
    assert found.very_similar < found.same


def test_few_triplets_leave_it_to_the_catalogue():
    vectors = clusters(20, 6, 0.8)
    scores = vectors.astype(np.float32) @ vectors.T.astype(np.float32)
    np.fill_diagonal(scores, -1)
    few = calibrated(drawn(ENOUGH_TRIPLETS - 1, 20, 6), vectors)
    assert few.triplets == 0
    assert few.very_similar == pytest.approx(float(np.median(scores.max(1))), abs=1e-4)
    unknown = drawn(100, 20, 6).replace({"s3": "gone"})
    assert calibrated(unknown, vectors).triplets == (unknown != "gone").all(axis=1).sum()
    turned = drawn(400, 20, 6).rename(columns={"positive": "negative", "negative": "positive"})
    assert calibrated(turned, vectors) == few


@pytest.mark.parametrize("count", [0, 1])
def test_a_catalogue_without_neighbours_has_levels(count):
    found = calibrated(NO_TRIPLETS, np.ones((count, 4), np.float16) / 2)
    assert (found.same, found.triplets) == (SAME_SHOT, 0)
    assert 0 <= found.very_similar <= found.same


def test_in_a_dense_catalogue_the_same_shot_has_to_be_closer():
    assert calibrated(NO_TRIPLETS, clusters(20, 6, 1.2)).same == SAME_SHOT
    dense = calibrated(NO_TRIPLETS, clusters(20, 6, 0.2))
    assert SAME_SHOT < dense.same < 1


@pytest.mark.parametrize("name", ["alexnet", "efficientnet_lite0"])
def test_each_encoder_has_its_own_least_score_of_the_same_shot(store, name):
    store.models.save(ENCODER, "encoder", encoder_record(name))
    set_catalogue(store, [f"{number}.jpg" for number in range(40)], unit_vectors(40, 64))
    for index in build_indexes(store, MODELS).values():
        assert index.record["levels"]["same"] == ENCODERS[name].same_shot


def test_without_a_head_there_are_no_triplets_to_judge_by(store):
    assert labelled_triplets(store, None).empty


def test_held_out_scores_are_told_on_the_scale_of_the_head_that_is_served(store, monkeypatch):
    """Of two folds' heads one sees photos as the final head does, the other finds all of them much more alike."""
    names = [f"{number:02d}" for number in range(40)]
    one = np.concatenate([np.ones((40, 1)), unit_vectors(40, 15)], axis=1) / np.sqrt(2)
    both = np.repeat(one[:, None], 2, axis=1)
    same, alike = np.eye(16), np.diag([3.0] + [1.0] * 15)
    weights = {"final.weight": same, "fold0.weight": same, "fold1.weight": alike}
    rows = pd.DataFrame(
        [(names[n], names[n + 1], names[n + 2]) for n in range(0, 36, 3)], columns=["reference", "positive", "negative"]
    ).assign(split="train", fold=[0] * 6 + [1] * 6)
    monkeypatch.setattr(levels, "labelled_triplets", lambda *_: rows)
    monkeypatch.setattr(store.encodings, "vectors_of", lambda *_: (names, both))
    monkeypatch.setattr(store.models, "tensors", lambda *_: weights)
    found, expected = held_out_scores(store, "head", "embedding", names), TripletScores.of(rows, names, one)
    assert found.positive == pytest.approx(expected.positive, abs=1e-6)
    assert found.negative == pytest.approx(expected.negative, abs=1e-6)
    assert len(held_out_scores(store, "head", "embedding", names[:10])) == 3
