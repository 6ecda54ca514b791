"""The page Triplets: which photo is more similar to the reference (H+), and which one less (H-)?"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import messages, queues, session
from tiefvision_ui.annotation.candidates import OFFERED, offer, pair_to_repeat
from tiefvision_ui.annotation.commits import Opened, triplet_commit
from tiefvision_ui.components.page_rerun import page_rerun
from tiefvision_ui.components.triplet_grid import Pair, TripletTask, triplet_grid
from tiefvision_ui.states import no_photos, show_error
from tiefvision_ui.values import Photo

PAGE = session.LabellingPage("triplet", "triplet-grid", triplet_commit, coming=2)
FEWEST_PHOTOS = 3


@st.fragment
def labelling(person: Person) -> None:
    """The next reference with its candidates, and the annotator's progress."""
    with messages.errors_shown(PAGE):
        session.show_outcome(PAGE)
        _draw(person)


def _draw(person: Person) -> None:
    queue = queues.triplet_queue()
    task = session.next_task(PAGE, person, queue)
    if task.photo is not None:
        messages.progress_line(task.claim, len(queue.photos), "triplet", task.pace)
    shown, at_random = _task(task.photo, person, task.opened) if task.photo else (None, False)
    if at_random:
        st.info(
            f"These are drawn at random: no index knows this photo yet. After `tiefvision run` its {OFFERED} most "
            "telling neighbours stand here.",
            icon=":material/casino:",
        )
    triplet_grid(
        shown,
        coming=[_task(photo, person)[0] for photo in task.coming],
        channel=session.channel(PAGE, person, task),
    )
    if task.photo is None:
        messages.nothing_left(PAGE, person, task, noun="triplet")


def _task(reference: Photo, person: Person, opened: Opened | None = None) -> tuple[TripletTask, bool]:
    """The reference with its candidates, and whether these were drawn at random."""
    photos = queues.photos()
    store = services.store()
    events = [event for event in store.history.standing("triplet", reference.sha256) if event.action != "skip"]
    again = pair_to_repeat(events, reference.sha256, person.name, store.settings.overlap)
    if again and all(sha256 in photos for sha256 in again):
        choice = _draft(opened, photos) if opened else None
        return TripletTask(reference, [photos[sha256] for sha256 in again], choice=choice), False
    offered = offer(services.searcher(), photos, reference, events)
    labels = dict.fromkeys(event.label for event in events if event.action == "label")
    existing = [
        Pair(photos[label.positive], photos[label.negative])
        for label in labels
        if isinstance(label, TripletLabel) and label.positive in photos and label.negative in photos
    ]
    choice = _draft(opened, photos) if opened else None
    chosen = [choice.positive, choice.negative] if choice else []
    candidates = [photos[sha256] for sha256 in offered.photos]
    candidates += [photo for photo in chosen if photo not in candidates]
    return TripletTask(reference, candidates, existing, choice), offered.at_random


def _draft(opened: Opened, photos: Mapping[str, Photo]) -> Pair | None:
    """What was chosen in the decision that was taken back."""
    chosen = [photos.get(str((opened.draft or {}).get(name))) for name in ("positive", "negative")]
    return Pair(chosen[0], chosen[1]) if chosen[0] and chosen[1] else None


st.title("Triplets", anchor=False)
somebody = current_person()
if not queues.photos():
    no_photos()
elif len(queues.photos()) < FEWEST_PHOTOS:
    st.info("A triplet takes three different photos; add more to the catalogue.", icon=":material/photo_library:")
elif not somebody.may_label:
    messages.may_not_label(somebody)
elif session.open_requested_photo(PAGE, somebody):
    page_rerun(f"{PAGE.kind}-rerun")
    labelling(somebody)
else:
    show_error("The photo that this address names is not in the catalogue; open Triplets from the menu.")
