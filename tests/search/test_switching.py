"""Searching while index versions are switched and old ones removed: every answer comes from one whole version."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType

import pytest

from tests.without_photos import MODELS, PROMOTED, set_catalogue, unit_vectors
from tiefvision_assets.lineage.index import IncompleteIndex, build_indexes
from tiefvision_assets.lineage.index_serving import build_and_serve
from tiefvision_assets.search import searcher as searching
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.search.serving import Serving
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS, Indexes, IndexVersion, NoIndex
from tiefvision_assets.store.store import Store

PHOTOS = 60
SWITCHES = 6


def paths_of(version: int) -> list[str]:
    """One photo is in all versions; the folder of the others tells the version."""
    return ["always.jpg", *(f"v{version}/{version}-{number}.jpg" for number in range(PHOTOS))]


def build(store: Store, version: int) -> dict[str, str]:
    embeddings = unit_vectors(PHOTOS + 1, seed=version)
    embeddings[0] = unit_vectors(1, seed=99)[0]
    set_catalogue(store, paths_of(version), embeddings)
    return {ranking: index.record["version"] for ranking, index in build_indexes(store, MODELS).items()}


def switch_and_remove(store: Store) -> None:
    """Serve one version after the other, and remove each as soon as the next is served."""
    before = store.served.read().index
    for version in range(1, SWITCHES):
        following = build(store, version)
        store.served.switch(following)
        for ranking in RANKINGS:
            shutil.rmtree(store.layout.index(ranking, before[ranking]))
        before = following


def versions_seen(searcher: Searcher) -> set[str]:
    """The versions that the hits of one search, and the photos listed besides, belong to."""
    entries = set(searcher.entries()["path"]) - {"always.jpg"}
    assert len(entries) == PHOTOS
    seen = set()
    for ranking in RANKINGS:
        for k in (5, PHOTOS):
            hits = searcher.search(ById(image_id("always.jpg"), k=k, ranking=ranking)).hits
            assert len(hits) == k
            folders = {hit.path.split("/")[0] for hit in hits}
            assert len(folders) == 1, "hits of two versions"
            seen |= folders
    return seen


def read_until(data: str, started: threading.Event, done: threading.Event) -> int:
    """How many searches were answered before ``done`` was set."""
    searcher, answered = Searcher(Settings(data=data)), 0
    while not done.is_set():
        versions_seen(searcher)
        started.set()
        answered += 1
    return answered


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(Settings(data=tmp_path))
    store.served.switch(build(store, 0))
    return store


def test_threads_that_share_a_searcher_see_whole_versions(store):
    searcher, started, done = Searcher(store.settings), threading.Event(), threading.Event()

    def read() -> None:
        while not done.is_set():
            versions_seen(searcher)
            started.set()

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            assert started.wait(60)
            switch_and_remove(store)
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert versions_seen(searcher) == {f"v{SWITCHES - 1}"}


def test_another_process_sees_whole_versions(store, monkeypatch):
    # a test of the app that ran before leaves its page as the main module, which a new process would run
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    context = get_context("spawn")
    with context.Manager() as manager, context.Pool(1) as pool:
        started, done = manager.Event(), manager.Event()
        reader = pool.apply_async(read_until, (str(store.layout.root), started, done))
        try:
            assert started.wait(60)
            switch_and_remove(store)
        finally:
            done.set()
        assert reader.get(60) > 0


@pytest.mark.parametrize("moment", ["before it is opened", "while it is read"])
def test_a_version_that_is_replaced_meanwhile_is_given_up_for_the_next(store, monkeypatch, moment):
    before, following = store.served.read().index, build(store, 1)

    def replace_the_version() -> None:
        monkeypatch.undo()
        store.served.switch(following)
        for ranking in RANKINGS:
            shutil.rmtree(store.layout.index(ranking, before[ranking]))

    opening, reading = Indexes.open, IndexVersion.load
    if moment == "before it is opened":
        monkeypatch.setattr(Indexes, "open", lambda *version: (replace_the_version(), opening(*version))[1])
    else:
        monkeypatch.setattr(IndexVersion, "load", lambda version: (replace_the_version(), reading(version))[1])
    assert versions_seen(Searcher(store.settings)) == {"v1"}


def test_what_is_served_is_opened_once(store, monkeypatch):
    opened, opening = [], Indexes.open
    monkeypatch.setattr(Indexes, "open", lambda *version: (opened.append(version[1:]), opening(*version))[1])
    searcher = Searcher(store.settings)
    for number in range(2):
        assert versions_seen(searcher) == {f"v{number}"}
        assert dict(opened) == store.served.read().index and len(opened) == len(RANKINGS)
        opened.clear()
        store.served.switch(build(store, number + 1))
        opened.clear()


def test_a_version_that_is_gone_for_good_is_told(store):
    shutil.rmtree(store.layout.index("supervised", store.served.read().index["supervised"]))
    with pytest.raises(NoIndex, match="tiefvision run"):
        Searcher(store.settings).search(ById(image_id("always.jpg")))


def test_models_promoted_while_the_index_waits_for_the_lock_are_the_ones_it_is_built_with(tmp_path):
    class Waited(Store):
        @contextmanager
        def writing(self, purpose: str, **_: object) -> Iterator[None]:
            self.served.promote(PROMOTED.with_basis("other"))
            yield

    store = Waited(Settings(data=tmp_path))
    store.served.switch(build(store, 0))
    served = store.served.read()
    with pytest.raises(IncompleteIndex):
        build_and_serve(store, lambda: store.writing("similarity_index"))
    assert (store.served.read().index, store.served.read().models) == (served.index, served.models)


def test_what_is_served_is_opened_once_for_all_who_search_at_the_same_time(store: Store, monkeypatch):
    searcher, together = Searcher(store.settings), threading.Barrier(8)
    monkeypatch.setattr(searcher._store.served, "read", lambda: together.wait(30) >= 0 and store.served.read())
    opened: list[Serving] = []

    def open_slowly(*arguments) -> Serving:
        opened.append(Serving(*arguments))
        return opened[-1]

    monkeypatch.setattr(searching, "Serving", open_slowly)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(searcher.entries()), range(8)))
    assert found == [PHOTOS + 1] * 8
    assert len(opened) == 1
