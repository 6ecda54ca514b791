"""Index versions whose vectors lie in Milvus: a night writes its changes only, and nobody sees half of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.lineage.test_index import catalogues, embeddings, names, serve
from tests.without_photos import MODELS, set_catalogue
from tiefvision_assets.lineage.due import index_inputs, index_versions
from tiefvision_assets.lineage.index import build_indexes, index_problems
from tiefvision_assets.planning.cleaning import collect_garbage
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.index import RANKINGS, IndexVersion, NoIndex
from tiefvision_assets.store.milvus.collection import Collection
from tiefvision_assets.store.milvus.server import MilvusProblem, Server
from tiefvision_assets.store.milvus.versions import Place
from tiefvision_assets.store.sealed import read_parquet, write_parquet
from tiefvision_assets.store.store import Store

K = 10


@pytest.fixture
def store(tmp_path, index_url) -> Store:
    return Store(Settings(data=tmp_path / "data", index="milvus", index_url=index_url))


def write(store: Store, numbers: Sequence[int]) -> None:
    """A catalogue of these photos, whose other columns do not change from night to night."""
    set_catalogue(store, names(numbers), embeddings(numbers))
    file = store.layout.catalogue
    write_parquet(file, read_parquet(file).assign(bytes=1000))


def answers(index: IndexVersion) -> dict[str, list[tuple[str, float]]]:
    """Everybody's nearest as search by id finds them."""
    ids = index.entries["image_id"].to_numpy()
    found, scores = index.neighbours(np.arange(len(ids)), K)
    lines = zip(ids, found, scores, strict=True)
    return {name: [(ids[row], score) for row, score in zip(*line, strict=True) if row >= 0] for name, *line in lines}


def places(built: dict[str, IndexVersion]) -> set[Place]:
    return {Place.of(index.folder) for index in built.values()}


@given(catalogues=catalogues)
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_and_goes_each_version_answers_as_exact_search(tmp_path_factory, index_url, catalogues):
    folder = tmp_path_factory.mktemp("data")
    store = Store(Settings(data=folder / "milvus", index="milvus", index_url=index_url))
    exact = Store(Settings(data=folder / "exact", index="exact"))
    before: tuple[IndexVersion, object] | None = None
    for numbers in map(sorted, catalogues):
        for each in (store, exact):
            write(each, numbers)
        built, expected = serve(store)["supervised"], serve(exact)["supervised"]
        assert answers(built) == answers(expected)
        assert np.array_equal(built.vectors[np.arange(len(numbers))], expected.vectors[:])
        assert built.record["levels"] == expected.record["levels"]
        if before is not None:
            assert answers(before[0]) == before[1], "who still searches the version before sees nothing of the night"
        before = built, answers(built)


def test_a_night_writes_its_changes_only(store, monkeypatch):
    write(store, range(90))
    first = serve(store)
    written: list[str] = []
    add, end = Collection.add, Collection.end

    def adding(self, version, entries, vectors):
        assert len(vectors) == len(entries)
        written.extend(f"+{path}" for path in entries["path"])
        add(self, version, entries, vectors)

    def ending(self, version, keys):
        written.extend(["-"] * len(keys))
        end(self, version, keys)

    monkeypatch.setattr(Collection, "add", adding)
    monkeypatch.setattr(Collection, "end", ending)
    write(store, range(3, 94))
    second = serve(store)
    assert sorted(written) == [*(f"+{name}" for name in names(range(90, 94))), "-", "-", "-"]
    assert second["supervised"].record["updated_from"] == first["supervised"].record["version"]
    assert {place.collection for place in places(second)} == {place.collection for place in places(first)}


