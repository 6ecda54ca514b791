"""Milvus as a server in a process of its own: while it is away, one sentence, soon; when it is back, answers."""

from __future__ import annotations

import fcntl
import sys

import numpy as np
import pytest

from tests.commands import free_port, wait_for
from tests.lineage.test_index import embeddings, names, serve
from tests.store.milvus.serving import milvus
from tests.without_photos import set_catalogue
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.milvus import server as module
from tiefvision_assets.store.milvus.server import MilvusProblem, Server
from tiefvision_assets.store.store import Store


def test_a_server_that_goes_away_is_told_soon_and_used_again_when_it_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "READ_S", 1.0)
    port = free_port()
    with milvus(tmp_path / "milvus", port) as url:
        store = Store(Settings(data=tmp_path / "data", index="milvus", index_url=url))
        set_catalogue(store, names(range(40)), embeddings(range(40)))
        index = serve(store)["supervised"].load()
        expected = index.neighbours(np.arange(40), 5)
    with pytest.raises(MilvusProblem, match=rf"^Milvus at {url} refused to (get|search) \(.*; see whether it runs"):
        index.neighbours(np.arange(40), 5)
    assert "Milvus" in (store.indexes.problem("supervised", index.folder.name) or "")
    with milvus(tmp_path / "milvus", port):
        found = wait_for("the same answers", lambda: again(index), within_s=60)
        np.testing.assert_array_equal(found[0], expected[0])


def again(index) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        return index.neighbours(np.arange(40), 5)
    except MilvusProblem:
        return None


def test_a_file_that_another_process_has_open_is_told_with_the_way_out(tmp_path):
    pytest.importorskip("milvus_lite", reason="the extra milvus is not installed")
    file = tmp_path / "vectors.db"
    file.mkdir()
    with (file / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(MilvusProblem, match=r"cannot be reached .* need `milvus-lite server`\.$") as told:
            Server(str(file)).call("list_collections")
    assert "one process at a time may open a file of Milvus Lite" in str(told.value)


def test_without_the_extra_one_sentence_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)  # as if it were not installed
    with pytest.raises(MilvusProblem) as told:
        Server("http://127.0.0.1:19530").call("list_collections")
    sentence = "An index in Milvus needs the package pymilvus; install it by `pip install 'tiefvision[milvus]'`."
    assert str(told.value) == sentence
