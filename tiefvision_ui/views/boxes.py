"""The page Boxes: photo by photo, an annotator draws or accepts the box around the object."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.proposals import Proposal
from tiefvision_ui import address, services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.annotation import messages, queues, session
from tiefvision_ui.annotation.commits import Opened, box_commit, method_of
from tiefvision_ui.annotation.queues import BoxOrder
from tiefvision_ui.components.box_editor import BoxTask, InitialBox, box_editor
from tiefvision_ui.components.page_rerun import page_rerun
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.states import no_photos, show_error
from tiefvision_ui.team.board import goal_line
from tiefvision_ui.team.comments import comments
from tiefvision_ui.team.queues import worked_on
from tiefvision_ui.team.returned import came_back_line
from tiefvision_ui.values import ModelBox, box_of
from tiefvision_ui.words import plain

ORDERS: dict[BoxOrder, str] = {
    "uncertain": N_("Uncertain first"),
    "telling": N_("Uncertain and varied"),
    "random": N_("Random"),
    "path": N_("In order"),
}
DEFAULT: BoxOrder = "uncertain"
"""No order was found to teach the heads faster (docs/quality.md); this one puts right first what is worst."""
PAGE = session.LabellingPage("box", "box-editor", box_commit, coming=3)


@st.fragment
def labelling(person: Person) -> None:
    """The next photo in its editor, and the annotator's progress."""
    with messages.errors_shown(PAGE):
        session.show_outcome(PAGE)
        _draw(person)


def _draw(person: Person) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = _order(person)
        queue = worked_on(person, PAGE.kind, queues.box_queue(order), lambda: session.start_over(PAGE, person))
    task = session.next_task(PAGE, person, queue)
    editor, about = st.columns([5, 2], gap="large")
    # The editor is drawn first, because it waits to hear of its last commit.
    with editor:
        model = queues.model_boxes()
        shown = [*([task.photo] if task.photo else []), *task.coming]
        proposed = services.store().proposals.of(photo.sha256 for photo in shown)
        suggested = {photo.sha256: model[photo.sha256] for photo in shown if photo.sha256 in model}
        suggested |= {sha256: ModelBox(one.box, one.score or 0.0) for sha256, one in proposed.items()}
        box_editor(
            _box_task(task, suggested, proposed),
            coming=[
                BoxTask(photo, suggested.get(photo.sha256), origin=_origin(proposed.get(photo.sha256)))
                for photo in task.coming
            ],
            channel=session.channel(PAGE, person, task),
        )
        if task.photo is None:
            messages.nothing_left(PAGE, person, task)
    with about:
        messages.box_progress(task.claim, len(queue.photos), task.pace)
        goal_line(person, PAGE.kind)
        if task.photo is None:
            return
        size = _(
            "{width} × {height} pixels", width=number_words(task.photo.width), height=number_words(task.photo.height)
        )
        st.caption(f"{plain(task.photo.path)} · {size}")
        if task.photo.sha256 in proposed:
            _proposal(proposed[task.photo.sha256])
        else:
            _model_confidence(model.get(task.photo.sha256))
        if task.opened and task.opened.role == "reviewer":
            st.info(_("You decide as a reviewer: your box wins over all others."), icon=":material/gavel:")
        comments(person, task.photo.sha256)


def _order(person: Person) -> BoxOrder:
    address.option("order", list(ORDERS), DEFAULT)
    return st.segmented_control(
        _("Which photos first"),
        list(ORDERS),
        format_func=lambda order: _(ORDERS[order]),
        default=DEFAULT,
        required=True,
        key="order",
        on_change=lambda: _reordered(person),
        label_visibility="collapsed",
    )


def _reordered(person: Person) -> None:
    address.keep("order", DEFAULT)
    session.start_over(PAGE, person)


def _box_task(task: session.Task, model: Mapping[str, ModelBox], proposed: Mapping[str, Proposal]) -> BoxTask | None:
    if task.photo is None:
        return None
    found, origin = model.get(task.photo.sha256), _origin(proposed.get(task.photo.sha256))
    if task.opened is None:
        return BoxTask(task.photo, found, origin=origin)
    # Whoever takes a decision back goes on from their own, whatever others decided about the photo.
    initial = _draft(task.opened) if task.opened.undone else _standing_box(task.photo.sha256)
    return BoxTask(task.photo, found, initial, task.opened.role, origin)


def _draft(opened: Opened) -> InitialBox | None:
    box = box_of(opened.draft.get("box")) if opened.draft else None
    return InitialBox(box, method_of(opened.draft.get("method"))) if opened.draft and box else None


def _standing_box(sha256: str) -> InitialBox | None:
    """The box that counts now for a photo that the address has opened."""
    decided = services.store().history.live_box(sha256)
    if decided is None or not isinstance(decided.label, Box):
        return None
    return InitialBox(decided.label, method_of(decided.method or "adjusted"))


def _origin(proposal: Proposal | None) -> str | None:
    """Where a proposal comes from, in words."""
    if proposal is None:
        return None
    if proposal.model:
        return _("Proposed by {source}, model {model}", source=proposal.source, model=proposal.model)
    return _("Proposed by {source}", source=proposal.source)


def _proposal(proposal: Proposal) -> None:
    """Where the box to begin with comes from, if it is not the served model's."""
    words = _("Proposed")
    if proposal.score is not None:
        words = _("Proposed, {share} sure", share=percent_words(proposal.score))
    st.badge(words, icon=":material/lightbulb:", color="violet")
    st.caption(plain(_origin(proposal) or ""))


def _model_confidence(model: ModelBox | None) -> None:
    if model is None:
        st.caption(_("No model has looked at this photo yet."))
        return
    label, icon = _("Model {share} sure", share=percent_words(model.confidence)), ":material/smart_toy:"
    if model.confidence >= 0.9:
        st.badge(label, icon=icon, color="green")
    elif model.confidence >= 0.6:
        st.badge(label, icon=icon, color="orange")
    else:
        st.badge(label, icon=icon, color="red")


def boxes() -> None:
    """Draw the page."""
    st.title(_("Boxes"), anchor=False)
    person = current_person()
    if not queues.photos():
        no_photos()
    elif not person.may_label:
        messages.may_not_label(person)
    elif session.open_requested_photo(PAGE, person):
        page_rerun(f"{PAGE.kind}-rerun")
        came_back_line(person)
        labelling(person)
    else:
        show_error(_("The photo that this address names is not in the catalogue; open Boxes from the menu."))


boxes()
