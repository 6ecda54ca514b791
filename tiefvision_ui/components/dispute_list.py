"""Labels that do not agree, as cards with a picture, for a reviewer to decide between."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streamlit.components.v2 import component

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui.annotating import PHOTO, REVIEW
from tiefvision_ui.components.photo_data import photo_data
from tiefvision_ui.components.source import source
from tiefvision_ui.queues import ModelBox
from tiefvision_ui.results import name_of
from tiefvision_ui.reviewing import MODEL, BoxDispute, TripletDispute

_component = component(
    "tiefvision_dispute_list",
    html='<section class="disputes"></section>',
    css=source("labelling.css", "labelled_photo.css", "dispute_list.css"),
    js=source("labelling.js", "labelled_photo.js", "dispute_list.js"),
)


def dispute_list(
    disputes: Sequence[BoxDispute | TripletDispute],
    *,
    deciding: bool,
    failures: int,
    key: str,
    on_decision: Callable[[], None],
) -> None:
    """Show the disputes, with buttons to decide if the user may; pressed ones can be pressed again after ``failures``.

    ``on_decision`` is called when ``st.session_state[key].decision`` has a new decision: ``commit_id``, ``photo`` (or
    the reference) and ``choice``, the id of an event or `MODEL`.
    """
    cards = [_box_card(it) if isinstance(it, BoxDispute) else _triplet_card(it) for it in disputes]
    _component(
        key=key, on_decision_change=on_decision, data={"cards": cards, "deciding": deciding, "failures": failures}
    )


def _box_card(dispute: BoxDispute) -> dict[str, object]:
    sides = [_box_side(dispute.first, "first"), _box_side(dispute.second, "second")]
    boxes = [{"sides": box.as_tuple(), "look": side["look"]} for side, box in sides if box is not None]
    return {
        "id": dispute.photo.sha256,
        "title": name_of(dispute.photo.path),
        "measure": f"IoU {dispute.iou:.2f}",
        "photos": [{"photo": photo_data(dispute.photo), "boxes": boxes, "caption": ""}],
        "sides": [side for side, _ in sides],
        "href": f"/boxes?{PHOTO}={dispute.photo.image_id}&{REVIEW}=1",
    }


def _box_side(decided: Event | ModelBox, look: str) -> tuple[dict[str, str], Box | None]:
    if isinstance(decided, ModelBox):
        words = f"Model, {decided.confidence:.0%} sure"
        return {"look": "model", "words": words, "choice": MODEL, "action": "Take the model's"}, decided.box
    box = decided.label if isinstance(decided.label, Box) else None
    words = decided.annotator if box else f"{decided.annotator}: no object"
    side = {"look": look if box else "", "words": words, "choice": str(decided.event_id)}
    return side | {"action": f"Keep {decided.annotator}'s"}, box


def _triplet_card(dispute: TripletDispute) -> dict[str, object]:
    places = {dispute.left.sha256: "left", dispute.right.sha256: "right"}
    captions = ((dispute.reference, "H"), (dispute.left, "left"), (dispute.right, "right"))
    return {
        "id": dispute.reference.sha256,
        "title": name_of(dispute.reference.path),
        "measure": "",
        "photos": [{"photo": photo_data(photo), "boxes": [], "caption": caption} for photo, caption in captions],
        "sides": [_triplet_side(event, places) for event in (dispute.first, dispute.second)],
        "href": None,
    }


def _triplet_side(event: Event, places: dict[str, str]) -> dict[str, str]:
    assert isinstance(event.label, TripletLabel)
    verdict = f"the {places[event.label.positive]} is closer" if event.action == "label" else "too close to call"
    words = f"{event.annotator}: {verdict}"
    return {"look": "", "words": words, "choice": str(event.event_id), "action": f"{event.annotator} is right"}
