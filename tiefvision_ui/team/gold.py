"""The part *Gold questions* of the team page: which of the reviewers' decisions are asked to see how well people
answer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tiefvision_assets.store.labels.gold import GoldQuestion
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.schema import Kind
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.values import Photo

OFFERED = 500
"""Decisions, the newest, of which questions can be made."""


def shown_gold(person: Person) -> None:
    """Draw the gold questions with what makes and removes them, for an administrator alone: who knows them cannot be
    asked."""
    if not person.may_review:
        st.info(_("Only administrators see which questions are gold; others are asked them."), icon=":material/lock:")
        return
    store, photos = services.store(), queues.photos()
    asked = store.team.gold.questions()
    share = percent_words(store.settings.gold)
    counts = {kind: sum(question.kind == kind for question in asked) for kind in ("box", "triplet")}
    with st.container(horizontal=True):
        st.metric(_("Photos"), number_words(counts["box"]), border=True, help=_("Each is given to each annotator once"))
        once = _("Asked in grids and quick questions, once each")
        st.metric(_("Triplets"), number_words(counts["triplet"]), border=True, help=once)
        st.metric(_("Share of questions"), share, border=True, help=_("Set by TIEFVISION_GOLD"))
    known = {(question.kind, question.sha256) for question in asked}
    decided = [event for event in store.history.reviews()[::-1] if _is_answer(event) and event.sha256 in photos]
    offered = {event.event_id: event for event in decided if (event.kind, event.sha256) not in known}
    newest = list(offered)[:OFFERED]
    st.header(_("Make gold questions"), anchor=False)
    if newest:
        chosen = st.multiselect(
            _("Reviewers' decisions"),
            newest,
            format_func=lambda one: _name(offered[one].kind, photos[offered[one].sha256], offered[one].annotator),
            key="gold-new",
        )
        with st.container(horizontal=True):
            some = [offered[one] for one in chosen]
            st.button(_("Make gold"), icon=":material/add:", disabled=not some, on_click=_add, args=(person, some))
            every = [offered[one] for one in newest]
            words = counted("Make all {n} gold", "Make all {n} gold", len(every))
            st.button(words, icon=":material/done_all:", on_click=_add, args=(person, every))
    else:
        words = _(
            "A gold question is a reviewer's decision, and none is left: decide under Review, or draw a box there anew."
        )
        st.caption(words)
    if asked:
        _removing(asked)


def _removing(asked: Sequence[GoldQuestion]) -> None:
    photos = queues.photos()
    shown = [question for question in asked if question.sha256 in photos]
    st.header(_("Ask no more"), anchor=False)
    gone = st.multiselect(
        _("Gold questions"),
        range(len(shown)),
        format_func=lambda one: _name(shown[one].kind, photos[shown[one].sha256], shown[one].made_by),
        key="gold-gone",
    )
    some = [shown[one] for one in gone]
    st.button(
        _("Remove"), icon=":material/delete:", key="gold-remove", disabled=not some, on_click=_remove, args=(some,)
    )


def _is_answer(event: Event) -> bool:
    if event.kind == "triplet":
        return event.action == "label" and isinstance(event.label, TripletLabel)
    return event.action in ("label", "absent")


def _name(kind: Kind, photo: Photo, who: str) -> str:
    what = _("Box") if kind == "box" else _("Triplet")
    return f"{what} · {photo.path} · {who}"


def _add(person: Person, events: Sequence[Event]) -> None:
    def add() -> str:
        made = services.store().team.gold.add(events, person.name)
        return counted("{n} gold question more.", "{n} gold questions more.", made)

    notices.attempt(add)
    st.session_state["gold-new"] = []


def _remove(questions: Sequence[GoldQuestion]) -> None:
    def remove() -> str:
        services.store().team.gold.remove(questions)
        return counted(
            "{n} question asked no more; the answers stay on the board's days.",
            "{n} questions asked no more; the answers stay on the board's days.",
            len(questions),
        )

    notices.attempt(remove)
    st.session_state["gold-gone"] = []
