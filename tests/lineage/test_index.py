"""Index versions: built anew or from the one before, whole or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.without_photos import EMBEDDING, MODELS, content_of, set_catalogue, unit_vectors
from tiefvision_assets.lineage import index as module
from tiefvision_assets.lineage.due import index_inputs, index_versions
from tiefvision_assets.lineage.index import IncompleteIndex, build_indexes, index_problems
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.graph import SERVED
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.records import (
    RANKING_HEAD,
    EmbeddingModels,
    RankingInputs,
    RankingRecord,
    TripletDatasetInputs,
)
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.served import CompleteModels
from tiefvision_assets.store.store import Store


def names(numbers: Sequence[int]) -> list[str]:
    return [f"{number:04d}.jpg" for number in numbers]


def embeddings(numbers: Sequence[int]) -> np.ndarray:
    """A photo's embedding is decided by its number; numbers that differ by 1000 look the same."""
    return np.concatenate([unit_vectors(1, seed=number % 1000) for number in numbers] or [np.empty((0, 16))])


def serve(store: Store) -> dict[str, IndexVersion]:
    built = build_indexes(store, MODELS)
    versions = {ranking: index.record["version"] for ranking, index in built.items()}
    assert index_problems(store, built) == []
    store.served.switch(versions)
    return built


def answers(index: IndexVersion, k: int) -> list[tuple[str, list[str], list[float]]]:
    """Everybody's k nearest as search by id gives them: image ids and scores."""
    ids = index.entries["image_id"].to_numpy()
    found = []
    for row in range(len(ids)):
        listed = index.graph.of(row, k)
        assert listed is not None
        found.append((ids[row], ids[listed[0]].tolist(), listed[1].tolist()))
    return found


catalogues = st.lists(st.sets(st.integers(0, 60).map(lambda n: n if n < 50 else 950 + n)), min_size=2, max_size=4)


@given(catalogues=catalogues)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_and_goes_an_update_answers_as_a_rebuild(tmp_path_factory, catalogues):
    store = Store(Settings(data=tmp_path_factory.mktemp("data")))
    for numbers in map(sorted, catalogues):
        set_catalogue(store, names(numbers), embeddings(numbers), batch_size=7)
        updated = serve(store)
        shutil.copytree(store.layout.root, other := tmp_path_factory.mktemp("rebuilt"), dirs_exist_ok=True)
        shutil.rmtree(other / "index")
        rebuilt = build_indexes(Store(Settings(data=other)), MODELS)
        for ranking, index in updated.items():
            anew = rebuilt[ranking]
            assert index.record["version"] == anew.record["version"]
            assert index.entries.equals(anew.entries)
            assert np.array_equal(index.vectors, anew.vectors)
            assert index.record["levels"] == anew.record["levels"]
            for k in (1, SERVED):
                assert answers(index, k) == answers(anew, k)


def test_only_what_changed_is_compared_anew(tmp_path, monkeypatch):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(200)), embeddings(range(200)))
    first = serve(store)
    assert first["unsupervised"].record["updated_from"] is None
    set_catalogue(store, names(range(3, 204)), embeddings(range(3, 204)))
    second = serve(store)
    assert second["unsupervised"].record["updated_from"] == first["unsupervised"].record["version"]
    assert index_inputs(store, MODELS)["embedding"] == EMBEDDING
    monkeypatch.setattr(module, "index_entries", lambda *_: pytest.fail("nothing has changed"))
    assert [index.folder for index in build_indexes(store, MODELS).values()] == [i.folder for i in second.values()]


def test_twins_share_a_vector_and_stand_next_to_each_other(tmp_path):
    store = Store(Settings(data=tmp_path))
    paths = [*names(range(40)), "twins/0007.jpg"]
    set_catalogue(store, paths, embeddings([*range(40), 7]))
    index = serve(store)["supervised"]
    assert content_of("twins/0007.jpg") == content_of("0007.jpg")
    row = index.rows[image_id("0007.jpg")]
    listed = index.graph.of(row, 1)
    assert listed and index.entries["path"].iloc[listed[0][0]] == "twins/0007.jpg"


@pytest.mark.parametrize("name", ["vectors.npy", "neighbours.npy", "scores.npy", "entries.parquet", "index.json"])
@pytest.mark.parametrize("damage", ["deleted", "cut short"])
def test_a_file_that_is_missing_or_cut_short_is_noticed_and_made_again(tmp_path, name, damage):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(40)), embeddings(range(40)))
    built = serve(store)["supervised"].load()
    version, vectors = built.record["version"], np.array(built.vectors)
    file = built.folder / name
    if damage == "deleted":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-9])
    assert not store.indexes.exists("supervised", version)
    with pytest.raises(DamagedFile, match=rf"{re.escape(str(file))} is damaged .*; `tiefvision run` makes it anew"):
        store.indexes.open("supervised", version)
    again = serve(store)["supervised"]
    assert again.record["version"] == version
    assert np.array_equal(again.vectors, vectors)


