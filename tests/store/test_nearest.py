import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.store import nearest as module
from tiefvision_assets.store.nearest import exact_products, nearest, rounding_error


def unit(count: int, dimensions: int = 32, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def exact(first: np.ndarray, second: np.ndarray) -> float:
    """The inner product in whole numbers of 2^-48, rounded once."""
    left, right = ([round(float(value) * 2**24) for value in vector] for vector in (first, second))
    return float(np.float32(sum(a * b for a, b in zip(left, right, strict=True)) / 2**48))


def naive(vectors: np.ndarray, rows: np.ndarray, k: int) -> tuple[list[list[int]], list[list[float]]]:
    found, scores = [], []
    for row in rows:
        others = [(-exact(vectors[row], vectors[other]), other) for other in range(len(vectors)) if other != row]
        found.append([other for _, other in sorted(others)[:k]])
        scores.append([-score for score, _ in sorted(others)[:k]])
    return found, scores


def test_products_do_not_depend_on_rounding_or_order():
    vectors = unit(60, 256)
    first, second = np.arange(60), np.broadcast_to(np.arange(60), (60, 60))
    products = exact_products(vectors, first, second)
    assert products.tolist() == [[exact(one, other) for other in vectors] for one in vectors]
    shuffled = np.random.default_rng(0).permutation(256)
    assert np.array_equal(exact_products(vectors[:, shuffled], first, second), products)
    fast = vectors.astype(np.float32) @ vectors.astype(np.float32).T
    assert np.abs(fast - products).max() < rounding_error(vectors)


@given(
    count=st.integers(0, 40),
    k=st.integers(1, 45),
    dimensions=st.sampled_from([1, 2, 8]),
    block=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
@settings(max_examples=150, deadline=None)
def test_the_nearest_are_those_of_exact_products_whatever_the_blocks(count, k, dimensions, block, seed):
    vectors = unit(count, dimensions, seed)
    if count and seed % 2:  # many twins, and so many ties
        vectors = vectors[np.random.default_rng(seed).integers(0, max(1, count // 4), count)]
    rows = np.random.default_rng(seed).permutation(count)[: count // 2 + 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MARGIN", 1)
        for name in ("_QUERIES", "_VECTORS", "_PAIRS"):
            patch.setattr(module, name, 8 * block)
        found, scores = nearest(vectors, rows, k)
    expected, expected_scores = naive(vectors, rows, k)
    assert found.shape == scores.shape == (len(rows), min(k, max(0, count - 1)))
    assert found.tolist() == expected
    assert scores.tolist() == expected_scores


def test_a_vector_among_hundreds_of_twins_has_the_first_of_them_as_neighbours():
    vectors = np.repeat(unit(3), 200, axis=0)
    found, scores = nearest(vectors, np.array([150, 450]), 50)
    assert found[0].tolist() == list(range(50))
    assert found[1].tolist() == list(range(400, 450))
    assert np.ptp(scores, axis=1).tolist() == [0, 0]
