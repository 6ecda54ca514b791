import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.store import neighbours as module
from tiefvision_assets.store.neighbours import EXACT_LIMIT, ExactIndex, FaissIndex, choose_engine, neighbour_graph


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
def test_the_graph_is_a_stable_sort_without_oneself(count, k, seed):
    vectors = whole_numbers(count, 3, seed)
    rows, scores = neighbour_graph(vectors, k)
    assert rows.shape == scores.shape == (count, min(k, max(0, count - 1)))
    for row in range(count):
        others = [other for other in range(count) if other != row]
        expected, expected_scores = naive(vectors[others], vectors[row : row + 1], k)
        assert [others[place] for place in expected[0]] == list(rows[row])
        assert np.array_equal(scores[row], expected_scores[0])


def clustered(count: int, dimensions: int = 64) -> np.ndarray:
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(50, dimensions))
    vectors = centres[draw.integers(50, size=count)] + 0.5 * draw.normal(size=(count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def test_faiss_finds_nearly_what_the_exact_engine_finds(tmp_path):
    vectors = clustered(5000)
    queries = vectors[::50].astype(np.float32)
    index = FaissIndex.build(vectors)
    rows, scores = index.search(queries, 10)
    expected, _ = ExactIndex(vectors).search(queries, 10)
    recall = np.mean([len(set(found) & set(true)) / 10 for found, true in zip(rows, expected, strict=True)])
    assert recall >= 0.95
    assert np.allclose(scores, np.take_along_axis(queries @ vectors.T.astype(np.float32), rows, 1), atol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()
    index.save(tmp_path / "faiss.index")
    again, _ = FaissIndex.load(tmp_path / "faiss.index", vectors).search(queries, 10)
    assert np.array_equal(again, rows)


@pytest.mark.parametrize("count", [1, 2, 39, 200])
def test_faiss_serves_small_catalogues_and_large_k(count):
    vectors = clustered(count)
    rows, scores = FaissIndex.build(vectors).search(vectors.astype(np.float32), 60)
    assert rows.shape == scores.shape == (count, min(60, count))
    assert list(rows[:, 0]) == list(range(count))
    assert ((rows >= 0) == np.isfinite(scores)).all()


def test_the_engine_follows_the_setting_else_the_size():
    assert choose_engine("auto", EXACT_LIMIT) == "exact"
    assert choose_engine("auto", EXACT_LIMIT + 1) == "faiss"
    assert choose_engine("exact", EXACT_LIMIT + 1) == "exact"
    assert choose_engine("faiss", 1) == "faiss"
