"""An index is built while others work: what they change meanwhile is in the one that is served, or nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from tests.without_photos import MODELS, set_catalogue, unit_vectors
from tiefvision_assets.lineage import index_serving
from tiefvision_assets.lineage.due import index_inputs, index_versions
from tiefvision_assets.lineage.index_serving import IndexNotServed, build_and_serve
from tiefvision_assets.lineage.progress import Progress, Stage, Stopped
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.store import Store

PATHS = [f"{number}.jpg" for number in range(6)]
VECTORS = np.concatenate([unit_vectors(1, seed=number) for number in range(len(PATHS))])


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, PATHS[:4], VECTORS[:4])
    return store


class Lock:
    """The data folder's lock, and whether it is held."""

    def __init__(self) -> None:
        self.held = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        assert not self.held
        self.held = True
        yield
        self.held = False


@pytest.fixture
def lock() -> Lock:
    return Lock()


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch, lock: Lock) -> list[bool]:
    """Whether the lock was held, for each time that an index was built."""
    real, seen = index_serving.build_indexes, []

    def build(*arguments):
        seen.append(lock.held)
        return real(*arguments)

    monkeypatch.setattr(index_serving, "build_indexes", build)
    return seen


def wanted(store: Store) -> dict[str, str]:
    return index_versions(index_inputs(store, MODELS), MODELS, store.settings.index)


def test_an_index_is_built_without_the_lock_and_served_with_it(store: Store, lock: Lock, building: list[bool]) -> None:
    served = build_and_serve(store, lock)
    assert building == [False]
    assert store.served.read().index == wanted(store)
    assert (served.changes.photos, served.changes.new) == (4, 4)


def test_what_comes_while_it_is_built_is_in_the_index_that_is_served(
    store: Store, lock: Lock, building: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = wanted(store)
    real = index_serving.build_indexes

    def scanned_meanwhile(*arguments):
        built = real(*arguments)
        if not lock.held:
            set_catalogue(store, PATHS, VECTORS)
        return built

    monkeypatch.setattr(index_serving, "build_indexes", scanned_meanwhile)
    build_and_serve(store, lock)
    assert building == [False, True], "once more, while nobody can change anything"
    now = store.served.read().index
    assert now == wanted(store) != first
    for ranking in RANKINGS:
        assert list(store.indexes.open(ranking, now[ranking]).entries["path"]) == PATHS
        assert not store.layout.index(ranking, first[ranking]).exists(), "it may hold what its name does not tell"


def test_the_index_of_models_that_were_promoted_meanwhile_is_not_the_one_of_those_before(
    store: Store, lock: Lock, building: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = index_serving.build_indexes

    def promoted_meanwhile(*arguments):
        built = real(*arguments)
        store.served.promote(replace(store.served.read().next, encoder=None))
        return built

    monkeypatch.setattr(index_serving, "build_indexes", promoted_meanwhile)
    with pytest.raises(IndexNotServed, match="needs encoder and embedding_basis"):
        build_and_serve(store, lock)
    assert store.served.read().index == {}


def test_what_is_served_already_is_not_removed_when_photos_come_meanwhile(
    store: Store, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_and_serve(store, lock)
    before = store.served.read().index
    real = index_serving.build_indexes

    def scanned_meanwhile(*arguments):
        built = real(*arguments)
        if not lock.held:
            set_catalogue(store, PATHS, VECTORS)
        return built

    monkeypatch.setattr(index_serving, "build_indexes", scanned_meanwhile)
    build_and_serve(store, lock)
    for ranking in RANKINGS:
        assert store.indexes.exists(ranking, before[ranking]), "somebody may be reading it"


@pytest.mark.parametrize("until", ["Gathering unsupervised vectors", "Finding unsupervised neighbours"])
def test_a_run_that_is_to_stop_stops_amid_building_and_leaves_nothing(store: Store, lock: Lock, until: str) -> None:
    progress = Progress(lambda name, done, total: progress.stop() if name == until else None)
    with pytest.raises(Stopped):
        build_and_serve(store, lock, stopping_after(progress))
    assert store.served.read().index == {}
    assert [file for file in store.layout.index("unsupervised", "").parent.rglob("*") if file.is_file()] == []


def stopping_after(progress: Progress) -> Stage:
    """Its stages, each of which looks once more whether the run is to stop when it has told how far it is."""

    def stage(name: str) -> Callable[[int, int], None]:
        tell = progress.stage(name)

        def told(done: int, total: int) -> None:
            tell(done, total)
            progress.pause(0)

        return told

    return stage
