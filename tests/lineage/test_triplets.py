import hashlib

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from tiefvision_assets.hyperparameters import TripletDatasetParameters
from tiefvision_assets.lineage.ranking import Embeddings, make_triplets
from tiefvision_assets.lineage.triplets import contradictory, mined, suspicious
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS


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


def sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@pytest.fixture
def embeddings() -> Embeddings:
    both = F.normalize(torch.randn(60, 2, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    return Embeddings({sha(number): number for number in range(60)}, both)


def drawn(count: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame([[sha(i) for i in draw.permutation(60)[:3]] for _ in range(count)], columns=TRIPLET_COLUMNS)


def test_new_labels_move_no_reference_from_one_split_to_the_other(embeddings):
    parameters = TripletDatasetParameters(test_share=0.2, mirrors=True, mined_negatives=1)
    before = make_triplets(drawn(40, 0), embeddings, parameters)
    more = pd.concat([drawn(40, 0), drawn(80, 1)]).drop_duplicates()
    after = make_triplets(more, embeddings, parameters)
    splits = [set(part[["reference", "split"]].drop_duplicates().itertuples(index=False)) for part in (before, after)]
    labelled = set(before.loc[before["source"] == "label", "reference"])
    for reference in labelled:
        assert {s for r, s in splits[0] if r == reference} == {s for r, s in splits[1] if r == reference}


def test_contradictory_triplets_are_in_no_split_and_suspicious_ones_stay(embeddings):
    a, b, c, d = (sha(number) for number in range(4))
    labels = pd.DataFrame([(a, b, c), (a, c, b), (d, a, b), (d, b, c), (d, c, a)], columns=TRIPLET_COLUMNS)
    made = make_triplets(labels, embeddings, TripletDatasetParameters(test_share=0.0))
    assert (made.loc[made["reference"] == a, "split"] == "none").all()
    assert (made.loc[made["reference"] == a, "flag"] == "contradictory").all()
    rest = made[made["reference"] == d]
    assert (rest["split"] == "train").all() and (rest["flag"] == "suspicious").all()
    assert (made.loc[made["split"] == "none", "fold"] == -1).all()


def test_as_many_mirror_images_of_unlabelled_photos_as_of_labelled_ones(embeddings):
    made = make_triplets(drawn(10, 3), embeddings, TripletDatasetParameters(test_share=0.0, mirrors=True))
    mirrors = made[made["source"] == "mirror"]
    references = set(made.loc[made["source"] == "label", "reference"])
    assert len(mirrors) == 2 * len(references)
    assert (mirrors["reference"] == mirrors["positive"]).all() and (mirrors["negative"] != mirrors["positive"]).all()
    assert mirrors["reference"].isin(references).sum() == len(references)
