import hashlib

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional as F

from tiefvision_assets.lineage.group_halves import drawn_triplets, halves, quality_by_halves
from tiefvision_assets.metrics import ranking_quality


def listing(count: int, kinds: int, senders: int, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sha256": [hashlib.sha256(str(number).encode()).hexdigest() for number in range(count)],
            "label": [f"kind{kind}" for kind in draw.integers(kinds, size=count)],
            "group": [f"sender{sender}" for sender in draw.integers(senders, size=count)],
        }
    )


def embedded(listed: pd.DataFrame, seed: int = 1) -> torch.Tensor:
    """(N, 2, D) embeddings of which a quarter of the numbers tells the label, drowned in those that do not."""
    draw = torch.Generator().manual_seed(seed)
    kinds = {label: torch.randn(8, generator=draw) for label in sorted(set(listed["label"]))}
    telling = torch.stack([kinds[label] for label in listed["label"]])
    one = torch.cat([telling, 2.5 * torch.randn(len(listed), 24, generator=draw)], dim=1)
    return F.normalize(torch.stack([one, one + 0.01 * torch.randn(one.shape, generator=draw)], dim=1), dim=-1)


def test_a_group_is_in_one_half_and_both_are_about_as_large():
    listed = listing(300, 4, 40)
    half = halves(listed["group"])
    assert listed.assign(half=half).groupby("group")["half"].nunique().max() == 1
    assert half.mean() == pytest.approx(0.5, abs=0.05)
    assert halves(listed["group"].iloc[::-1]).tolist() == half[::-1].tolist()


@pytest.mark.parametrize("groups", [["a", "b"], ["a", "a", "a", "b"], [f"group{number}" for number in range(3)]])
def test_two_groups_are_enough_for_two_halves(groups):
    assert set(halves(pd.Series(groups))) == {0, 1}


def test_drawn_triplets_obey_the_labels_and_never_stay_in_a_group():
    listed = listing(80, 4, 12)
    label, group = (dict(zip(listed["sha256"], listed[name], strict=True)) for name in ("label", "group"))
    drawn = drawn_triplets(listed, each=3)
    assert len(drawn) > 200 and drawn["reference"].nunique() == 80
    for row in drawn.itertuples():
        assert label[row.reference] == label[row.positive] != label[row.negative]
        assert group[row.reference] not in {group[row.positive], group[row.negative]}
    assert drawn.equals(drawn_triplets(listed, each=3))
    assert not len(drawn_triplets(listed.assign(label="one"))) and not len(drawn_triplets(listed.assign(group="one")))


def test_each_half_is_ranked_among_itself_by_what_the_other_taught():
    listed = listing(400, 6, 60)
    both = embedded(listed)
    found = quality_by_halves(listed, both)
    assert found["supervised"]["p@10"] > found["unsupervised"]["p@10"] + 0.05
    vectors = F.normalize(both.sum(1), dim=-1).numpy()
    half = halves(listed["group"])
    per_half, counts = [], []
    for number in (0, 1):
        part = listed[half == number]
        scores = vectors[half == number] @ vectors[half == number].T
        per_half.append(ranking_quality(scores, part["label"].to_numpy(), part["group"].to_numpy()))
        counts.append(len(part))
    for measure, value in found["unsupervised"].items():
        assert value == pytest.approx(np.average([one[measure] for one in per_half], weights=counts), abs=1e-6)


def test_without_a_match_elsewhere_supervised_is_unsupervised():
    listed = listing(40, 3, 1)
    found = quality_by_halves(listed, embedded(listed))
    assert np.isnan(list(found["unsupervised"].values())).all() and np.isnan(list(found["supervised"].values())).all()
