"""Labels that held-out models contradict: those that were corrupted come first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from tests import tiny
from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.lineage import label_errors
from tiefvision_assets.lineage.label_errors import (
    box_likelihood,
    find_label_errors,
    held_out_margins,
    triplet_likelihood,
)
from tiefvision_assets.lineage.ranking import Embeddings
from tiefvision_assets.lineage.triplets import LABEL
from tiefvision_assets.store.store import Store

settings, store, trained, tiny_encoder = tiny.settings, tiny.store, tiny.trained, tiny.tiny_encoder
few_steps = tiny.few_steps


def test_a_box_far_below_the_usual_is_likely_wrong_if_the_heads_are_sure() -> None:
    iou = np.array([0.9, 0.91, 0.92, 0.89, 0.9, 0.3, 0.3, 0.95])
    sure = np.array([0.9] * 6 + [0.2, 0.9])
    likelihood = box_likelihood(iou, sure)
    assert np.argmax(likelihood) == 5 and likelihood[5] > 0.8
    assert likelihood[6] < 0.25
    assert likelihood[7] == 0
    assert max(likelihood[:5]) < 0.5


def test_what_the_heads_usually_miss_by_is_no_sign_of_a_wrong_box() -> None:
    draw = np.random.default_rng(0)
    likelihood = box_likelihood(draw.uniform(0.4, 0.8, 200), np.ones(200))
    assert np.mean(likelihood > 0.5) < 0.1


def test_a_triplet_is_the_likelier_wrong_the_more_the_head_says_the_opposite() -> None:
    margin = np.concatenate([np.random.default_rng(0).normal(0.2, 0.1, 200), [-0.3, -0.1, 0.0]])
    likelihood = triplet_likelihood(margin)
    assert np.all(np.diff(likelihood[np.argsort(margin)]) <= 0)
    assert likelihood[-3] > 0.95 and likelihood[-2] > 0.5
    assert likelihood[-1] == 0.5
    # A head that guesses convinces nobody.
    guessed = triplet_likelihood(np.random.default_rng(1).normal(0.0, 0.1, 500))
    assert np.all(np.abs(guessed - 0.5) < 0.4)


def test_corrupted_triplets_come_first() -> None:
    draw = np.random.default_rng(0)
    names = [f"{number:064x}"[::-1] for number in draw.integers(2**60, size=120)]
    vectors = torch.nn.functional.normalize(torch.from_numpy(draw.normal(size=(120, 6))).float(), dim=-1)
    embeddings = Embeddings({name: row for row, name in enumerate(names)}, vectors[:, None].repeat(1, 2, 1))
    trios = np.array([draw.choice(120, 3, replace=False) for _ in range(400)])
    scores = (vectors[trios[:, 0], None] * vectors[trios[:, 1:]]).sum(-1).numpy()
    right = np.where((scores[:, 0] > scores[:, 1])[:, None], trios, trios[:, [0, 2, 1]])
    wrong = np.zeros(400, dtype=bool)
    wrong[draw.choice(400, 20, replace=False)] = True
    given = np.where(wrong[:, None], right[:, [0, 2, 1]], right)
    rows = pd.DataFrame(np.array(names)[given], columns=["reference", "positive", "negative"])
    groups = {f"{name}_group": given[:, column] for column, name in enumerate(rows)}
    rows = rows.assign(source=LABEL, split="train", flag="", fold=-1, weight=1.0, **groups)
    margin = held_out_margins(rows, rows, embeddings, RankingHeadParameters(steps=10))
    first = np.argsort(margin.to_numpy())[:20]
    assert wrong[first].sum() >= 16


def test_the_table_holds_every_judged_label_once_the_likeliest_first(
    trained: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained.label_errors.stamp() is None
    rows = find_label_errors(trained, lambda *_: None)
    assert set(rows["kind"]) == {"triplet"}  # six boxes say nothing about each other
    assert rows["likelihood"].is_monotonic_decreasing
    live = trained.labels.live_triplets()
    found = rows[["sha256", "positive", "negative"]].itertuples(index=False, name=None)
    assert sorted(found) == sorted(live[["reference", "positive", "negative"]].itertuples(index=False, name=None))
    monkeypatch.setattr(label_errors, "FEWEST", 1)
    rows = find_label_errors(trained, lambda *_: None)
    boxes = rows[rows["kind"] == "box"].set_index("sha256")
    labelled = trained.labels.live_boxes().set_index("sha256")
    assert set(boxes.index) == set(labelled.index)
    sides = ["left", "top", "right", "bottom"]
    assert np.array_equal(boxes[sides].sort_index(), labelled[sides].sort_index())
    assert trained.label_errors.stamp() is not None


def test_photos_that_no_fold_has_judged_are_cross_validated(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_errors, "FEWEST", 1)
    monkeypatch.setattr(type(trained.models), "evaluation", lambda *_: None)
    rows = find_label_errors(trained, lambda *_: None)
    training = trained.labels.live_boxes()["sha256"]
    boxes = rows.loc[rows["kind"] == "box", "sha256"]
    assert len(boxes) and set(boxes) <= set(training)


def test_without_models_there_is_nothing_to_judge(store: Store) -> None:
    assert find_label_errors(store, lambda *_: None).empty
