"""Queues that are shared or assigned: their part of the team page, and the choice of one on a labelling page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.label_queues import LabelQueue, withheld
from tiefvision_assets.store.labels.schema import Kind
from tiefvision_ui import address, notices, services
from tiefvision_ui.access.people import Person
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.words import plain

KINDS: dict[Kind, str] = {"box": N_("Boxes"), "triplet": N_("Triplets")}
ALL = ""


def worked_on(person: Person, kind: Kind, queue: Queue, on_change: Callable[[], None]) -> Queue:
    """The part of the photos that the person works on: those of a queue that they choose, else all but those that are
    assigned to others. ``on_change`` is called when they choose another one."""
    store = services.store()
    queues = store.team.queues.all(kind)
    if not queues:
        return queue
    photos = {one.queue_id: frozenset(store.marks.tagged(one.tag)) for one in queues}
    mine = {one.queue_id: one for one in queues if one.is_for(person.name)}
    chosen = _choice(mine, on_change) if mine else ALL
    if chosen in mine:
        return Queue([sha256 for sha256 in queue.photos if sha256 in photos[chosen]])
    others = withheld(queues, photos, person.name)
    return Queue([sha256 for sha256 in queue.photos if sha256 not in others]) if others else queue


def shown_queues(person: Person) -> None:
    """Draw the queues, and for an administrator what makes and removes them."""
    store = services.store()
    queues = store.team.queues.all()
    if queues:
        _table(queues)
    else:
        st.info(_("There is no queue: everybody is given all photos."), icon=":material/queue:")
    if not person.may_review:
        return
    if queues:
        _removing(queues)
    tags = store.marks.tags()
    st.header(_("New queue"), anchor=False)
    if not tags:
        words = _("A queue's photos are those with a tag, and no photo has one: *Collect* on a photo gives it tags.")
        st.caption(words)
        return
    with st.form("new-queue", clear_on_submit=True):
        kind = st.segmented_control(
            _("Of"), list(KINDS), default="box", format_func=lambda one: _(KINDS[one]), required=True
        )
        name = st.text_input(_("Name"), key="queue-name")
        tag = st.selectbox(
            _("Photos with the tag"), list(tags), format_func=lambda one: f"{one} ({number_words(tags[one])})"
        )
        people = st.multiselect(
            _("For"),
            store.history.annotators(),
            accept_new_options=True,
            key="queue-people",
            placeholder=_("All share it"),
            help=_("Photos of a queue that is for some people are given to nobody else. Nobody named: all share it."),
        )
        if st.form_submit_button(_("Make the queue"), icon=":material/add:"):
            notices.attempt(lambda: _add(person, kind, name, tag, people))
            st.rerun()


def _choice(mine: Mapping[str, LabelQueue], on_change: Callable[[], None]) -> str:
    options = [ALL, *mine]
    address.option("queue", options, ALL)

    def changed() -> None:
        address.keep("queue", ALL)
        on_change()

    return st.selectbox(
        _("Queue"),
        options,
        format_func=lambda one: mine[one].name if one else _("All photos"),
        key="queue",
        on_change=changed,
        width=260,
    )


def _table(queues: Sequence[LabelQueue]) -> None:
    store = services.store()
    decided: dict[Kind, set[str]] = {
        kind: {event.sha256 for event in store.history.standing(kind) if event.action != "skip"} for kind in KINDS
    }
    rows = []
    for queue in queues:
        photos = store.marks.tagged(queue.tag)
        done = len(decided[queue.kind].intersection(photos))
        people = ", ".join(queue.people) or _("Everybody")
        rows.append((queue.name, _(KINDS[queue.kind]), queue.tag, people, len(photos), done / max(1, len(photos))))
    columns = [_("Queue"), _("Of"), _("Tag"), _("For"), _("Photos"), _("Decided")]
    share = st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, column_config={columns[-1]: share})


def _removing(queues: Sequence[LabelQueue]) -> None:
    names = {queue.queue_id: f"{queue.name} ({_(KINDS[queue.kind])})" for queue in queues}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("Remove a queue"),
            list(names),
            format_func=lambda one: names[one],
            index=None,
            key="queue-gone",
            width=260,
        )
        st.button(_("Remove"), icon=":material/delete:", disabled=chosen is None, on_click=_remove, args=(chosen,))


def _add(person: Person, kind: Kind, name: str, tag: str, people: Sequence[str]) -> str:
    queue = services.store().team.queues.add(kind, name, tag, people, person.name)
    return _("Made the queue {name}.", name=plain(queue.name))


def _remove(queue_id: str | None) -> None:
    def remove() -> str:
        services.store().team.queues.remove(queue_id or "")
        return _("Removed; its photos and their labels stay.")

    notices.attempt(remove)
