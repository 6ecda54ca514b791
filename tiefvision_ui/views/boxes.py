"""Boxes: photo by photo, where is the object?"""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_ui import address, services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation import session as annotating
from tiefvision_ui.annotation.commits import box_commit
from tiefvision_ui.annotation.queues import BoxOrder
from tiefvision_ui.components.box_editor import BoxTask, Start, box_editor
from tiefvision_ui.states import show_error
from tiefvision_ui.values import ModelBox
from tiefvision_ui.words import plain

ORDERS: dict[BoxOrder, str] = {"uncertain": "Uncertain first", "random": "Random", "path": "In order"}
TABLE = annotating.Table("box", "box-editor", box_commit)


@st.fragment
def work(person: Person) -> None:
    """The photo that is due, its editor, and how far the work has come."""
    with annotating.problems_told(TABLE):
        annotating.say_notice(TABLE)
        _work(person)


def _work(person: Person) -> None:
    order = _order(person)
    queue = queues.box_queue(order)
    task = annotating.next_task(TABLE, person, queue)
    editor, about = st.columns([5, 2], gap="large")
    pace = services.store().history.pace("box", person.name)
    if task.photo is None:
        with editor:
            annotating.nothing_left(TABLE, person, task.claim, noun="box")
        with about:
            annotating.progress(task.claim, len(queue.photos), "box", pace)
        return
    # The editor first: it waits to hear that its last commit was saved.
    with editor:
        model = queues.model_boxes()
        box_editor(
            BoxTask(
                task.photo,
                model.get(task.photo.sha256),
                _start(task.photo.sha256) if task.opened else None,
                task.role,
            ),
            following=BoxTask(task.following, model.get(task.following.sha256)) if task.following else None,
            channel=annotating.channel(TABLE, person, task.claim, pace),
        )
    with about:
        annotating.progress(task.claim, len(queue.photos), "box", pace)
        st.caption(f"{plain(task.photo.path)} · {task.photo.width:,} × {task.photo.height:,} pixels")
        _sureness(model.get(task.photo.sha256))
        if task.opened and task.role == "reviewer":
            st.info("You decide as a reviewer: your box wins over all others.", icon=":material/gavel:")


def _order(person: Person) -> BoxOrder:
    address.option("order", list(ORDERS), "uncertain")
    return st.segmented_control(
        "Which photos first",
        list(ORDERS),
        format_func=lambda order: ORDERS[order],
        default="uncertain",
        required=True,
        key="order",
        on_change=lambda: _reordered(person),
        label_visibility="collapsed",
    )


def _reordered(person: Person) -> None:
    address.keep("order", "uncertain")
    annotating.start_over(TABLE, person)


def _start(sha256: str) -> Start | None:
    """The box that counts for a photo that was opened again."""
    decided = services.store().history.live_box(sha256)
    if decided is None or not isinstance(decided.label, Box):
        return None
    return Start(decided.label, decided.method or "adjusted")


def _sureness(model: ModelBox | None) -> None:
    if model is None:
        st.caption("No model has looked at this photo yet.")
    else:
        colour = "green" if model.confidence >= 0.9 else "orange" if model.confidence >= 0.6 else "red"
        st.badge(f"Model {model.confidence:.0%} sure", icon=":material/smart_toy:", color=colour)  # type: ignore[arg-type]


st.title("Boxes", anchor=False)
somebody = current_person()
if not queues.photos():
    annotating.no_photos()
elif not somebody.may_label:
    annotating.no_name(somebody)
elif annotating.asked_for_missing_photo(TABLE, somebody):
    show_error("The photo that this address names is not in the catalogue; open Boxes from the menu.")
else:
    work(somebody)