def test_a_photo_without_encoding_holds_the_index_up(tmp_path):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(10)), embeddings(range(10)))
    store.layout.encodings(EMBEDDING, store.catalogue.batch_keys()[0]).unlink()
    with pytest.raises(IncompleteIndex, match="10 photos have no encoding yet"):
        build_indexes(store, MODELS)


def test_a_photo_without_box_holds_the_index_up_though_it_is_encoded(tmp_path):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(10)), embeddings(range(10)))
    (key,) = store.catalogue.batch_keys()
    store.boxes.write(None, key, store.boxes.read(None, key).drop(index=3))
    with pytest.raises(IncompleteIndex, match="1 photos have no box yet"):
        build_indexes(store, MODELS)


def test_nothing_is_taken_over_from_an_index_that_other_code_made(tmp_path, monkeypatch):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(40)), embeddings(range(40)))
    serve(store)
    monkeypatch.setattr(module, "INDEX_CODE", "of tomorrow")
    assert {index.record["updated_from"] for index in serve(store).values()} == {None}


def test_a_photo_that_was_encoded_anew_under_another_box_is_searched_by_its_new_encoding(tmp_path):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(20)), embeddings(range(20)), batch_size=10)
    before = np.array(serve(store)["unsupervised"].vectors, dtype=np.float32)
    key = store.catalogue.batch_keys()[1]
    keys, vectors = store.encodings.keys(EMBEDDING, key), store.encodings.vectors(EMBEDDING, key)
    vectors[3] = embeddings([99])
    keys.loc[3, "right"] -= 40
    both = {"embedding": list(vectors[:, 0]), "mirrored": list(vectors[:, 1])}
    store.encodings.write(EMBEDDING, key, keys.assign(**both))
    after = serve(store)["unsupervised"]
    expected = before.copy()
    expected[13] = embeddings([99])
    assert np.asarray(after.vectors, dtype=np.float32) == pytest.approx(expected, abs=2e-3)
    assert after.encoded[13].tolist() == keys.loc[3, BOX].tolist()


def save_ranking_head(store: Store, name: str, weight: torch.Tensor) -> CompleteModels:
    """The models with a ranking head of these (16, 16) weights."""
    embedding_models = EmbeddingModels(MODELS.encoder, MODELS.basis)
    inputs = RankingInputs(f"triplets of {name}", EMBEDDING, embedding_models, config={}, code="1")
    record = RankingRecord(inputs, TripletDatasetInputs(None, {}, EMBEDDING), curves={})
    store.models.save(RANKING_HEAD, name, record, {"final.weight": weight.numpy()})
    return replace(MODELS, ranking_head=name)


def test_another_ranking_head_maps_every_photo_anew_and_the_other_ranking_keeps_its_vectors(tmp_path):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(30)), embeddings(range(30)))
    for number in range(2):
        weight = torch.randn(16, 16, generator=torch.Generator().manual_seed(number))
        built = build_indexes(store, save_ranking_head(store, f"head {number}", weight))
        plain = np.asarray(built["unsupervised"].vectors, dtype=np.float32)
        mapped = plain @ weight.numpy().T
        assert plain == pytest.approx(embeddings(range(30)), abs=2e-3)
        expected = mapped / np.linalg.norm(mapped, axis=1, keepdims=True)
        assert np.asarray(built["supervised"].vectors) == pytest.approx(expected, abs=5e-3)
        assert built["supervised"].record["updated_from"] is None
        assert (built["unsupervised"].record["updated_from"] is None) == (number == 0)
        store.served.switch({ranking: index.record["version"] for ranking, index in built.items()})


def test_versions_follow_photos_boxes_models_and_engine(tmp_path):
    store = Store(Settings(data=tmp_path))
    set_catalogue(store, names(range(10)), embeddings(range(10)))
    inputs = index_inputs(store, MODELS)
    assert inputs == index_inputs(store, MODELS)
    versions = index_versions(inputs, MODELS, "auto")
    assert index_versions(inputs, MODELS, "faiss") != versions
    key = store.catalogue.batch_keys()[0]
    boxes = store.boxes.read(None, key)
    boxes.loc[3, "right"] -= 1
    store.boxes.write(None, key, boxes)
    moved = index_inputs(store, MODELS)
    assert {name for name in inputs if inputs[name] != moved[name]} == {"boxes"}
    set_catalogue(store, names(range(9)), embeddings(range(9)))
    fewer = index_inputs(store, MODELS)
    assert {name for name in inputs if moved[name] != fewer[name]} == {"entries", "encodings", "boxes"}


def test_faiss_versions_are_updated_too(tmp_path):
    store = Store(Settings(data=tmp_path, index="faiss"))
    set_catalogue(store, names(range(400)), embeddings(range(400)))
    serve(store)
    set_catalogue(store, names(range(5, 410)), embeddings(range(5, 410)))
    index = serve(store)["unsupervised"]
    assert (index.record["engine"], index.record["stats"]["trained_at"]) == ("faiss", 400)
    rows, _ = index.engine.search(np.asarray(index.vectors[:50], dtype=np.float32), 1)
    assert rows[:, 0].tolist() == list(range(50))
