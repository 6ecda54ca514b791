import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.lineage.held_out import apart_from, folds_apart, photo_groups

TRIPLETS = st.lists(st.tuples(*[st.integers(0, 30)] * 3), min_size=1, max_size=80)


@given(TRIPLETS, st.integers(2, 5), st.sampled_from([0.4, 0.5, 0.8]))
@settings(max_examples=80, deadline=None)
def test_a_fold_leaves_what_was_asked_for_to_learn_from_and_shares_no_photo_with_it(rows, folds, kept):
    groups = np.array(rows)
    judges = np.arange(len(groups)) % 4 != 0
    fold = folds_apart(groups, judges, folds, kept)
    assert set(fold) <= {-1, *range(folds)} and (fold[~judges] == -1).all()
    for number in set(fold) - {-1}:
        apart = apart_from(groups, fold == number)
        assert not set(groups[apart].ravel()) & set(groups[fold == number].ravel())
        assert apart.sum() >= kept * len(groups) - 1


def test_triplets_without_common_photos_are_all_judged_in_folds_of_one_size():
    fold = folds_apart(np.arange(150).reshape(50, 3), np.ones(50, dtype=bool), 5, kept=0.8)
    assert np.bincount(fold).tolist() == [10] * 5


def test_of_triplets_that_hang_together_far_more_are_judged_than_a_split_of_the_photos_would_leave():
    """A third of the photos held out leaves .30 of the triplets to learn from; three folds of them judge .11."""
    draw = np.random.default_rng(0)
    groups = np.array([draw.permutation(400)[:3] for _ in range(1600)])
    fold = folds_apart(groups, np.ones(1600, dtype=bool), 3)
    learned = [apart_from(groups, fold == number).mean() for number in range(3)]
    assert (fold >= 0).mean() > 0.17 and min(learned) >= 0.5


def test_triplets_of_one_reference_leave_nothing_to_learn_from_and_are_not_judged():
    groups = np.array([[0, n, n + 1] for n in range(1, 40, 2)])
    assert (folds_apart(groups, np.ones(20, dtype=bool), 3) == -1).all()
    assert (folds_apart(np.empty((0, 3), dtype=int), np.empty(0, dtype=bool), 3) == -1).all()


@pytest.mark.parametrize("known", [None, {"c": "dress", "e": "dress", "d": "hat"}])
def test_twins_and_photos_of_a_product_are_one_group(known):
    angles = np.radians([0, 5, 90, 10, 200])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    groups = photo_groups("abcde", vectors, same_shot=np.cos(np.radians(6)), known=known)
    assert groups["a"] == groups["b"] == groups["d"], "a twin of a twin"
    assert len({groups["a"], groups["c"]}) == 2
    assert (groups["c"] == groups["e"]) == (known is not None)
