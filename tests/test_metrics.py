import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.box import Box
from tiefvision_assets.metrics import (
    bootstrap,
    box_quality,
    clustered_error,
    mean_relative_box,
    ranking_quality,
    reliability,
)
from tiefvision_assets.splits import fold_of, is_test_photo, stops_training

PHOTOS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)]


def naive_ranking_quality(scores, labels, groups, k, recall_at):
    """Query by query, as the measures are defined."""
    found = []
    for query in range(len(scores)):
        others = [other for other in range(len(scores)) if groups[other] != groups[query]]
        others.sort(key=lambda other: (-scores[query][other], other))
        hits = [labels[other] == labels[query] for other in others]
        relevant = sum(hits)
        if not relevant:
            continue
        average_precision = sum(sum(hits[: rank + 1]) / (rank + 1) for rank in range(relevant) if hits[rank])
        gain = sum(hit / math.log2(rank + 2) for rank, hit in enumerate(hits[:k]))
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(k, relevant)))
        recalls = [sum(hits[:depth]) / relevant for depth in recall_at]
        found.append([hits[0], sum(hits[:k]) / k, *recalls, average_precision / relevant, gain / ideal])
    names = ["p@1", f"p@{k}", *(f"r@{depth}" for depth in recall_at), "map@r", f"ndcg@{k}"]
    return dict(zip(names, np.mean(found, axis=0) if found else [math.nan] * len(names), strict=True))


@given(
    count=st.integers(1, 25),
    kinds=st.integers(1, 5),
    k=st.integers(1, 12),
    recall_at=st.lists(st.integers(1, 30), unique=True, max_size=4),
    seed=st.integers(0, 1000),
)
@settings(max_examples=150, deadline=None)
def test_ranking_quality_is_that_of_its_definitions(count, kinds, k, recall_at, seed):
    draw = np.random.default_rng(seed)
    scores = draw.integers(0, 6, (count, count)).astype(float)
    labels, groups = draw.integers(0, kinds, count), draw.integers(0, count, count)
    expected = naive_ranking_quality(scores, labels, groups, k, recall_at)
    assert ranking_quality(scores, labels, groups, k, recall_at) == pytest.approx(expected, nan_ok=True)


def test_a_perfect_ranking_is_one_and_none_at_all_is_not_a_number():
    labels = np.repeat(["gown", "coat"], 11)
    groups = np.arange(22)
    perfect = (labels[:, None] == labels[None]).astype(float)
    found = ranking_quality(perfect, labels, groups)
    assert list(found) == ["p@1", "p@10", "r@1", "r@5", "r@10", "r@20", "map@r", "ndcg@10"]
    assert found == pytest.approx(dict.fromkeys(found, 1.0) | {"r@1": 0.1, "r@5": 0.5})
    assert ranking_quality(1 - perfect, labels, groups)["p@1"] == 0
    assert math.isnan(ranking_quality(perfect, groups, groups)["p@10"])


def test_a_photos_own_group_is_no_neighbour():
    labels, groups = np.array(["a", "a", "b", "a"]), np.array([0, 0, 1, 2])
    scores = np.array([[1, 0.9, 0.5, 0.1]] * 4)
    assert ranking_quality(scores, labels, groups, k=2)["p@1"] == pytest.approx(1 / 3)


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=50), seed=st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_the_bootstrap_interval_holds_the_mean_or_nearly(values, seed):
    interval = bootstrap(np.array(values), seed=seed)
    assert interval.mean == pytest.approx(np.mean(values))
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    if len(values) >= 10:
        assert interval.low - 1e-9 <= interval.mean <= interval.high + 1e-9


def test_the_bootstrap_interval_is_as_wide_as_theory_says_and_stable():
    values = np.repeat([0.0, 1.0], 200)
    interval = bootstrap(values)
    half = 1.96 * 0.5 / math.sqrt(400)
    assert (interval.low, interval.high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.006)
    assert bootstrap(values) == interval
    assert bootstrap(np.ones(30)) == type(interval)(1.0, 1.0, 1.0)
    assert all(map(math.isnan, vars(bootstrap(np.array([]))).values()))


