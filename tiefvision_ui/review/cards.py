"""Makes the cards of the dispute list: the photos, both sides in words, and the buttons to decide."""

from __future__ import annotations

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.annotation.session import PHOTO, REVIEW
from tiefvision_ui.components.dispute_list import Card, Side
from tiefvision_ui.components.photo_data import photo_data
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.review.decisions import MODEL
from tiefvision_ui.review.disputes import BoxDispute, TripletDispute
from tiefvision_ui.values import ModelBox, Photo, name_of


def card_of(dispute: BoxDispute | TripletDispute) -> Card:
    """The card of one dispute."""
    return _box_card(dispute) if isinstance(dispute, BoxDispute) else _triplet_card(dispute)


def _box_card(dispute: BoxDispute) -> Card:
    sides = [_box_side(dispute.first, "first"), _box_side(dispute.second, "second")]
    boxes = [{"sides": box.as_tuple(), "tone": side["tone"]} for side, box in sides if box]
    return {
        "id": dispute.photo.sha256,
        "title": name_of(dispute.photo.path),
        "measure": f"IoU {number_words(dispute.iou, 2)}",
        "photos": [{"photo": photo_data(dispute.photo), "boxes": boxes, "caption": ""}],
        "sides": [side for side, _box in sides],
        "href": f"/boxes?{PHOTO}={dispute.photo.image_id}&{REVIEW}=1",
    }


def _box_side(decided: Event | ModelBox, tone: str) -> tuple[Side, Box | None]:
    if isinstance(decided, ModelBox):
        words = _("Model, {share} sure", share=percent_words(decided.confidence))
        return {"tone": "model", "words": words, "choice": MODEL, "action": _("Take the model's")}, decided.box
    box = decided.label if isinstance(decided.label, Box) else None
    words = decided.annotator if box else _("{person}: no object", person=decided.annotator)
    return {
        "tone": tone if box else "",
        "words": words,
        "choice": str(decided.event_id),
        "action": _("Keep {person}'s", person=decided.annotator),
    }, box


def _triplet_card(dispute: TripletDispute) -> Card:
    return {
        "id": dispute.reference.sha256,
        "title": name_of(dispute.reference.path),
        "measure": "",
        "photos": trio_data(dispute.reference, dispute.left, dispute.right),
        "sides": [_triplet_side(event, dispute.left.sha256) for event in (dispute.first, dispute.second)],
        "href": None,
    }


def trio_data(reference: Photo, left: Photo, right: Photo) -> list[dict[str, object]]:
    """The photos of a triplet as a card shows them."""
    captions = ((reference, "H"), (left, _("left")), (right, _("right")))
    return [{"photo": photo_data(photo), "boxes": [], "caption": caption} for photo, caption in captions]


def box_error_card(name: str, event: Event, photo: Photo, found: ModelBox, likelihood: float) -> Card:
    """The card of a box that the heads contradict which never saw it."""
    card = _box_card(BoxDispute(photo, event, found, 0.0))
    return {**card, "id": name, "measure": _likely(likelihood)}


def triplet_error_card(name: str, event: Event, trio: tuple[Photo, Photo, Photo], likelihood: float) -> Card:
    """The card of a triplet that the ranking head contradicts which never saw its reference."""
    whose = _("{person}: the left is closer", person=event.annotator)
    models = _("The model: the right is closer")
    sides: list[Side] = [
        {"tone": "", "words": whose, "choice": str(event.event_id), "action": _("The left is closer")},
        {"tone": "", "words": models, "choice": MODEL, "action": _("The right is closer")},
    ]
    return {
        "id": name,
        "title": name_of(trio[0].path),
        "measure": _likely(likelihood),
        "photos": trio_data(*trio),
        "sides": sides,
        "href": None,
    }


def _likely(likelihood: float) -> str:
    return _("{share} likely wrong", share=percent_words(likelihood))


def _triplet_side(event: Event, left: str) -> Side:
    assert isinstance(event.label, TripletLabel)
    person = event.annotator
    if event.action != "label":
        words = _("{person}: too close to call", person=person)
    elif event.label.positive == left:
        words = _("{person}: the left is closer", person=person)
    else:
        words = _("{person}: the right is closer", person=person)
    return {
        "tone": "",
        "words": words,
        "choice": str(event.event_id),
        "action": _("{person} is right", person=person),
    }
