"""The catalogue's photos, the model's boxes on them, and the orders in which photos are labelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.telling import BLOCK
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.stamp import Stamps, stamps_of
from tiefvision_ui import services
from tiefvision_ui.annotation.candidates import offer, shuffled
from tiefvision_ui.annotation.telling_questions import Question, telling_photos, telling_questions
from tiefvision_ui.values import ModelBox, Photo

BoxOrder = Literal["telling", "uncertain", "random", "path"]
ReferenceOrder = Literal["telling", "random"]
CONSIDERED = 4 * BLOCK
"""References of which the best questions are chosen at once."""
COMPARED = 8
"""Candidates of a reference among which the most disputed two are looked for."""


def photos() -> dict[str, Photo]:
    """The live photos by sha256, sorted by path, each content once; empty before the first scan."""
    return _photos(_catalogue_stamps())


def photo_named(image_id: str) -> Photo | None:
    """The photo with that image_id, which may belong to any of the paths with the same content."""
    sha256 = _contents(_catalogue_stamps()).get(image_id)
    return photos().get(sha256) if sha256 else None


def model_boxes() -> dict[str, ModelBox]:
    """The served heads' boxes by sha256, without photos on which they found none; empty where no heads are served."""
    store = services.store()
    heads = store.served.read().models.heads
    if heads is None:
        return {}
    return _found_boxes(heads, _boxes_stamps(store.layout, heads, store.catalogue.batch_keys()))


def box_queue(order: BoxOrder) -> Queue:
    """The photos in the order in which boxes are to be labelled; those that were chosen on the map come first."""
    served = services.store().served.read()
    heads = served.models.heads
    stamps = _boxes_stamps(services.store().layout, heads, services.store().catalogue.batch_keys()) if heads else ()
    index = served.index.get("unsupervised", "") if order == "telling" else ""
    return _box_queue(order, _catalogue_stamps(), heads, stamps, index, _wanted_first())


def triplet_queue(order: ReferenceOrder) -> Queue:
    """The photos in the order in which they become references of triplets, which is the same for all annotators."""
    first = _wanted_first()
    random = _box_queue("random", _catalogue_stamps(), None, (), "", first)
    asked = questions(order)
    if not asked:
        return random
    wanted = [sha256 for sha256 in random.photos if sha256 in first]
    return Queue(list(dict.fromkeys([*wanted, *asked, *random.photos])))


def questions(order: ReferenceOrder) -> Mapping[str, Question]:
    """The questions that tell most by their reference, best first, chosen anew every `BLOCK` triplets; none before an
    index, nor in another order."""
    served = services.store().served.read()
    index = served.index.get("unsupervised", "")
    if order != "telling" or not index:
        return {}
    rounds = services.store().history.count(kind="triplet") // BLOCK
    return _questions(_catalogue_stamps(), index, served.models.ranking_head, rounds)


def sorted_for(order: BoxOrder, by_path: list[str], model: dict[str, ModelBox]) -> list[str]:
    """Photos (sha256), given sorted by path, in that order.

    ``uncertain`` puts those first for whose box the model has the lowest confidence, or on which it found none. Photos
    that no model saw come last, in random order.
    """
    if order == "path":
        return by_path
    random = shuffled(by_path, "queue")
    if order == "random":
        return random
    return sorted(random, key=lambda sha256: model[sha256].confidence if sha256 in model else 2.0)


@st.cache_resource(show_spinner=False, max_entries=2)
def _photos(stamps: Stamps) -> dict[str, Photo]:
    contents = services.store().catalogue.contents().sort_values("path")
    columns = (contents[name].tolist() for name in ("sha256", "image_id", "path", "width", "height"))
    return {row[0]: Photo(*row) for row in zip(*columns, strict=True)}


@st.cache_resource(show_spinner=False, max_entries=2)
def _contents(stamps: Stamps) -> dict[str, str]:
    live = services.store().catalogue.live(["image_id", "sha256"])
    return dict(zip(live["image_id"], live["sha256"], strict=True))


@st.cache_resource(show_spinner=False, max_entries=2)
def _found_boxes(heads: str, stamps: Stamps) -> dict[str, ModelBox]:
    return {sha256: box for sha256, box in _model_boxes(heads, stamps).items() if box.confidence > 0}


@st.cache_resource(show_spinner=False, max_entries=2)
def _model_boxes(heads: str, stamps: Stamps) -> dict[str, ModelBox]:
    """By sha256; the whole photo, with confidence 0, where they found nothing."""
    store = services.store()
    rows = store.boxes.read_all(heads, store.catalogue.batch_keys())
    rows = rows[rows["error"] == ""]
    columns = (rows[name].tolist() for name in ("sha256", "left", "top", "right", "bottom", "confidence"))
    return {
        sha256: ModelBox(Box(left, top, right, bottom), confidence)
        for sha256, left, top, right, bottom, confidence in zip(*columns, strict=True)
    }


@st.cache_resource(show_spinner=False, max_entries=8)
def _box_queue(
    order: BoxOrder, catalogue: Stamps, heads: str | None, boxes: Stamps, index: str, first: frozenset[str]
) -> Queue:
    model = _model_boxes(heads, boxes) if heads and order in ("telling", "uncertain") else {}
    by_path = list(_photos(catalogue))
    if order == "telling" and model and index:
        photos = _varied(sorted_for("uncertain", by_path, model), model)
    else:
        photos = sorted_for(order, by_path, model)
    return Queue(sorted(photos, key=lambda sha256: sha256 not in first))


def _wanted_first() -> frozenset[str]:
    """The photos that somebody chose to be labelled next."""
    return frozenset(services.store().marks.with_mark("next"))


def _varied(uncertain: list[str], model: Mapping[str, ModelBox]) -> list[str]:
    """Labelled photos first, which nobody is given but who is to label them too; then those that tell most."""
    decisions = services.store().history.live_box_decisions()
    labelled = [event.sha256 for event in sorted(decisions, key=lambda event: event.event_id)]
    known = set(labelled)
    confidence = {sha256: model[sha256].confidence for sha256 in uncertain if sha256 in model and sha256 not in known}
    try:
        telling = telling_photos(services.searcher(), confidence, labelled)
    except NoIndex:
        return uncertain
    return list(dict.fromkeys([*(sha256 for sha256 in uncertain if sha256 in known), *telling, *uncertain]))


@st.cache_resource(show_spinner=False, max_entries=2)
def _questions(catalogue: Stamps, index: str, head: str | None, rounds: int) -> dict[str, Question]:
    """Of references without triplets."""
    photos = _photos(catalogue)
    decided = [event.sha256 for event in services.store().history.standing("triplet") if event.action != "skip"]
    known = set(decided)
    free = [sha256 for sha256 in shuffled(list(photos), "queue") if sha256 not in known][:CONSIDERED]
    searcher = services.searcher()
    try:
        offers = {sha256: offer(searcher, photos, photos[sha256], []) for sha256 in free} if head else {}
        candidates = {sha256: given.photos[:COMPARED] for sha256, given in offers.items() if not given.at_random}
        chosen = telling_questions(searcher, candidates, list(dict.fromkeys(decided[::-1]))[::-1])
    except NoIndex:
        return {}
    return {question.reference: question for question in chosen}


def _catalogue_stamps() -> Stamps:
    return stamps_of([services.store().layout.catalogue])


def _boxes_stamps(layout: Layout, heads: str, batches: list[str]) -> Stamps:
    return stamps_of(layout.boxes(heads, batch) for batch in batches)
