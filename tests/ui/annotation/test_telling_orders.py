"""The orders that ask first what tells most: over a served index, its box heads' confidence and its folds' heads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.small_catalogue import component
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.telling import BLOCK, k_centre
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.records import (
    RANKING_HEAD,
    EmbeddingModels,
    RankingInputs,
    RankingRecord,
    TripletDatasetInputs,
)
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.telling_questions import telling_questions


@pytest.fixture
def learned(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A served index with box heads that are the surer the later a photo's hash, and ranking heads of three folds."""
    monkeypatch.setenv("TIEFVISION_OVERLAP", "0")
    contents = sorted(store.catalogue.contents()["sha256"])
    (batch,) = store.catalogue.batch_keys()
    rows = store.catalogue.contents()[["sha256"]].assign(left=10.0, top=10.0, right=60.0, bottom=80.0, error="")
    rows["confidence"] = [contents.index(sha256) / len(contents) for sha256 in rows["sha256"]]
    store.boxes.write("heads", batch, rows)
    draw = np.random.default_rng(1)
    variants = ("final", "fold0", "fold1", "fold2")
    weights = {f"{name}.weight": draw.normal(size=(8, 8)).astype(np.float32) for name in variants}
    inputs = RankingInputs("triplets", "embedding", EmbeddingModels("encoder", "basis"), {}, "1")
    record = RankingRecord(inputs, TripletDatasetInputs(None, {}, "embedding"), {})
    store.models.save(RANKING_HEAD, "head", record, weights)
    index = store.served.read().index
    store.served.promote(ModelSet(encoder="encoder", heads="heads", basis="basis", ranking_head="head"))
    store.served.switch(index)
    return store


def test_boxes_are_asked_for_where_the_heads_are_unsure_and_photos_differ(learned: Store) -> None:
    unsure = list(queues.box_queue("uncertain").photos)
    labelled = unsure[0]
    learned.annotation.commit(Decision.box("1", BoxLabel(labelled, Box(0, 0, 9, 9)), "drawn"), annotator="Bob")
    queue = list(queues.box_queue("telling").photos)
    assert queue[0] == labelled and sorted(queue) == sorted(unsure)
    searcher = Searcher(learned.settings)
    vectors, known = searcher.appearances(unsure[1:])[0], searcher.appearances([labelled])[0]
    assert queue[1 : 1 + BLOCK] == [unsure[1 + row] for row in k_centre(vectors, known, BLOCK)]
    assert queue[1 : 1 + BLOCK] != unsure[1 : 1 + BLOCK]


def test_a_question_is_about_the_two_of_which_the_folds_heads_disagree_most(learned: Store) -> None:
    reference, *others = list(queues.photos())[:7]
    asked = telling_questions(Searcher(learned.settings), {reference: others[:4], others[0]: ["unknown"]}, [])
    (question,) = asked
    weights = learned.models.tensors(RANKING_HEAD, "head")
    vectors, _ = Searcher(learned.settings).appearances([reference, *others[:4]])

    def disputed(first: int, second: int) -> float:
        margins = []
        for fold in ("fold0", "fold1", "fold2"):
            mapped = vectors @ weights[f"{fold}.weight"].T
            mapped /= np.linalg.norm(mapped, axis=1, keepdims=True)
            margins.append(mapped[0] @ (mapped[1 + first] - mapped[1 + second]))
        return float(np.std(margins) / (np.std(margins) + abs(np.mean(margins))))

    pairs = [(first, second) for first in range(4) for second in range(first + 1, 4)]
    best = max(pairs, key=lambda pair: disputed(*pair))
    assert {question.first, question.second} == {others[place] for place in best}


def test_without_heads_the_order_is_the_random_one(store: Store) -> None:
    assert queues.box_queue("telling").photos == queues.box_queue("random").photos
    assert queues.triplet_queue("telling").photos == queues.triplet_queue("random").photos


def test_quick_questions_show_the_disputed_pair_of_the_first_reference(
    learned: Store, app: Callable[..., AppTest]
) -> None:
    page = app("views/triplets.py")
    page.query_params["order"], page.query_params["way"] = "telling", "quick"
    page = page.text_input(key="person-name").set_value("Ann").run()
    assert not page.exception
    sent = component(page, "triplet-quick")["now"]
    first = queues.triplet_queue("telling").photos[0]
    question = queues.questions("telling").get(first)
    assert question and sent["reference"]["id"] == first
    assert {photo["id"] for photo in sent["candidates"]} == {question.first, question.second}
