"""The part *Wrong labels* of the review page: labels that models contradict, the most likely wrong first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui import notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.components.dispute_list import Card, dispute_list
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.paging import page_shown
from tiefvision_ui.review import decisions
from tiefvision_ui.review.cards import box_error_card, triplet_error_card
from tiefvision_ui.values import ModelBox, Photo

CARDS = 24
LIST = "label-errors"
LEAST_LIKELY = 0.2
"""Labels that are less likely wrong than this are not worth anybody's time."""


@dataclass(frozen=True)
class Suspect:
    """A label that counts, how likely it is wrong, and the box that the heads found instead, if it is one."""

    event: Event
    likelihood: float
    found: ModelBox | None = None

    @property
    def name(self) -> str:
        """An id of the label, which stays the same from page to page."""
        return f"{self.event.event_id}"


def suspects(store: Store, photos: Mapping[str, Photo]) -> list[Suspect]:
    """The labels that were found likely wrong, still count as they were, and that no reviewer has decided about."""
    rows = store.label_errors.read()
    rows = rows[rows["likelihood"] >= LEAST_LIKELY]
    if rows.empty:
        return []
    boxes = {event.sha256: event for event in store.history.live_box_decisions()}
    triplets, settled = _triplets(store)
    found = [_suspect(row, boxes, triplets, settled) for row in rows.to_dict(orient="records")]
    return [one for one in found if one and _photos_of(one.event) <= photos.keys()]


def _suspect(
    row: Mapping[Any, Any], boxes: Mapping[str, Event], triplets: Mapping[TripletLabel, Event], settled: set[object]
) -> Suspect | None:
    if row["kind"] == "triplet":
        label = TripletLabel(row["sha256"], row["positive"], row["negative"])
        event = triplets.get(label)
        return Suspect(event, row["likelihood"]) if event and _pair(label) not in settled else None
    event = boxes.get(row["sha256"])
    labelled, found = (Box(*(row[f"{of}{side}"] for side in SIDES)) for of in ("", "found_"))
    if event is None or event.role == "reviewer" or event.label != labelled:
        return None
    return Suspect(event, row["likelihood"], ModelBox(found, row["confidence"]))


SIDES = ("left", "top", "right", "bottom")


def _triplets(store: Store) -> tuple[dict[TripletLabel, Event], set[object]]:
    """The event of each triplet that counts, and what reviewers have decided about."""
    standing = store.history.standing("triplet")
    events = {e.label: e for e in reversed(standing) if e.action == "label" and isinstance(e.label, TripletLabel)}
    settled = {_pair(e.label) for e in standing if e.role == "reviewer" and isinstance(e.label, TripletLabel)}
    return events, settled


def _pair(label: TripletLabel) -> object:
    return label.reference, frozenset({label.positive, label.negative})


def _photos_of(event: Event) -> set[str]:
    label = event.label
    return {event.sha256, label.positive, label.negative} if isinstance(label, TripletLabel) else {event.sha256}


def label_errors(person: Person) -> None:
    """Draw the suspects, with buttons to decide about each."""
    store, photos = services.store(), queues.photos()
    found = suspects(store, photos)
    if not found:
        _nothing(store)
        return
    if person.may_review:
        words = counted(
            "{n} label that held-out models contradict, the most likely wrong first",
            "{n} labels that held-out models contradict, the most likely wrong first",
            len(found),
        )
    else:
        words = counted(
            "{n} label that held-out models contradict, the most likely wrong first; an administrator decides",
            "{n} labels that held-out models contradict, the most likely wrong first; an administrator decides",
            len(found),
        )
    st.caption(words)
    above = st.container()
    part = page_shown(len(found), CARDS)
    shown = {one.name: one for one in found[part]}
    with above:
        dispute_list(
            [_card(one, photos) for one in shown.values()],
            deciding=person.may_review,
            failures=notices.failures(),
            key=LIST,
            on_decision=lambda: _decide(person, shown),
        )


def _nothing(store: Store) -> None:
    if store.label_errors.stamp() is None:
        words = _(
            "Nobody has looked for wrong labels yet: the models that never saw a label judge it with "
            "`tiefvision run --select key:label_errors`."
        )
        st.info(words, icon=":material/info:")
    else:
        st.success(_("No label is left that held-out models contradict."), icon=":material/task_alt:")


def _card(one: Suspect, photos: Mapping[str, Photo]) -> Card:
    label = one.event.label
    if isinstance(label, TripletLabel):
        trio = (photos[label.reference], photos[label.positive], photos[label.negative])
        return triplet_error_card(one.name, one.event, trio, one.likelihood)
    assert isinstance(label, Box) and one.found is not None
    return box_error_card(one.name, one.event, photos[one.event.sha256], one.found, one.likelihood)


def _decide(person: Person, shown: Mapping[str, Suspect]) -> None:
    sent = st.session_state[LIST].decision
    one = shown.get(str(sent.get("photo"))) if isinstance(sent, dict) else None
    photo = queues.photos().get(one.event.sha256) if one else None
    if one is None or photo is None:
        return
    commit_id, choice = str(sent.get("commit_id")), str(sent.get("choice"))

    def decide() -> str:
        store = services.store()
        if one.found is not None:
            decisions.decide_box(store, person, commit_id, photo, choice, one.found)
        elif choice == decisions.MODEL:
            decisions.turn_triplet(store, person, commit_id, one.event)
        else:
            decisions.decide_triplet(store, person, commit_id, photo.sha256, choice)
        return _("Decided; it stands in the history and can be undone there.")

    notices.attempt(decide)
