"""The page Triplets: which photo is more similar to the reference (H+), and which one less (H-)?"""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.store.labels.schema import Way
from tiefvision_ui import address
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import messages, queues, session
from tiefvision_ui.annotation.candidates import OFFERED
from tiefvision_ui.annotation.commits import triplet_commit
from tiefvision_ui.annotation.queues import ReferenceOrder
from tiefvision_ui.annotation.triplet_tasks import grids, quick_questions
from tiefvision_ui.components.page_rerun import page_rerun
from tiefvision_ui.components.triplet_grid import triplet_grid
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.states import no_photos, show_error
from tiefvision_ui.team.board import goal_line
from tiefvision_ui.team.comments import comments
from tiefvision_ui.team.queues import worked_on
from tiefvision_ui.team.returned import came_back_line

WAYS: dict[Way, str] = {"grid": N_("Grid"), "quick": N_("Quick questions")}
PAGES: dict[Way, session.LabellingPage] = {
    "grid": session.LabellingPage("triplet", "triplet-grid", triplet_commit, coming=2),
    "quick": session.LabellingPage("triplet", "triplet-quick", triplet_commit, coming=4),
}
PAGE = PAGES["grid"]
ORDERS: dict[ReferenceOrder, str] = {"telling": N_("Disputed first"), "random": N_("Random")}
DEFAULTS: dict[Way, ReferenceOrder] = {"grid": "random", "quick": "telling"}
"""Quick questions in the order that needed fewest on real labels (docs/quality.md); of grids that was not measured."""
FEWEST_PHOTOS = 3


@st.fragment
def labelling(person: Person) -> None:
    """The next reference with its candidates, and the annotator's progress."""
    with messages.errors_shown(PAGE):
        session.show_outcome(PAGE)
        _draw(person)


def _draw(person: Person) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = _way()
        page, order = PAGES[way], _order(person, way)
        queue = queues.triplet_queue(order)
        queue = worked_on(person, page.kind, queue, lambda: session.start_over(page, person))
    task = session.next_task(page, person, queue)
    if task.photo is not None:
        messages.triplet_progress(task.claim, len(queue.photos), task.pace)
        messages.paces(person, _ways())
        goal_line(person, page.kind)
    asked = quick_questions(task, person, order) if way == "quick" else grids(task, person)
    if asked.at_random:
        st.info(
            _(
                "These are drawn at random: no index knows this photo yet. After `tiefvision run` its {n} most "
                "telling neighbours stand here.",
                n=number_words(OFFERED),
            ),
            icon=":material/casino:",
        )
    now, *coming = asked.tasks or (None,)
    triplet_grid(now, coming=[each for each in coming if each], channel=session.channel(page, person, task))
    if task.photo is None:
        messages.nothing_left(page, person, task)
    elif now:
        comments(person, now.reference.sha256)


def _ways() -> dict[Way, str]:
    return {way: _(name) for way, name in WAYS.items()}


def _way() -> Way:
    return address.choice(_("How to choose"), _ways(), "way", label_visibility="collapsed")


def _order(person: Person, way: Way) -> ReferenceOrder:
    address.option("order", list(ORDERS), DEFAULTS[way])
    return st.segmented_control(
        _("Which references first"),
        list(ORDERS),
        format_func=lambda order: _(ORDERS[order]),
        default=DEFAULTS[way],
        required=True,
        key="order",
        on_change=lambda: _reordered(person, way),
        label_visibility="collapsed",
    )


def _reordered(person: Person, way: Way) -> None:
    address.keep("order", DEFAULTS[way])
    session.start_over(PAGES[way], person)


def triplets() -> None:
    """Draw the page."""
    st.title(_("Triplets"), anchor=False)
    person = current_person()
    if not queues.photos():
        no_photos()
    elif len(queues.photos()) < FEWEST_PHOTOS:
        words = _("A triplet takes three different photos; add more to the catalogue.")
        st.info(words, icon=":material/photo_library:")
    elif not person.may_label:
        messages.may_not_label(person)
    elif session.open_requested_photo(PAGE, person):
        page_rerun(f"{PAGE.kind}-rerun")
        came_back_line(person)
        labelling(person)
    else:
        show_error(_("The photo that this address names is not in the catalogue; open Triplets from the menu."))


triplets()
