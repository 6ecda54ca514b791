"""Finds disputes: labels on which two people, or a person and the model, do not agree. Draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tiefvision_assets.store.labels.agreement import box_pairs, model_pairs, triplet_pairs
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.values import ModelBox, Photo


@dataclass(frozen=True)
class BoxDispute:
    """A photo on whose box two people, or a person and the model, do not agree."""

    photo: Photo
    first: Event
    second: Event | ModelBox
    iou: float


@dataclass(frozen=True)
class TripletDispute:
    """A reference and two photos, where two people do not agree which of the two is closer to the reference."""

    reference: Photo
    left: Photo
    right: Photo
    first: Event
    second: Event


Against = Literal["model", "people", "triplets"]


def against_model(
    store: Store, photos: Mapping[str, Photo], model: Mapping[str, ModelBox], least_iou: float
) -> list[BoxDispute]:
    """Annotators' boxes whose IoU with the model's box is below ``least_iou``, the lowest first."""
    boxes = {sha256: found.box for sha256, found in model.items() if sha256 in photos}
    pairs = model_pairs(store.history.live_box_decisions(), boxes)
    disputes = [
        BoxDispute(photos[pair.human.sha256], pair.human, model[pair.human.sha256], pair.iou)
        for pair in pairs
        if pair.iou < least_iou
    ]
    return sorted(disputes, key=lambda dispute: dispute.iou)


def between_people(store: Store, photos: Mapping[str, Photo], least_iou: float) -> list[BoxDispute]:
    """Pairs of annotators' boxes whose IoU is below ``least_iou``, the lowest first, unless a reviewer has decided."""
    events = store.history.standing("box")
    settled = {event.sha256 for event in events if event.role == "reviewer" and event.action != "skip"}
    disputes = [
        BoxDispute(photos[pair.first.sha256], pair.first, pair.second, pair.iou)
        for pair in box_pairs(events)
        if pair.iou < least_iou and pair.first.sha256 in photos and pair.first.sha256 not in settled
    ]
    return sorted(disputes, key=lambda dispute: dispute.iou)


def between_triplets(store: Store, photos: Mapping[str, Photo]) -> list[TripletDispute]:
    """Triplets that two annotators judged differently, newest first, unless a reviewer has decided."""
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


def _pair_of(event: Event) -> tuple[str, frozenset[str]] | None:
    label = event.label
    return (label.reference, frozenset({label.positive, label.negative})) if isinstance(label, TripletLabel) else None
