import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.store import graph as module
from tiefvision_assets.store.graph import SERVED, STORED, Graph, build_graph, updated_graph


def unit(count: int, twins: int, dimensions: int, seed: int) -> np.ndarray:
    """Vectors of which about every ``twins``-th is different from the ones before it."""
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(max(1, count // twins), dimensions))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    return vectors[draw.integers(len(vectors), size=count)]


def changed(count: int, share_deleted: float, added: int, seed: int) -> np.ndarray:
    """Origins of a next version: some rows deleted, some new ones in between."""
    draw = np.random.default_rng(seed)
    kept = np.flatnonzero(draw.random(count) >= share_deleted)
    return np.insert(kept, np.sort(draw.integers(0, len(kept) + 1, added)), -1).astype(np.int64)


def next_vectors(vectors: np.ndarray, origins: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """The kept vectors where they belong; the new ones are drawn from the pool, so that some are twins of old ones."""
    following = np.empty((len(origins), vectors.shape[1]), np.float16)
    following[origins >= 0] = vectors[origins[origins >= 0]]
    following[origins < 0] = pool[np.arange((origins < 0).sum()) % len(pool)]
    return following


def assert_serves_the_same(graph: Graph, rebuilt: Graph, count: int, stored: int, served: int) -> None:
    assert graph.neighbours.shape == rebuilt.neighbours.shape == (count, min(stored, max(0, count - 1)))
    held = (graph.neighbours >= 0).sum(axis=1)
    assert (held >= min(served, max(0, count - 1))).all()
    for row in range(count):
        here, true = graph.neighbours[row], rebuilt.neighbours[row]
        assert here[: held[row]].tolist() == true[: held[row]].tolist()
        assert graph.scores[row, : held[row]].tolist() == rebuilt.scores[row, : held[row]].tolist()
        assert (here[held[row] :] == -1).all() and np.isneginf(graph.scores[row, held[row] :]).all()


steps = st.lists(st.tuples(st.sampled_from([0.0, 0.05, 0.3, 0.8, 1.0]), st.integers(0, 12)), min_size=1, max_size=4)


@given(
    count=st.integers(0, 60),
    twins=st.sampled_from([1, 3, 20]),
    dimensions=st.sampled_from([2, 3, 16]),
    steps=steps,
    seed=st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_a_graph_updated_again_and_again_is_that_of_a_rebuild(count, twins, dimensions, steps, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STORED", 10)
        patch.setattr(module, "SERVED", 6)
        patch.setattr(module, "REBUILT_SHARE", 0.9)
        patch.setattr(module, "_PRODUCTS", 64)
        vectors = unit(count, twins, dimensions, seed)
        pool = np.concatenate([unit(12, twins, dimensions, seed + 1), vectors[:4]])
        graph = build_graph(vectors)
        for number, (deleted, added) in enumerate(steps):
            origins = changed(len(vectors), deleted, added, seed + number)
            vectors = next_vectors(vectors, origins, pool)
            graph = updated_graph(graph, vectors, origins)
            assert_serves_the_same(graph, build_graph(vectors), len(vectors), 10, 6)


def test_a_larger_graph_at_its_real_lengths_is_that_of_a_rebuild():
    vectors = unit(1500, 2, 24, 0)
    graph = build_graph(vectors)
    for seed in range(4):
        origins = changed(len(vectors), 0.15, 60, seed)
        vectors = next_vectors(vectors, origins, unit(60, 2, 24, 100 + seed))
        graph = updated_graph(graph, vectors, origins)
        assert_serves_the_same(graph, build_graph(vectors), len(vectors), STORED, SERVED)
    assert (graph.neighbours < 0).any(), "some lists have run shorter than what is stored"


def test_a_short_list_answers_for_as_many_as_it_holds():
    graph = Graph(np.array([[1, 2], [0, -1], [0, 1]], np.int32), np.array([[1, 0], [1, -np.inf], [0, 0]], np.float32))
    found = graph.of(0, 5)
    assert found and found[0].tolist() == [1, 2]
    assert graph.of(1, 2) is None
    assert graph.of(1, 1)[0].tolist() == [0]
    assert build_graph(unit(1, 1, 3, 0)).of(0, 4)[0].tolist() == []
    assert build_graph(unit(200, 1, 3, 0)).of(0, STORED + 1) is None
