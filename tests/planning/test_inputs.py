"""What a failed or cancelled step is tried again for, and what not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests import tiny
from tests.tiny import label_boxes
from tiefvision_assets.box import Box
from tiefvision_assets.planning.inputs import StepInputs
from tiefvision_assets.planning.training import TRAIN_HEADS, TRAIN_RANKING
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes, labelled = tiny.settings, tiny.store, tiny.boxes, tiny.labelled

BASIS, INDEX = ("embedding_basis",), ("similarity_index",)


def changed(store: Store, by: Callable[[], None]) -> set[tuple[str, ...]]:
    """The steps whose inputs differ after ``by`` was called."""
    steps = (TRAIN_HEADS, BASIS, TRAIN_RANKING, INDEX)
    before = StepInputs(store)
    known = {assets: before.of(assets) for assets in steps}
    by()
    after = StepInputs(store)
    return {assets for assets in steps if after.of(assets) != known[assets]}


@pytest.mark.parametrize(
    ("model", "concerned"),
    [
        ("encoder", {TRAIN_HEADS, BASIS, TRAIN_RANKING, INDEX}),
        ("heads", {TRAIN_HEADS, INDEX}),
        ("basis", {TRAIN_RANKING, INDEX}),
        ("ranking_head", {TRAIN_RANKING, INDEX}),
    ],
)
def test_a_promoted_model_concerns_what_is_made_from_it(labelled, model, concerned):
    def promote() -> None:
        labelled.served.promote(replace(labelled.served.read().next, **{model: "another"}))

    assert changed(labelled, promote) == concerned


def test_boxes_concern_no_ranking_head(labelled):
    path = labelled.catalogue.live()["path"].iloc[0]
    assert changed(labelled, lambda: label_boxes(labelled, {path: Box(1, 2, 50, 60)})) == {TRAIN_HEADS, INDEX}


def test_triplets_concern_no_box_heads(labelled):
    triplet = TripletLabel(*labelled.catalogue.live()["sha256"].head(3))

    def label() -> None:
        labelled.labels.add_triplets([triplet], annotator="ann")

    assert changed(labelled, label) == {TRAIN_RANKING, INDEX}


def test_another_photo_concerns_all(labelled, save_photo):
    def ingest() -> None:
        save_photo("another.png", "red")
        labelled.catalogue.scan()

    assert changed(labelled, ingest) == {TRAIN_HEADS, BASIS, TRAIN_RANKING, INDEX}
