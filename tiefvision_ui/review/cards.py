"""Makes the cards of the dispute list: the photos, both sides in words, and the buttons to decide."""

from __future__ import annotations

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.annotation.session import PHOTO, REVIEW
from tiefvision_ui.components.dispute_list import Card, Side
from tiefvision_ui.components.photo_data import photo_data
from tiefvision_ui.review.decisions import MODEL
from tiefvision_ui.review.disputes import BoxDispute, TripletDispute
from tiefvision_ui.values import ModelBox, Photo, name_of


def card_of(dispute: BoxDispute | TripletDispute) -> Card:
    """The card of one dispute."""
    return _box_card(dispute) if isinstance(dispute, BoxDispute) else _triplet_card(dispute)


def _box_card(dispute: BoxDispute) -> Card:
    sides = [_box_side(dispute.first, "first"), _box_side(dispute.second, "second")]
    boxes = [{"sides": box.as_tuple(), "tone": side["tone"]} for side, box in sides if box is not None]
    return {
        "id": dispute.photo.sha256,
        "title": name_of(dispute.photo.path),
        "measure": f"IoU {dispute.iou:.2f}",
        "photos": [{"photo": photo_data(dispute.photo), "boxes": boxes, "caption": ""}],
        "sides": [side for side, _ in sides],
        "href": f"/boxes?{PHOTO}={dispute.photo.image_id}&{REVIEW}=1",
    }


def _box_side(decided: Event | ModelBox, tone: str) -> tuple[Side, Box | None]:
    if isinstance(decided, ModelBox):
        words = f"Model, {decided.confidence:.0%} sure"
        return {"tone": "model", "words": words, "choice": MODEL, "action": "Take the model's"}, decided.box
    box = decided.label if isinstance(decided.label, Box) else None
    words = decided.annotator if box else f"{decided.annotator}: no object"
    return {
        "tone": tone if box else "",
        "words": words,
        "choice": str(decided.event_id),
        "action": f"Keep {decided.annotator}'s",
    }, box


def _triplet_card(dispute: TripletDispute) -> Card:
    positions = {dispute.left.sha256: "left", dispute.right.sha256: "right"}
    captions = ((dispute.reference, "H"), (dispute.left, "left"), (dispute.right, "right"))
    return {
        "id": dispute.reference.sha256,
        "title": name_of(dispute.reference.path),
        "measure": "",
        "photos": [{"photo": photo_data(photo), "boxes": [], "caption": caption} for photo, caption in captions],
        "sides": [_triplet_side(event, positions) for event in (dispute.first, dispute.second)],
        "href": None,
    }


def box_error_card(name: str, event: Event, photo: Photo, found: ModelBox, likelihood: float) -> Card:
    """The card of a box that the heads contradict which never saw it."""
    card = _box_card(BoxDispute(photo, event, found, 0.0))
    return {**card, "id": name, "measure": _likely(likelihood)}


def triplet_error_card(name: str, event: Event, trio: tuple[Photo, Photo, Photo], likelihood: float) -> Card:
    """The card of a triplet that the ranking head contradicts which never saw its reference."""
    reference, positive, negative = trio
    whose = f"{event.annotator}: the left is closer"
    sides: list[Side] = [
        {"tone": "", "words": whose, "choice": str(event.event_id), "action": "The left is closer"},
        {"tone": "", "words": "The model: the right is closer", "choice": MODEL, "action": "The right is closer"},
    ]
    captions = ((reference, "H"), (positive, "left"), (negative, "right"))
    return {
        "id": name,
        "title": name_of(reference.path),
        "measure": _likely(likelihood),
        "photos": [{"photo": photo_data(photo), "boxes": [], "caption": caption} for photo, caption in captions],
        "sides": sides,
        "href": None,
    }


def _likely(likelihood: float) -> str:
    return f"{likelihood:.0%} likely wrong"


def _triplet_side(event: Event, positions: dict[str, str]) -> Side:
    assert isinstance(event.label, TripletLabel)
    verdict = f"the {positions[event.label.positive]} is closer" if event.action == "label" else "too close to call"
    words = f"{event.annotator}: {verdict}"
    return {"tone": "", "words": words, "choice": str(event.event_id), "action": f"{event.annotator} is right"}
