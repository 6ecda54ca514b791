import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tiefvision_assets.store import sealed
from tiefvision_assets.store.graph import STORED
from tiefvision_assets.store.index import Before, NoIndex
from tiefvision_assets.store.where import rows_where


def entries(count: int) -> pd.DataFrame:
    return pd.DataFrame({"image_id": [f"i{n}" for n in range(count)], "path": [f"{n}.jpg" for n in range(count)]})


def unit(count: int, dimensions: int = 16) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("engine", ["exact", "faiss"])
def test_a_version_is_opened_as_built(store, engine):
    vectors = unit(120)
    assert not store.indexes.exists("supervised", "v1")
    store.indexes.build("supervised", "v1", entries(120), vectors, engine, {"levels": {"same": 0.9}})
    index = store.indexes.open("supervised", "v1")
    assert index.record["engine"] == engine and index.record["levels"] == {"same": 0.9}
    assert index.entries.equals(entries(120))
    assert index.rows["i7"] == 7
    assert np.flatnonzero(rows_where(index.columns(), "path IN ('7.jpg', '11.jpg')")).tolist() == [7, 11]
    assert index.vectors.dtype == np.float16
    assert np.abs(index.vectors - vectors).max() < 1e-3
    rows, scores = index.engine.search(vectors[:5], 3)
    assert list(rows[:, 0]) == [0, 1, 2, 3, 4]
    assert scores[:, 0] == pytest.approx(1, abs=2e-3)


def test_the_graph_names_everybodys_neighbours_but_oneself(store):
    vectors = unit(80)
    neighbours, scores = store.indexes.build("unsupervised", "v1", entries(80), vectors, "exact", {}).graph
    assert neighbours.shape == scores.shape == (80, STORED)
    assert not (neighbours == np.arange(80)[:, None]).any()
    expected = vectors @ vectors.T
    np.fill_diagonal(expected, -np.inf)
    assert np.allclose(scores, -np.sort(-expected, axis=1)[:, :STORED], atol=2e-3)


@pytest.mark.parametrize(("count", "engine"), [(0, "exact"), (1, "exact"), (1, "faiss")])
def test_the_smallest_catalogues_have_an_index(store, count, engine):
    index = store.indexes.build("supervised", "v1", entries(count), unit(count), engine, {})
    assert index.graph[0].shape == index.graph[1].shape == (count, 0)
    assert index.engine.search(unit(1), 5)[0].tolist() == [[0] * count]


def test_versions_and_rankings_are_kept_apart(store):
    store.indexes.build("supervised", "v1", entries(3), unit(3), "exact", {})
    store.indexes.build("supervised", "v2", entries(4), unit(4), "exact", {})
    assert len(store.indexes.open("supervised", "v1").entries) == 3
    assert len(store.indexes.open("supervised", "v2").entries) == 4
    assert not store.indexes.exists("unsupervised", "v1")


def test_a_missing_version_is_named_with_the_way_out(store):
    with pytest.raises(NoIndex, match=r"supervised index v9 .*tiefvision run"):
        store.indexes.open("supervised", "v9")


@pytest.mark.parametrize("links", [True, False])
def test_a_version_can_hold_what_one_of_the_other_ranking_holds(store, monkeypatch, links):
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    first = store.indexes.build("unsupervised", "v1", entries(40), unit(40), "exact", {"levels": {"same": 0.9}})
    again = store.indexes.again(first, "supervised", "v2")
    assert (again.record["ranking"], again.record["version"]) == ("supervised", "v2")
    assert again.record["levels"] == first.record["levels"]
    assert again.entries.equals(first.entries)
    for name in first.record["files"]:
        assert (again.folder / name).read_bytes() == (first.folder / name).read_bytes()
        assert (again.folder / name).samefile(first.folder / name) == links
    shutil.rmtree(first.folder)
    assert len(store.indexes.open("supervised", "v2").vectors) == 40, "one version lives without the other"


@pytest.mark.parametrize("engine", ["exact", "faiss"])
def test_a_version_of_other_order_is_not_taken_over_but_built_anew(store, engine):
    """Equally near neighbours are listed by their row; taken over in another order, they would be listed otherwise."""
    vectors = np.repeat(unit(40), 3, axis=0)
    shuffled = vectors[::-1]
    first = store.indexes.build("unsupervised", "v1", entries(120), vectors, engine, {})
    anew = store.indexes.build("unsupervised", "v2", entries(120), shuffled, engine, {})
    before = Before(first, np.arange(120)[::-1])
    again = store.indexes.build("unsupervised", "v3", entries(120), shuffled, engine, {}, before=before)
    assert again.record["updated_from"] is None
    assert np.array_equal(again.graph.neighbours, anew.graph.neighbours)
    assert np.array_equal(again.engine.search(vectors[:9], 5)[0], anew.engine.search(vectors[:9], 5)[0])


@pytest.mark.parametrize(("name", "value"), [("vectors.npy", np.inf), ("vectors.npy", np.nan), ("scores.npy", 7.0)])
def test_a_version_of_before_checksums_is_damaged_where_its_numbers_cannot_be_cosines(store, name, value):
    index = store.indexes.build("unsupervised", "v", entries(9), unit(9), "exact", {})
    record = index.record
    del record["checksums"]
    sealed.write_json(index.folder / "index.json", record)
    assert store.indexes.exists("unsupervised", "v")
    numbers = np.load(index.folder / name)
    numbers[1, 0] = value
    np.save(index.folder / name, numbers)
    assert not store.indexes.exists("unsupervised", "v")
    with pytest.raises(sealed.DamagedFile, match=name):
        store.indexes.open("unsupervised", "v")