def test_clusters_count_and_not_their_values():
    draw = np.random.default_rng(0)
    per_cluster = draw.normal(size=60)
    values, clusters = np.repeat(per_cluster, 20), np.repeat(np.arange(60), 20)
    alone, together, whole = bootstrap(per_cluster), bootstrap(values, clusters), bootstrap(values)
    assert together.mean == pytest.approx(alone.mean)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert whole.high - whole.low < 0.3 * (together.high - together.low)
    assert clustered_error(values, clusters) == pytest.approx(np.std(per_cluster, ddof=1) / 60**0.5)
    assert clustered_error(per_cluster, np.arange(60)) == pytest.approx(np.std(per_cluster, ddof=1) / 60**0.5)
    assert clustered_error(values, np.zeros(1200)) == clustered_error(np.empty(0), np.empty(0)) == np.inf


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_about_that_share_of_photos_is_held_out(share):
    held_out = np.mean([is_test_photo(sha256, share) for sha256 in PHOTOS])
    assert held_out == pytest.approx(share, abs=0.006)


def test_the_split_is_by_content_and_a_larger_share_keeps_the_smaller_ones_photos():
    assert is_test_photo("00000000" + "f" * 56) and not is_test_photo("f" * 64)
    assert not any(is_test_photo(sha256, 0) for sha256 in PHOTOS[:1000])
    assert all(is_test_photo(sha256, 1) for sha256 in PHOTOS[:1000])
    small, large = ({sha for sha in PHOTOS if is_test_photo(sha, share)} for share in (0.05, 0.1))
    assert small < large


def test_folds_are_even_and_do_not_depend_on_the_split():
    folds = np.bincount([fold_of(sha256, 3) for sha256 in PHOTOS], minlength=3) / len(PHOTOS)
    assert folds == pytest.approx(1 / 3, abs=0.015)
    held_out = [fold_of(sha256, 3) for sha256 in PHOTOS if is_test_photo(sha256, 0.3)]
    assert np.bincount(held_out) / len(held_out) == pytest.approx(1 / 3, abs=0.03)


def test_box_quality_counts_what_exceeds_each_threshold():
    found = box_quality(np.array([0.2, 0.5, 0.6, 0.72, 0.8, 0.95]))
    assert found == pytest.approx(
        {"mean_iou": 3.77 / 6, "iou50": 4 / 6, "iou70": 3 / 6, "iou75": 2 / 6, "iou90": 1 / 6}
    )


def test_the_mean_box_is_relative_to_each_photo():
    mean = mean_relative_box([Box(0, 0, 50, 100), Box(100, 0, 200, 100)], [(100, 100), (200, 400)])
    assert mean.on(1000, 1000) == Box(250, 0, 750, 625)
    assert mean_relative_box([], []).on(30, 40) == Box.whole(30, 40)


@given(count=st.integers(1, 60), bins=st.integers(1, 12), seed=st.integers(0, 1000))
def test_reliability_is_what_counting_bin_by_bin_gives(count, bins, seed):
    draw = np.random.default_rng(seed)
    probabilities, targets = draw.random(count).round(2), draw.integers(0, 2, count).astype(float)
    found = reliability(probabilities, targets, bins)
    by_bin = {}
    for probability, target in zip(probabilities, targets, strict=True):
        by_bin.setdefault(min(int(probability * bins), bins - 1), []).append((probability, target))
    means = [np.mean(by_bin[place], axis=0) for place in sorted(by_bin)]
    assert found["count"] == [len(by_bin[place]) for place in sorted(by_bin)]
    assert found["predicted"] == pytest.approx([mean[0] for mean in means])
    assert found["observed"] == pytest.approx([mean[1] for mean in means])
    errors = [abs(p - o) * n for p, o, n in zip(found["predicted"], found["observed"], found["count"], strict=True)]
    assert found["error"] == pytest.approx(sum(errors) / count)


def test_photos_that_stop_training_are_a_tenth_whatever_split_and_fold_they_are_in():
    for part in (PHOTOS, [p for p in PHOTOS if is_test_photo(p, 0.5)], [p for p in PHOTOS if fold_of(p, 3) == 1]):
        assert np.mean([stops_training(photo) for photo in part]) == pytest.approx(0.1, abs=0.01)
