"""The part *Came back* of the team page: what reviewers decided about one's own labels."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.returned import Returned, returned
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.session import PHOTO
from tiefvision_ui.components.dispute_list import Card, Side, dispute_list
from tiefvision_ui.components.photo_data import photo_data
from tiefvision_ui.language.formats import date_words, number_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.paging import page_shown
from tiefvision_ui.review.cards import trio_data
from tiefvision_ui.values import Photo, name_of

LOOKED_AT = 1000
"""The person's decisions, the newest, that may come back."""
CARDS = 24


def came_back(person: Person) -> list[Returned]:
    """What came back to the person and was not seen yet, the newest first; what a reviewer kept is left out."""
    history, seen = services.store().history, services.store().team.reviews_seen.until(person.name)
    reviews = history.reviews()
    own = history.page(annotator=person.name, limit=LOOKED_AT)
    return [one for one in returned(own, reviews) if one.at > seen and not one.kept]


def came_back_line(person: Person) -> None:
    """A link to what came back, on a labelling page; nothing where nothing did."""
    new = len(came_back(person))
    if new:
        words = counted("{n} label of yours came back from review", "{n} labels of yours came back from review", new)
        st.page_link("views/team.py", label=words, icon=":material/undo:", query_params={"show": "returned"})


def shown_returned(person: Person) -> None:
    """Draw what came back, and a button by which the person has seen it."""
    photos, found = queues.photos(), came_back(person)
    shown = [one for one in found if _photos_of(one) <= photos.keys()]
    if not shown:
        st.success(_("Nothing new came back from review."), icon=":material/task_alt:")
        return
    words = counted(
        "{n} label that a reviewer decided otherwise, or took back",
        "{n} labels that a reviewer decided otherwise, or took back",
        len(shown),
    )
    st.caption(words)
    above = st.container()
    part = page_shown(len(shown), CARDS)
    with above:
        cards = [_card(one, photos) for one in shown[part]]
        dispute_list(cards, deciding=False, failures=0, key="returned", on_decision=lambda: None)
    newest = found[0].at
    seen = _("I have seen these")
    st.button(seen, icon=":material/done_all:", type="primary", on_click=lambda: _see(person, newest))


def _see(person: Person, newest: datetime) -> None:
    def see() -> str:
        services.store().team.reviews_seen.see(person.name, newest)
        return _("Seen; what is decided from now on comes here.")

    notices.attempt(see)


def _photos_of(one: Returned) -> set[str]:
    label = one.own.label
    return {one.own.sha256, *((label.positive, label.negative) if isinstance(label, TripletLabel) else ())}


def _card(one: Returned, photos: dict[str, Photo]) -> Card:
    photo, own, decided = photos[one.own.sha256], one.own, one.decided
    label = _words(decided, own) if decided else _("taken back")
    reviewers = _("{person}, {moment}: {label}", person=one.by, moment=date_words(one.at), label=label)
    sides: list[Side] = [
        {"tone": "first", "words": _("You: {label}", label=_words(own, own)), "choice": "", "action": ""},
        {"tone": "second", "words": reviewers, "choice": "", "action": ""},
    ]
    boxes = [
        {"sides": event.label.as_tuple(), "tone": tone}
        for event, tone in ((own, "first"), (decided, "second"))
        if event and isinstance(event.label, Box)
    ]
    measure = ""
    if decided and isinstance(own.label, Box) and isinstance(decided.label, Box):
        measure = f"IoU {number_words(own.label.iou(decided.label), 2)}"
    shown: list[dict[str, object]] = [{"photo": photo_data(photo), "boxes": boxes, "caption": ""}]
    if isinstance(own.label, TripletLabel):
        shown = trio_data(photo, photos[own.label.positive], photos[own.label.negative])
    return {
        "id": f"{own.event_id}",
        "title": name_of(photo.path),
        "measure": measure,
        "photos": shown,
        "sides": sides,
        "href": f"/boxes?{PHOTO}={photo.image_id}" if own.kind == "box" else None,
    }


def _words(event: Event, own: Event) -> str:
    """What was decided; of a triplet, by where its photos stand on the card of one's own."""
    if event.action == "absent":
        return _("no object")
    if event.action == "tie":
        return _("too close to call")
    if isinstance(event.label, TripletLabel) and isinstance(own.label, TripletLabel):
        left = event.label.positive == own.label.positive
        return _("the left is closer") if left else _("the right is closer")
    return _("this box")
