"""Decides disputes and undoes labels, for those who may; draws nothing."""

from __future__ import annotations

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation.commits import method_of
from tiefvision_ui.language.texts import _
from tiefvision_ui.values import ModelBox, Photo

MODEL = "model"
"""The choice of the model's box; every other choice is the id of an event."""


def undo(store: Store, person: Person, event_id: int) -> bool:
    """Undo the event; False if it was undone before. Raises `TiefVisionError` if the person may not."""
    event = store.history.event(event_id)
    if event is not None and not may_undo(person, event):
        raise TiefVisionError(_("Only {person} or an administrator can undo that label.", person=event.annotator))
    return store.labels.undo(event_id, annotator=person.name)


def may_undo(person: Person, event: Event) -> bool:
    """Whether the person may undo the event: their own or, as an administrator, any; an undone event cannot be."""
    return event.undone_by is None and (person.may_review or (person.may_label and event.annotator == person.name))


def decide_box(store: Store, person: Person, commit_id: str, photo: Photo, choice: str, model: ModelBox | None) -> None:
    """Record the reviewer's decision for the chosen event's box (or "no object"), or for the model's box.

    It wins over all other decisions about that photo. Raises `TiefVisionError` if the person may not decide, or if the
    choice is gone.
    """
    _require_review(person)
    if choice == MODEL:
        if model is None:
            raise TiefVisionError(_("The model has no box on that photo any more; reload the page."))
        decision = Decision.box(commit_id, BoxLabel(photo.sha256, Box(*map(float, model.box.rounded()))), "accepted")
    else:
        event = _standing(store, choice, photo.sha256)
        if isinstance(event.label, Box):
            decision = Decision.box(
                commit_id, BoxLabel(photo.sha256, event.label), method_of(event.method or "adjusted")
            )
        else:
            decision = Decision.absent(commit_id, photo.sha256)
    store.annotation.commit(decision, annotator=person.name, role="reviewer")


def decide_triplet(store: Store, person: Person, commit_id: str, reference: str, choice: str) -> None:
    """Confirm the chosen event, and undo all events that judge the same two photos differently.

    Raises `TiefVisionError` if the person may not decide, or if the choice is gone.
    """
    _require_review(person)
    chosen = _standing(store, choice, reference)
    if not isinstance(chosen.label, TripletLabel):
        raise TiefVisionError(_("That is no triplet; reload the page."))
    store.annotation.confirm_triplet(commit_id, chosen.event_id, annotator=person.name)


def turn_triplet(store: Store, person: Person, commit_id: str, event: Event) -> None:
    """Record the opposite of the event's triplet as the reviewer's decision, and undo whatever says otherwise
    about the same two photos, ties too.

    Raises `TiefVisionError` if the person may not decide, or if the triplet is gone.
    """
    _require_review(person)
    if not isinstance(_standing(store, str(event.event_id), event.sha256).label, TripletLabel):
        raise TiefVisionError(_("That is no triplet; reload the page."))
    store.annotation.turn_triplet(commit_id, event.event_id, annotator=person.name)


def _require_review(person: Person) -> None:
    if not person.may_review:
        raise TiefVisionError(_("Only an administrator decides between labels; ask one."))


def _standing(store: Store, choice: str, sha256: str) -> Event:
    event = store.history.event(int(choice)) if choice.isdecimal() else None
    if event is None or event.sha256 != sha256:
        raise TiefVisionError(_("That label was undone meanwhile; reload the page."))
    return event
