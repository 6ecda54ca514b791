import hashlib

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import TripletDatasetParameters
from tiefvision_assets.lineage.held_out import apart_from
from tiefvision_assets.lineage.ranking import Embeddings
from tiefvision_assets.lineage.triplet_dataset import ENOUGH_TEST_REFERENCES, FOLDS, make_triplets
from tiefvision_assets.lineage.triplets import contradictory, mined, suspicious
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.store.schemas import GROUP_COLUMNS


def triplets(*rows: str) -> pd.DataFrame:
    """``"A:B>C"`` says that A is closer to B than to C."""
    return pd.DataFrame([(row[0], row[2], row[4]) for row in rows], columns=TRIPLET_COLUMNS)


def test_opposites_contradict_one_another():
    labelled = triplets("A:B>C", "A:C>B", "A:B>D", "E:C>B")
    assert contradictory(labelled).tolist() == [True, True, False, False]


def test_a_cycle_of_one_references_preferences_is_suspicious():
    labelled = triplets("A:B>C", "A:C>D", "A:D>B", "A:D>E", "F:C>B", "A:G>B")
    assert suspicious(labelled).tolist() == [True, True, True, False, False, False]


@given(st.permutations("BCDEF"), st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10))
@settings(max_examples=60, deadline=None)
def test_preferences_that_follow_one_order_are_never_suspicious(order, pairs):
    labelled = triplets(*(f"A:{order[min(pair)]}>{order[max(pair)]}" for pair in pairs if pair[0] != pair[1]))
    assert not suspicious(labelled).any() and not contradictory(labelled).any()


def test_mined_negatives_are_implied_near_and_farther_than_the_positive():
    rows = {name: number for number, name in enumerate("ABCDE")}
    angles = np.radians([0, 20, 30, 80, 10])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labelled = triplets("A:B>D", "B:A>C", "B:A>E")
    found = mined(labelled, rows, vectors, each=3, margin=0.2)
    assert ("A", "B", "C") in set(found.itertuples(index=False, name=None))
    assert not ((found["reference"] == "A") & (found["negative"] == "E")).any()


SAME_SHOT = 0.95


def sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@pytest.fixture
def embeddings() -> Embeddings:
    both = F.normalize(torch.randn(60, 2, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    return Embeddings({sha(number): number for number in range(60)}, both)


def drawn(count: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame([[sha(i) for i in draw.permutation(60)[:3]] for _ in range(count)], columns=TRIPLET_COLUMNS)


def held_out(made: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is judged in a fold, and what is learned from meanwhile."""
    judged = made["fold"] == number
    learned = (made["split"] == "train") & apart_from(made[GROUP_COLUMNS].to_numpy(), judged.to_numpy())
    return made[judged], made[learned]


def photos_in(part: pd.DataFrame) -> set[str]:
    return set(part[TRIPLET_COLUMNS].to_numpy().ravel())


@pytest.mark.parametrize("generated", [{}, {"mirrors": True, "mined_negatives": 2}])
def test_no_photo_of_what_a_fold_judges_is_learned_from_meanwhile(embeddings, generated):
    made = make_triplets(drawn(120, 0), embeddings, TripletDatasetParameters(**generated), SAME_SHOT)
    assert set(made["fold"]) == {-1, *range(FOLDS)}
    for number in range(FOLDS):
        judged, learned = held_out(made, number)
        assert (judged["source"] == "label").all() and len(judged) >= 5
        assert not photos_in(judged) & photos_in(learned)
        assert len(learned) >= (made["split"] == "train").sum() / 2


def test_nor_is_a_twin_or_a_photo_of_the_same_product(embeddings):
    twin = embeddings.both[:5].flip(1) + 0.01
    both = torch.cat([embeddings.both, F.normalize(twin, dim=-1)])
    names = [sha(number) for number in range(65)]
    twins = {names[60 + number]: names[number] for number in range(5)}
    products = {name: f"product {number % 25}" for number, name in enumerate(names[10:60])}
    labels = drawn(60, 5)
    labels.loc[::3, "reference"] = labels.loc[::3, "reference"].replace({one: other for other, one in twins.items()})
    made = make_triplets(
        labels,
        Embeddings(dict(zip(names, range(65), strict=True)), both),
        TripletDatasetParameters(),
        SAME_SHOT,
        products,
    )
    for number in range(FOLDS):
        kinds = [
            {products.get(twins.get(name, name), twins.get(name, name)) for name in photos_in(part)}
            for part in held_out(made, number)
        ]
        assert kinds[0] and kinds[1] and not kinds[0] & kinds[1]


@pytest.mark.parametrize("generated", [{}, {"mirrors": True, "mined_negatives": 2}])
def test_test_triplets_are_held_out_for_good_where_that_costs_few_others(generated):
    names = [sha(number) for number in range(2400)]
    both = F.normalize(torch.randn(2400, 2, 48, generator=torch.Generator().manual_seed(0)), dim=-1)
    sparse = pd.DataFrame([names[row : row + 3] for row in range(0, 2400, 3)], columns=TRIPLET_COLUMNS)
    spread = Embeddings(dict(zip(names, range(2400), strict=True)), both)
    made = make_triplets(sparse, spread, TripletDatasetParameters(**generated), SAME_SHOT)
    test, train = (made[made["split"] == split] for split in ("test", "train"))
    assert test["reference"].nunique() >= ENOUGH_TEST_REFERENCES and set(made["fold"]) == {-1}
    assert not photos_in(test) & photos_in(train) and (made["source"] == "label").sum() == 800
    draw = np.random.default_rng(0)
    dense = pd.DataFrame([[names[i] for i in draw.permutation(300)[:3]] for _ in range(800)], columns=TRIPLET_COLUMNS)
    assert "test" not in set(make_triplets(dense, spread, TripletDatasetParameters(), SAME_SHOT)["split"])


def test_contradictory_triplets_are_in_no_split_and_suspicious_ones_stay(embeddings):
    a, b, c, d = (sha(number) for number in range(4))
    labels = pd.DataFrame([(a, b, c), (a, c, b), (d, a, b), (d, b, c), (d, c, a)], columns=TRIPLET_COLUMNS)
    made = make_triplets(labels, embeddings, TripletDatasetParameters(test_share=0.0), SAME_SHOT)
    assert (made.loc[made["reference"] == a, "split"] == "none").all()
    assert (made.loc[made["reference"] == a, "flag"] == "contradictory").all()
    rest = made[made["reference"] == d]
    assert (rest["split"] == "train").all() and (rest["flag"] == "suspicious").all()
    assert (made.loc[made["split"] == "none", "fold"] == -1).all()


def test_as_many_mirror_images_of_unlabelled_photos_as_of_labelled_ones(embeddings):
    made = make_triplets(drawn(10, 3), embeddings, TripletDatasetParameters(test_share=0.0, mirrors=True), SAME_SHOT)
    mirrors = made[made["source"] == "mirror"]
    references = set(made.loc[made["source"] == "label", "reference"])
    assert len(mirrors) == 2 * len(references)
    assert (mirrors["reference"] == mirrors["positive"]).all() and (mirrors["negative"] != mirrors["positive"]).all()
    assert mirrors["reference"].isin(references).sum() == len(references)
