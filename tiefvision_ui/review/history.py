"""The part *History* of the review page: who decided what, when and how fast, with buttons to undo it."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.store.labels.schema import Kind
from tiefvision_ui import address, notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.components.history_list import history_list
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.paging import page_shown
from tiefvision_ui.review import decisions

KINDS: dict[str, Kind | None] = {N_("Boxes and triplets"): None, N_("Boxes"): "box", N_("Triplets"): "triplet"}
EVERYBODY = N_("Everybody")
ROWS = 30
LIST = "history"


def history(person: Person) -> None:
    """Draw all recorded decisions, newest first, filtered by annotator and kind."""
    log = services.store().history
    annotator, kind = _who_and_what(log.annotators())
    total = log.count(kind=kind, annotator=annotator)
    if not total:
        st.info(_("Nothing was labelled yet. Begin with Boxes or Triplets."), icon=":material/history:")
        return
    above = st.container()
    part = page_shown(total, ROWS)
    with above:
        history_list(
            log.page(offset=part.start, limit=ROWS, kind=kind, annotator=annotator),
            queues.photos(),
            lambda event: decisions.may_undo(person, event),
            failures=notices.failures(),
            key=LIST,
            on_undo=lambda: _undo(person),
        )


def _who_and_what(annotators: list[str]) -> tuple[str | None, Kind | None]:
    names, whats = [EVERYBODY, *annotators], list(KINDS)
    address.option("who", names, EVERYBODY)
    address.option("what", whats, whats[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = st.selectbox(
            _("Who"),
            names,
            format_func=lambda name: _(EVERYBODY) if name == EVERYBODY else name,
            key="who",
            on_change=address.keep,
            args=("who", EVERYBODY, "page"),
            width=220,
        )
        what = st.selectbox(
            _("What"),
            whats,
            format_func=_,
            key="what",
            on_change=address.keep,
            args=("what", whats[0], "page"),
            width=220,
        )
    return None if who == EVERYBODY else who, KINDS[what]


def _undo(person: Person) -> None:
    event_id = st.session_state[LIST].undo
    if not isinstance(event_id, int | float):
        return

    def undo() -> str:
        done = decisions.undo(services.store(), person, int(event_id))
        return _("Undone.") if done else _("That was undone before.")

    notices.attempt(undo)
