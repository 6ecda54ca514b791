"""What a reviewer looks at and decides: labels that people or the model do not agree on, and undoing. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.agreement import box_pairs, model_pairs, triplet_pairs
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.values import ModelBox, Photo

MODEL = "model"
"""The choice of the model's box, where the other choices are the ids of events."""


@dataclass(frozen=True)
class BoxDispute:
    """A photo about whose box two people, or one and the model, do not agree."""

    photo: Photo
    first: Event
    second: Event | ModelBox
    iou: float


@dataclass(frozen=True)
class TripletDispute:
    """Two photos of which two people do not agree which is closer to the reference."""

    reference: Photo
    left: Photo
    right: Photo
    first: Event
    second: Event


Against = Literal["model", "people", "triplets"]


def against_model(
    store: Store, photos: Mapping[str, Photo], model: Mapping[str, ModelBox], least_iou: float
) -> list[BoxDispute]:
    """Annotators' boxes that overlap the model's by less than ``least_iou``, the least first."""
    boxes = {sha256: found.box for sha256, found in model.items() if sha256 in photos}
    pairs = model_pairs(store.history.live_box_decisions(), boxes)
    disputes = [
        BoxDispute(photos[pair.human.sha256], pair.human, model[pair.human.sha256], pair.iou)
        for pair in pairs
        if pair.iou < least_iou
    ]
    return sorted(disputes, key=lambda dispute: dispute.iou)


def between_people(store: Store, photos: Mapping[str, Photo], least_iou: float) -> list[BoxDispute]:
    """Boxes of two annotators that overlap by less than ``least_iou``, the least first; undecided by a reviewer."""
    events = store.history.standing("box")
    settled = {event.sha256 for event in events if event.role == "reviewer" and event.action != "skip"}
    disputes = [
        BoxDispute(photos[pair.first.sha256], pair.first, pair.second, pair.iou)
        for pair in box_pairs(events)
        if pair.iou < least_iou and pair.first.sha256 in photos and pair.first.sha256 not in settled
    ]
    return sorted(disputes, key=lambda dispute: dispute.iou)


def between_triplets(store: Store, photos: Mapping[str, Photo]) -> list[TripletDispute]:
    """Triplets that two annotators judged differently, newest first; undecided by a reviewer."""
    events = store.history.standing("triplet")
    settled = {_pair_of(event) for event in events if event.role == "reviewer"}
    disputes = []
    for pair in triplet_pairs(events):
        label = pair.first.label
        if pair.agree or not isinstance(label, TripletLabel) or _pair_of(pair.first) in settled:
            continue
        reference, left, right = label.reference, *sorted((label.positive, label.negative))
        if {reference, left, right} <= photos.keys():
            disputes.append(TripletDispute(photos[reference], photos[left], photos[right], pair.first, pair.second))
    return sorted(disputes, key=lambda dispute: -max(dispute.first.event_id, dispute.second.event_id))


def undo(store: Store, person: Person, event_id: int) -> bool:
    """Undo that event; False when it was undone before. Raises `TiefVisionError` if the person may not."""
    event = store.history.event(event_id)
    if event is not None and not may_undo(person, event):
        raise TiefVisionError(f"Only {event.annotator} or an administrator can undo that label.")
    return store.labels.undo(event_id, annotator=person.name)


def may_undo(person: Person, event: Event) -> bool:
    """One's own decisions, and an administrator anybody's; of what was undone nobody."""
    return event.undone_by is None and (person.may_review or (person.may_label and event.annotator == person.name))


def decide_box(store: Store, person: Person, commit_id: str, photo: Photo, choice: str, model: ModelBox | None) -> None:
    """Let the chosen event's box, or "no object", or the model's box win over all others of that photo."""
    _require_review(person)
    if choice == MODEL:
        if model is None:
            raise TiefVisionError("The model has no box on that photo any more; reload the page.")
        decision = Decision.box(commit_id, BoxLabel(photo.sha256, Box(*map(float, model.box.rounded()))), "accepted")
    else:
        event = _standing(store, choice, photo.sha256)
        if isinstance(event.label, Box):
            decision = Decision.box(commit_id, BoxLabel(photo.sha256, event.label), event.method or "adjusted")
        else:
            decision = Decision.absent(commit_id, photo.sha256)
    store.annotation.commit(decision, annotator=person.name, role="reviewer")


def decide_triplet(store: Store, person: Person, commit_id: str, reference: str, choice: str) -> None:
    """Let the chosen event's judgement stand, and undo all that say otherwise of the same two photos."""
    _require_review(person)
    chosen = _standing(store, choice, reference)
    if not isinstance(chosen.label, TripletLabel):
        raise TiefVisionError("That is no triplet; reload the page.")
    store.annotation.confirm_triplet(commit_id, chosen.event_id, annotator=person.name)


def _require_review(person: Person) -> None:
    if not person.may_review:
        raise TiefVisionError("Only an administrator decides between labels; ask one.")


def _standing(store: Store, choice: str, sha256: str) -> Event:
    event = store.history.event(int(choice)) if choice.isdecimal() else None
    if event is None or event.sha256 != sha256:
        raise TiefVisionError("That label was undone meanwhile; reload the page.")
    return event


def _pair_of(event: Event) -> tuple[str, frozenset[str]] | None:
    label = event.label
    return (label.reference, frozenset({label.positive, label.negative})) if isinstance(label, TripletLabel) else None
