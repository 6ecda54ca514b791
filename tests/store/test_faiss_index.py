import numpy as np
import pytest

from tests.store.vectors import clustered
from tiefvision_assets.store import faiss_index as module
from tiefvision_assets.store.faiss_index import RECALL, FaissIndex
from tiefvision_assets.store.neighbours import ExactIndex


def recall(index: FaissIndex, vectors: np.ndarray, among: np.ndarray | None = None) -> float:
    queries = clustered(100, seed=7).astype(np.float32)
    rows, scores = index.search(queries, 10, among)
    expected, _ = ExactIndex(vectors).search(queries, 10, among)
    assert np.allclose(scores, np.take_along_axis(queries @ vectors.T.astype(np.float32), rows, 1), atol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()
    return float(np.mean([len(set(found) & set(true)) / 10 for found, true in zip(rows, expected, strict=True)]))


def test_the_ten_nearest_are_found_with_few_probes(tmp_path):
    vectors = clustered(5000)
    index = FaissIndex.build(vectors)
    assert recall(index, vectors) >= 0.97
    stats = index.stats()
    assert stats["recall@10"] >= RECALL and stats["trained_at"] == 5000
    assert 1 <= stats["nprobe"] < stats["lists"]
    index.save(tmp_path)
    again = FaissIndex.load(tmp_path, vectors, stats)
    queries = vectors[:50].astype(np.float32)
    assert np.array_equal(again.search(queries, 10)[0], index.search(queries, 10)[0])


def test_nprobe_is_the_smallest_that_is_enough():
    vectors = clustered(5000)
    index = FaissIndex.build(vectors)
    probes = int(index.stats()["nprobe"])
    rows = module._held_out(5000)
    truth = ExactIndex(vectors).search(vectors[rows], 11)[0]
    reached = {}
    for nprobe in (probes - 1, probes):
        index._stats["nprobe"] = nprobe
        reached[nprobe] = module._recall(index.search(vectors[rows], 11)[0], truth, rows) if nprobe else 0
    assert reached[probes] >= RECALL > reached[probes - 1]


@pytest.mark.parametrize("count", [1, 2, 39, 200])
def test_small_catalogues_and_large_k_are_served(count):
    vectors = clustered(count)
    rows, scores = FaissIndex.build(vectors).search(vectors.astype(np.float32), 60)
    assert rows.shape == scores.shape == (count, min(60, count))
    assert list(rows[:, 0]) == list(range(count))
    assert ((rows >= 0) == np.isfinite(scores)).all()


@pytest.mark.parametrize("exact_among", [0, 20_000])
def test_only_what_a_filter_leaves_is_found(monkeypatch, exact_among):
    monkeypatch.setattr(module, "EXACT_AMONG", exact_among)
    vectors = clustered(5000)
    index = FaissIndex.build(vectors)
    for share in (0.5, 0.02):
        among = np.random.default_rng(1).random(5000) < share
        rows, _ = index.search(vectors[:20], 10, among)
        assert among[rows].all()
        assert recall(index, vectors, among) >= 0.95
    nothing, scores = index.search(vectors[:2], 10, np.zeros(5000, bool))
    assert nothing.shape == scores.shape == (2, 0)


def test_an_update_finds_the_new_and_forgets_the_deleted():
    vectors = clustered(3000)
    index = FaissIndex.build(vectors)
    for seed in (1, 2):
        kept = np.flatnonzero(np.random.default_rng(seed).random(len(vectors)) > 0.2)
        origins = np.insert(kept, np.sort(np.random.default_rng(seed).integers(0, len(kept), 300)), -1)
        following = vectors[origins]
        following[origins < 0] = clustered(300, seed=seed)
        before = index.search(vectors[:30], 5)[0].tolist()
        updated = index.updated(following, origins)
        assert index.search(vectors[:30], 5)[0].tolist() == before, "an index that readers use never changes"
        assert updated.stats()["trained_at"] == 3000 and updated.stats()["recall@10"] >= RECALL
        rows, scores = updated.search(following.astype(np.float32), 1)
        assert (scores[:, 0] > 0.998).all() and (rows[:, 0] == np.arange(len(following))).mean() > 0.99
        assert recall(updated, following) >= 0.97
        vectors, index = following, updated


def test_a_catalogue_that_has_outgrown_its_lists_is_laid_out_anew():
    index = FaissIndex.build(clustered(300))
    vectors = np.concatenate([clustered(300), clustered(600, seed=3)])
    origins = np.concatenate([np.arange(300), np.full(600, -1)])
    assert index.updated(vectors, origins).stats()["trained_at"] == 900
