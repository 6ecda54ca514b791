"""Searching a small catalogue: by id, photo and examples, narrowed by conditions, explained."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests import tiny
from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.answers import NEGATIVE_WEIGHT
from tiefvision_assets.search.request import ByExamples, ById, ByPhoto
from tiefvision_assets.search.searcher import Searcher, UnknownPhoto
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import BadFilter

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps


@pytest.fixture
def store() -> Store:
    return tiny.undisturbed()


@pytest.fixture
def searcher(store) -> Searcher:
    return Searcher(store.settings)


def photo_of(store: Store, path: str) -> Image.Image:
    return store.catalogue.open(path)


def paths(result) -> list[str]:
    return [hit.path for hit in result.hits]


@pytest.mark.parametrize("ranking", ["supervised", "unsupervised"])
def test_by_id_is_the_order_of_cosines(store, searcher, ranking):
    index = store.indexes.open(ranking, store.served.read().index[ranking])
    for k in (1, 5, 11, 50):
        result = searcher.search(ById(image_id("03.png"), k=k, ranking=ranking))
        scores = np.asarray(index.vectors, dtype=np.float32) @ np.asarray(index.vectors[3], dtype=np.float32)
        scores[3] = -np.inf
        expected = np.argsort(-scores, kind="stable")[: min(k, 11)]
        assert paths(result) == [f"{row:02d}.png" for row in expected]
        assert [hit.score for hit in result.hits] == pytest.approx(list(scores[expected]), abs=1e-5)


def test_a_condition_narrows_every_kind_of_search(store, searcher):
    where = "path IN ('01.png', '03.png', '07.png', '09.png') AND width = 96"
    by_id = searcher.search(ById(image_id("03.png"), where=where))
    assert sorted(paths(by_id)) == ["01.png", "07.png", "09.png"]
    wide = [hit for hit in searcher.search(ById(image_id("03.png"), k=11)).hits if hit.path in paths(by_id)]
    assert [hit.image_id for hit in wide] == [hit.image_id for hit in by_id.hits]
    photo = photo_of(store, "03.png")
    assert sorted(paths(searcher.search(ByPhoto(photo, where=where)))) == ["01.png", "03.png", "07.png", "09.png"]
    assert sorted(paths(searcher.search(ById(image_id("03.png"), box=Box(5, 5, 60, 90), where=where)))) == sorted(
        paths(by_id)
    )
    assert paths(searcher.search(ByExamples([image_id("01.png")], k=1, where="path > '05.png'"))) > ["05.png"]
    assert searcher.search(ByPhoto(photo, where="width > 96")).hits == ()
    with pytest.raises(BadFilter, match=r"no column colour .* image_id, path, sha256, width"):
        searcher.search(ByPhoto(photo, where="colour = 'red'"))


def test_one_positive_ranks_as_its_id_does(searcher):
    by_id = searcher.search(ById(image_id("05.png"), k=11))
    by_example = searcher.search(ByExamples([image_id("05.png")], k=11))
    assert paths(by_example) == paths(by_id)
    assert [hit.level for hit in by_example.hits] == [hit.level for hit in by_id.hits]
    assert (by_example.box, by_example.confidence) == (by_id.box, by_id.confidence)
    assert by_example.query == image_id("05.png")


def test_examples_are_combined_as_rocchio_does_and_left_out(store, searcher):
    index = store.indexes.open("supervised", store.served.read().index["supervised"])
    vectors = np.asarray(index.vectors, dtype=np.float64)
    query = vectors[[1, 2]].mean(0) - NEGATIVE_WEIGHT * vectors[[4, 6]].mean(0)
    scores = vectors @ (query / np.linalg.norm(query))
    others = [row for row in range(12) if row not in (1, 2, 4, 6)]
    expected = sorted(others, key=lambda row: -scores[row])
    ids = [image_id(f"{row:02d}.png") for row in range(12)]
    result = searcher.search(ByExamples([ids[1], ids[2]], [ids[4], ids[6]], k=20))
    assert paths(result) == [f"{row:02d}.png" for row in expected]
    assert [hit.score for hit in result.hits] == pytest.approx(list(scores[expected]), abs=1e-4)


def test_a_photo_can_be_an_example(store, searcher):
    photo = photo_of(store, "05.png")
    by_photo = searcher.search(ByPhoto(photo, k=12))
    result = searcher.search(ByExamples([photo], k=12))
    assert paths(result) == paths(by_photo)
    assert (result.box, result.confidence, result.query) == (by_photo.box, by_photo.confidence, "photo")
    without = searcher.search(ByExamples([photo], [image_id("02.png")], k=12))
    assert "02.png" not in paths(without) and len(without.hits) == 11


def test_without_a_positive_there_is_nothing_to_look_for(searcher):
    with pytest.raises(TiefVisionError, match="name at least one photo as a positive"):
        searcher.search(ByExamples([], [image_id("02.png")]))
    with pytest.raises(UnknownPhoto, match="'nobody'"):
        searcher.search(ByExamples([image_id("02.png")], ["nobody"]))


def test_the_same_shot_is_told_apart_from_similar_ones(store, searcher):
    mirrored = photo_of(store, "05.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    whole = Box.whole(*mirrored.size)
    stored = searcher.search(ById(image_id("05.png"), k=1)).box
    result = searcher.search(ByPhoto(mirrored, k=5, box=stored.mirrored(whole.right)))
    assert paths(result)[0] == "05.png"
    assert [hit.path for hit in result.duplicates][:1] == ["05.png"]
    assert set(result.duplicates) | set(result.similar) == set(result.hits)
    assert not set(result.duplicates) & set(result.similar)
    assert all(hit.level == "same" for hit in result.duplicates)


@pytest.mark.parametrize("ranking", RANKINGS)
def test_a_photo_and_its_mirror_image_find_the_same_and_the_photo_itself_with_a_copys_score(store, searcher, ranking):
    photo = photo_of(store, "05.png")
    box = Box(10, 20, 80, 110)
    mirrored = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    asked = [(photo, box), (mirrored, box.mirrored(photo.width))]
    upright, turned = (searcher.search(ByPhoto(item, k=5, ranking=ranking, box=where)).hits for item, where in asked)
    assert [hit.path for hit in upright] == [hit.path for hit in turned]
    assert [hit.score for hit in upright] == pytest.approx([hit.score for hit in turned], abs=1e-5)

    own = searcher.search(ById(image_id("05.png"), k=1)).box
    for item, where in ((photo, own), (mirrored, own.mirrored(photo.width))):
        first = searcher.search(ByPhoto(item, k=1, ranking=ranking, box=where)).hits[0]
        assert (first.path, first.level) == ("05.png", "same") and first.score > 0.98


def test_a_photo_matches_itself_in_every_cell(store, searcher):
    explanation = searcher.explain(image_id("05.png"), image_id("05.png"))
    assert explanation.cells == pytest.approx(1, abs=1e-4)
    assert explanation.similarity == pytest.approx(1, abs=1e-4) and not explanation.mirrored
    assert explanation.query.size == explanation.query_heat.size == explanation.hit.size == explanation.hit_heat.size
    box = searcher.search(ById(image_id("05.png"), k=1)).box.rounded()
    assert explanation.query.size == (box[2] - box[0], box[3] - box[1])


def test_a_mirror_image_matches_the_photo(store, searcher):
    photo = photo_of(store, "05.png")
    box = searcher.search(ById(image_id("05.png"), k=1)).box
    mirrored = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    explanation = searcher.explain(mirrored, image_id("05.png"), box.mirrored(photo.width))
    assert explanation.similarity > 0.99


def test_a_hit_of_a_search_is_explained(store, searcher):
    hit = searcher.search(ByPhoto(photo_of(store, "05.png"), k=2)).hits[1]
    explanation = searcher.explain(photo_of(store, "05.png"), hit)
    assert explanation.cells.shape == (11, 11)
    assert explanation.cells.max() <= 1.0001
    part = searcher.explain(image_id("05.png"), hit, Box(10, 20, 50, 60))
    assert part.query.size == (40, 40)
    with pytest.raises(UnknownPhoto):
        searcher.explain("nobody", hit)
