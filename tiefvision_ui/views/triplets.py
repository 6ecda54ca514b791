"""Triplets: which photo is closer to the reference, H+, and which one is less close, H-?"""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation import session as annotating
from tiefvision_ui.annotation.candidates import OFFERED, offer, pair_to_repeat
from tiefvision_ui.annotation.commits import triplet_commit
from tiefvision_ui.components.triplet_grid import Pair, TripletTask, triplet_grid
from tiefvision_ui.states import show_error
from tiefvision_ui.values import Photo

TABLE = annotating.Table("triplet", "triplet-grid", triplet_commit)
FEWEST_PHOTOS = 3


@st.fragment
def work(person: Person) -> None:
    """The reference that is due with its candidates, and how far the work has come."""
    with annotating.problems_told(TABLE):
        annotating.say_notice(TABLE)
        _work(person)


def _work(person: Person) -> None:
    queue = queues.triplet_queue()
    task = annotating.next_task(TABLE, person, queue)
    pace = services.store().history.pace("triplet", person.name)
    if task.photo is None:
        annotating.nothing_left(TABLE, person, task.claim, noun="triplet")
        return
    annotating.progress_line(task.claim, len(queue.photos), "triplet", pace)
    shown, at_random = _task(task.photo, person)
    if at_random:
        st.info(
            f"These are drawn at random: no index knows this photo yet. After `tiefvision run` its {OFFERED} most "
            "telling neighbours stand here.",
            icon=":material/casino:",
        )
    triplet_grid(
        shown,
        following=_task(task.following, person)[0] if task.following else None,
        channel=annotating.channel(TABLE, person, task.claim, pace),
    )


def _task(reference: Photo, person: Person) -> tuple[TripletTask, bool]:
    """The reference with what is offered for it, and whether that was drawn at random."""
    photos = queues.photos()
    store = services.store()
    events = [event for event in store.history.standing("triplet", reference.sha256) if event.action != "skip"]
    again = pair_to_repeat(events, reference.sha256, person.name, store.settings.overlap)
    if again and all(sha256 in photos for sha256 in again):
        return TripletTask(reference, [photos[sha256] for sha256 in again]), False
    offered = offer(services.searcher(), photos, reference, events)
    labels = dict.fromkeys(event.label for event in events if event.action == "label")
    existing = [
        Pair(photos[label.positive], photos[label.negative])
        for label in labels
        if isinstance(label, TripletLabel) and label.positive in photos and label.negative in photos
    ]
    return TripletTask(reference, [photos[sha256] for sha256 in offered.photos], existing), offered.at_random


st.title("Triplets", anchor=False)
somebody = current_person()
if not queues.photos():
    annotating.no_photos()
elif len(queues.photos()) < FEWEST_PHOTOS:
    st.info("A triplet takes three different photos; add more to the catalogue.", icon=":material/photo_library:")
elif not somebody.may_label:
    annotating.no_name(somebody)
elif annotating.asked_for_missing_photo(TABLE, somebody):
    show_error("The photo that this address names is not in the catalogue; open Triplets from the menu.")
else:
    work(somebody)
