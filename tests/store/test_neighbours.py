import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.store import neighbours as module
from tiefvision_assets.store.neighbours import EXACT_LIMIT, ExactIndex, choose_engine


def naive(vectors: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows by falling score, equal scores by rising row."""
    scores = queries.astype(np.float32) @ vectors.astype(np.float32).T
    rows = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(scores, rows, 1)


def whole_numbers(count: int, dimensions: int, seed: int) -> np.ndarray:
    """Few distinct whole numbers: ties are frequent, and sums are exact."""
    return np.random.default_rng(seed).integers(-1, 2, (count, dimensions)).astype(np.float16)


@given(count=st.integers(0, 40), k=st.integers(1, 50), block=st.integers(1, 45), seed=st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_exact_search_is_a_stable_sort_whatever_the_blocks(count, k, block, seed):
    vectors, queries = whole_numbers(count, 3, seed), whole_numbers(4, 3, seed + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        rows, scores = ExactIndex(vectors).search(queries, k)
    expected_rows, expected_scores = naive(vectors, queries, k)
    assert rows.shape == scores.shape == (4, min(k, count))
    assert np.array_equal(scores, expected_scores)
    assert np.array_equal(rows, expected_rows)


@given(count=st.integers(0, 30), k=st.integers(1, 35), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_exact_search_among_some_is_exact_search_of_those(count, k, seed):
    vectors, queries = whole_numbers(count, 3, seed), whole_numbers(2, 3, seed + 1)
    among = np.random.default_rng(seed).random(count) < 0.4
    rows, scores = ExactIndex(vectors).search(queries, k, among)
    expected, expected_scores = naive(vectors[among], queries, k)
    assert np.array_equal(rows, np.flatnonzero(among)[expected])
    assert np.array_equal(scores, expected_scores)


@given(
    count=st.integers(20, 60),
    k=st.integers(0, 50),
    some=st.booleans(),
    few=st.sampled_from([0, 8]),
    block=st.sampled_from([7, 100]),
    products=st.sampled_from([30, 1000]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=200, deadline=None)
def test_few_and_many_queries_find_the_same_whatever_finds_the_candidates(
    count, k, some, few, block, products, threads, seed
):
    draw = np.random.default_rng(seed)
    tied, queries = whole_numbers(count, 3, seed), whole_numbers(3, 3, seed + 1)
    apart = (draw.permutation(count)[:, None] * [0.1, 0.2, 0.7]).astype(np.float16)
    among = draw.random(count) < 0.6 if some else None
    rows_of = np.arange(count) if among is None else np.flatnonzero(among)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", few)
        patch.setattr(module, "_BLOCK", block)
        patch.setattr(module, "_FIRST", block)
        patch.setattr(module, "_PRODUCTS", products)
        patch.setattr(module, "_SHARE", 1)
        patch.setattr(module, "cores", lambda: threads)
        patch.setattr(module, "_AT_ONCE", 2)
        found = [ExactIndex(vectors).search(queries, k, among) for vectors in (tied, apart)]
    for vectors, (rows, scores) in zip((tied, apart), found, strict=True):
        expected, expected_scores = naive(vectors[rows_of], queries, k)
        assert scores == pytest.approx(expected_scores, rel=1e-5)
        assert np.array_equal(rows, rows_of[expected])


@given(k=st.integers(1, 20), taken_out=st.sampled_from([0, 1000]), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_what_a_filter_leaves_of_many_is_found_whether_it_is_taken_out_or_not(k, taken_out, seed):
    draw = np.random.default_rng(seed)
    tied, queries = whole_numbers(400, 3, seed), whole_numbers(2, 3, seed + 1)
    apart = (draw.permutation(400)[:, None] * [0.1, 0.2, 0.7]).astype(np.float16)
    among = draw.random(400) < 0.08
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_TAKEN_OUT", taken_out)
        for vectors in (tied, apart):
            rows, scores = ExactIndex(vectors).search(queries, k, among)
            expected, expected_scores = naive(vectors[among], queries, k)
            assert scores == pytest.approx(expected_scores, rel=1e-5)
            assert np.array_equal(rows, np.flatnonzero(among)[expected])


def test_the_engine_follows_the_setting_else_the_size():
    assert choose_engine("auto", EXACT_LIMIT) == "exact"
    assert choose_engine("auto", EXACT_LIMIT + 1) == "faiss"
    assert choose_engine("exact", EXACT_LIMIT + 1) == "exact"
    assert choose_engine("faiss", 1) == "faiss"
