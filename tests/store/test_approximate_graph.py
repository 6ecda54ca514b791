import numpy as np
import pandas as pd
import pytest

from tests.store.vectors import clustered
from tiefvision_assets.store import approximate_graph as module
from tiefvision_assets.store import engine_and_graph
from tiefvision_assets.store import nearest as nearest_module
from tiefvision_assets.store.approximate_graph import approximate_graph, graph_recall
from tiefvision_assets.store.faiss_index import RECALL, FaissIndex
from tiefvision_assets.store.graph import SERVED, STORED, Graph, build_graph, updated_graph
from tiefvision_assets.store.index import Before
from tiefvision_assets.store.nearest import exact_products


def held(graph: Graph) -> np.ndarray:
    return (graph.neighbours >= 0).sum(axis=1)


def assert_well_formed(graph: Graph, vectors: np.ndarray) -> None:
    count = len(vectors)
    assert graph.neighbours.shape == graph.scores.shape == (count, min(STORED, max(0, count - 1)))
    assert (held(graph) >= min(SERVED, max(0, count - 1))).all()
    for row, (neighbours, scores) in enumerate(zip(*graph, strict=True)):
        named = neighbours[: held(graph)[row]]
        assert row not in named and len(set(named.tolist())) == len(named)
        expected = exact_products(vectors, np.array([row]), named[None].astype(np.int64))[0]
        assert np.array_equal(scores[: len(named)], expected), "scores are those of exact search"
        assert np.array_equal(np.lexsort((named, -expected)), np.arange(len(named))), (
            "best first, ties by the lower row"
        )
        assert (neighbours[len(named) :] == -1).all() and np.isneginf(scores[len(named) :]).all()


@pytest.mark.parametrize("block", [100, 4096])
def test_nearly_all_of_the_exact_neighbours_are_named(monkeypatch, block):
    monkeypatch.setattr(module, "_QUERIES", block)
    vectors = clustered(3000)
    graph = approximate_graph(vectors, FaissIndex.build(vectors))
    assert_well_formed(graph, vectors)
    exact = build_graph(vectors)
    shares = [
        np.isin(here[:10], true[:10]).mean() for here, true in zip(graph.neighbours, exact.neighbours, strict=True)
    ]
    assert np.mean(shares) >= RECALL
    rows = np.sort(np.random.default_rng(2).permutation(3000)[:256])
    assert graph_recall(graph, vectors) == pytest.approx(np.mean([shares[row] for row in rows]))
    assert graph_recall(exact, vectors) == 1


def test_lists_that_faiss_leaves_short_are_made_exactly(monkeypatch):
    monkeypatch.setattr(module, "PROBES", 1)
    monkeypatch.setattr(module, "FEWEST_PROBES", 1)
    vectors = clustered(2000)
    index = FaissIndex.build(vectors)
    index._stats["nprobe"] = 1
    found = index.candidates(vectors.astype(np.float32), STORED, 1)
    short = np.flatnonzero((found >= 0).sum(axis=1) <= SERVED)
    assert 0 < len(short) < 2000
    graph = approximate_graph(vectors, index)
    assert_well_formed(graph, vectors)
    assert np.array_equal(graph.neighbours[short[0]], build_graph(vectors).neighbours[short[0]])
    assert graph_recall(graph, vectors) < 1


@pytest.mark.parametrize("count", [1, 2, 30, 60])
def test_the_smallest_catalogues_have_their_graph(count):
    vectors = clustered(count)
    graph = approximate_graph(vectors, FaissIndex.build(vectors))
    assert_well_formed(graph, vectors)
    assert graph_recall(graph, vectors) == 1


def changed(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The next version: a tenth deleted, 200 added in between; its vectors and where they were."""
    kept = np.flatnonzero(np.random.default_rng(3).random(len(vectors)) > 0.1)
    origins = np.insert(kept, np.sort(np.random.default_rng(4).integers(0, len(kept), 200)), -1)
    following = vectors[origins]
    following[origins < 0] = clustered(200, seed=9)
    return following, origins


def test_what_an_update_adds_is_compared_with_everybody():
    vectors = clustered(3000)
    following, origins = changed(vectors)
    updated = updated_graph(approximate_graph(vectors, FaissIndex.build(vectors)), following, origins)
    assert_well_formed(updated, following)
    exact = build_graph(following)
    added = np.flatnonzero(origins < 0)
    assert np.array_equal(updated.neighbours[added], exact.neighbours[added])
    for row in np.flatnonzero(origins >= 0):
        new = np.intersect1d(exact.neighbours[row, :SERVED], added)
        assert np.isin(new, updated.neighbours[row]).all()


def entries(numbers: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"image_id": [f"i{n:05d}" for n in numbers], "path": [f"{n:05d}.jpg" for n in numbers]})


def test_only_faiss_over_a_large_catalogue_has_an_approximate_graph(store, monkeypatch):
    vectors = clustered(1200)
    small = store.indexes.build("supervised", "small", entries(range(1200)), vectors, "faiss", {})
    assert small.record["graph"] == "exact" and small.record["stats"]["graph_recall@10"] == 1
    monkeypatch.setattr(engine_and_graph, "EXACT_LIMIT", 1000)
    exact = store.indexes.build("supervised", "exact", entries(range(1200)), vectors, "exact", {})
    assert exact.record["graph"] == "exact"
    grown = store.indexes.build(
        "supervised", "grown", entries(range(1200)), vectors, "faiss", {}, Before(exact, np.arange(1200))
    )
    assert grown.record["graph"] == "exact", "an exact graph is carried on"
    large = store.indexes.build("supervised", "large", entries(range(1200)), vectors, "faiss", {})
    assert large.record["graph"] == "approximate" and 0.98 <= large.record["stats"]["graph_recall@10"] <= 1
    assert_well_formed(large.graph, vectors)


def test_an_approximate_graph_is_carried_on_but_never_called_exact(store, monkeypatch):
    monkeypatch.setattr(engine_and_graph, "EXACT_LIMIT", 1000)
    vectors = clustered(1200)
    first = store.indexes.build("supervised", "v1", entries(range(1200)), vectors, "faiss", {})
    rows = np.arange(20, 1200)
    second = store.indexes.build("supervised", "v2", entries(rows), vectors[rows], "faiss", {}, Before(first, rows))
    assert (second.record["graph"], second.record["updated_from"]) == ("approximate", "v1")
    assert second.record["stats"]["graph_recall@10"] >= 0.98
    third = store.indexes.build(
        "supervised", "v3", entries(rows), vectors[rows], "exact", {}, Before(second, np.arange(1180))
    )
    assert third.record["graph"] == "exact"
    assert all(np.array_equal(a, b) for a, b in zip(third.graph, build_graph(vectors[rows]), strict=True))


def test_it_is_told_how_many_vectors_have_their_neighbours(monkeypatch):
    monkeypatch.setattr(module, "_QUERIES", 500)
    monkeypatch.setattr(nearest_module, "_QUERIES", 500)
    vectors, told = clustered(1200), []
    approximate_graph(vectors, FaissIndex.build(vectors), lambda *numbers: told.append(numbers))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]
    told.clear()
    graph = build_graph(vectors[1:], lambda *numbers: told.append(numbers))
    assert told == [(500, 1199), (1000, 1199), (1199, 1199)]
    told.clear()
    updated_graph(graph, vectors, np.arange(-1, 1199), lambda *numbers: told.append(numbers))
    assert told[-1] == (1200, 1200) and len(told) > 1