def test_a_killed_night_is_not_seen_and_taken_back(store, monkeypatch):
    write(store, range(100))
    served = serve(store)["supervised"]
    expected = answers(served)
    write(store, range(5, 108))
    with monkeypatch.context() as killing:
        killing.setattr(Collection, "complete", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_indexes(store, MODELS)
    assert answers(served) == expected
    write(store, range(101))  # what had gone is back, what had come is not wanted any more
    after = serve(store)["supervised"]
    assert len(after.vectors) == 101
    kept = {name: [hit for hit in hits if hit[0] in expected] for name, hits in answers(after).items()}
    assert all(hits == expected[name][: len(hits)] for name, hits in kept.items() if name in expected)


def test_a_version_that_was_built_but_never_served_is_not_taken_for_whole_later(store):
    write(store, range(60))
    serve(store)
    write(store, range(2, 62))
    build_indexes(store, MODELS)  # killed before the switch
    unserved = index_versions(index_inputs(store, MODELS), MODELS, "milvus")
    write(store, range(61))
    serve(store)
    assert not any(store.indexes.exists(ranking, unserved[ranking]) for ranking in RANKINGS)
    write(store, range(2, 62))
    assert index_problems(store, serve(store)) == []


def test_a_dropped_collection_is_told_and_filled_again(store, index_url):
    write(store, range(40))
    served = serve(store)["supervised"].load()
    expected = answers(served)
    Collection(Server(index_url), Place.of(served.folder).collection).drop()
    with pytest.raises(MilvusProblem, match=rf"Milvus at {index_url} no longer holds the coll.*; run `tiefvision run`"):
        served.neighbours(np.arange(3), 2)
    with pytest.raises(NoIndex, match=r"no longer holds the supervised index; run `tiefvision run`\.$"):
        store.indexes.open("supervised", served.folder.name)
    (step,) = [step for step in plan(store) if step.assets == ("similarity_index",)]
    assert "no longer holds" in step.reason
    assert answers(serve(store)["supervised"]) == expected


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (None, "An index in Milvus needs its address; set TIEFVISION_INDEX_URL"),
        ("http://reader:secret@127.0.0.1:1", r"Milvus at http://127\.0\.0\.1:1 cannot be reached \(.*see whether it"),
        ("nonsense", r"Milvus at nonsense cannot be reached \(.*needs start with"),
    ],
)
def test_a_server_that_does_not_answer_is_one_sentence_for_status_and_run(tmp_path, index_url, url, sentence):
    data = tmp_path / "data"
    store = Store(Settings(data=data, index="milvus", index_url=index_url))
    write(store, range(20))
    serve(store)
    store = Store(Settings(data=data, index="milvus", index_url=url))
    (step,) = [step for step in plan(store) if step.assets == ("similarity_index",)]
    assert "secret" not in step.reason and "\n" not in step.reason
    with pytest.raises(MilvusProblem, match=sentence) as caught:
        build_indexes(store, MODELS)
    assert "secret" not in str(caught.value)


def test_collections_go_with_the_last_version_in_them(store, index_url):
    write(store, range(30))
    old = places(serve(store))
    write(store, range(1000, 1030))  # other contents: filled anew
    new = places(serve(store))
    server = Server(index_url)
    assert {place.collection for place in old}.isdisjoint(place.collection for place in new)
    collect_garbage(store, apply=False)
    assert all(Collection(server, place.collection).holds(place.number) for place in old | new)
    collect_garbage(store, apply=True)
    assert all(Collection(server, place.collection).holds(place.number) for place in new)
    assert not any(Collection(server, place.collection).holds(place.number) for place in old)


def test_other_programs_find_the_newest_rows_by_alias_and_can_group_them(store, index_url):
    write(store, range(30))
    set_catalogue(store, [*names(range(30)), "twins/0007.jpg"], embeddings([*range(30), 7]))
    built = serve(store)
    store.indexes.take_aliases({ranking: index.folder.name for ranking, index in built.items()})
    hits = Server(index_url).call(
        "search",
        collection_name="tiefvision_supervised",
        data=list(embeddings([7]).astype(np.float32)),
        limit=31,
        filter="tv_until == 9999999999999",
        group_by_field="sha256",
        output_fields=["path", "sha256"],
    )[0]
    assert len({hit["entity"]["sha256"] for hit in hits}) == len(hits)
    assert hits[0]["entity"]["path"].endswith("0007.jpg")


def test_a_folder_of_another_engine_is_taken_over_and_back(tmp_path, index_url):
    for number, engine in enumerate(("exact", "milvus", "exact")):
        store = Store(Settings(data=tmp_path / "data", index=engine, index_url=index_url))
        write(store, range(50 + number))
        index = serve(store)["supervised"]
        assert index.record["engine"] == engine
        found = answers(index)
        assert len(found) == 50 + number and all(len(hits) == K for hits in found.values())
