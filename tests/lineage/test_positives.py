import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from tests import tiny
from tiefvision_assets.lineage import positives as module
from tiefvision_assets.lineage.candidates import judge_ranking_head
from tiefvision_assets.lineage.positives import positive_ranks, recall_at, recall_in_catalogue
from tiefvision_assets.lineage.ranking import Embeddings
from tiefvision_assets.metrics import RECALL_AT

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained


@pytest.mark.parametrize("block", [3, 256])
def test_places_are_those_of_counting_what_is_nearer(monkeypatch, block):
    monkeypatch.setattr(module, "_REFERENCES", block)
    draw = np.random.default_rng(0)
    vectors = F.normalize(torch.from_numpy(draw.integers(-2, 3, (30, 4)) + 0.1).float(), dim=-1)
    names = [f"photo{number}" for number in range(30)]
    pairs = [draw.permutation(30)[:2] for _ in range(40)]
    asked = pd.DataFrame([(names[a], names[b]) for a, b in pairs], columns=["reference", "positive"])
    found = positive_ranks(vectors, asked, Embeddings({name: row for row, name in enumerate(names)}, vectors))
    for (reference, positive), place in zip(pairs, found, strict=True):
        nearness = (vectors @ vectors[reference]).tolist()
        nearer = [row for row in range(30) if row != reference and nearness[row] > nearness[positive]]
        assert place == 1 + len(nearer)


def test_recall_is_the_share_of_a_references_positives_and_a_mean_over_references():
    ranks = {"A": [1, 5, 6, 30], "B": [2]}
    rows = [(name, rank) for name, rank_list in ranks.items() for rank in rank_list]
    shares = {k: [np.mean([rank <= k for rank in rank_list]) for rank_list in ranks.values()] for k in RECALL_AT}
    measured = recall_at(pd.DataFrame(rows, columns=["reference", "rank"]))
    assert measured == pytest.approx({f"r@{k}": np.mean(share) for k, share in shares.items()})
    assert measured["r@5"] == pytest.approx((2 / 4 + 1) / 2)


def test_each_ranking_is_measured_on_the_judged_triplets(trained):
    measured = recall_in_catalogue(trained, judge_ranking_head(trained, "if better"))
    assert set(measured) == {"random", "unsupervised", "supervised"}
    assert measured["random"] == {f"r@{k}": min(1, k / (tiny.PHOTOS - 1)) for k in RECALL_AT}
    for recalls in measured.values():
        values = list(recalls.values())
        assert values == sorted(values) and values[0] >= 0 and values[-1] == 1, "there are no more than 11 others"
