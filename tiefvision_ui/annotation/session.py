"""What the pages for boxes and triplets share: the photo that is due, commits, progress, and what to do when done."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.annotation import Claim
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.history import Pace
from tiefvision_assets.store.labels.schema import Capacity, Kind
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.commits import Desk, Outcome
from tiefvision_ui.components.commit_channel import CommitChannel
from tiefvision_ui.states import show_error
from tiefvision_ui.values import Photo
from tiefvision_ui.words import counted, plain

PHOTO, REVIEW = "photo", "review"
"""Query parameters: the photo to be labelled, whatever the queue says, and whether as a reviewer."""


@dataclass(frozen=True)
class Table:
    """A page at which labels of one kind are made, with the component that sends commits and what records them."""

    kind: Kind
    component: str
    commit: Callable[[Desk, Mapping[str, Any]], Outcome]


@dataclass
class _Sitting:
    """What a browser tab remembers of its work at a table."""

    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    opened: str | None = None
    """A photo (sha256) that is shown instead of the queue's."""
    role: Capacity = "annotator"
    saved: str | None = None
    problem: str | None = None
    notice: str | None = None

    @property
    def aside(self) -> str:
        """The session under which the opened photo is held, so that the queue's next ones stay held beside it."""
        return f"{self.session} aside"


@dataclass(frozen=True)
class Task:
    """The photo to be shown now, None when there is none, and the one after it."""

    photo: Photo | None
    following: Photo | None
    claim: Claim
    opened: bool
    """Whether it was decided about before, or asked for, and is shown out of turn."""
    role: Capacity


@contextmanager
def problems_told(table: Table) -> Iterator[None]:
    """Errors within are told in words, with a button to try again: a fragment's do not reach the app's own words."""
    try:
        yield
    except TiefVisionError as error:
        show_error(str(error))
        st.button("Try again", icon=":material/refresh:", key=f"{table.kind}-try-again")
    except Exception:
        logging.getLogger(__name__).exception("The %s page failed", table.kind)
        show_error("Something went wrong on our side. Reload the page; the server's log holds the details.")


def next_task(table: Table, person: Person, queue: Queue) -> Task:
    """What the annotator is to do now; the photos are leased to this tab."""
    sitting, photos = _sitting(table), queues.photos()
    annotation = services.store().annotation
    if sitting.opened is not None and sitting.opened in photos:
        annotation.take(table.kind, sitting.opened, person.name, sitting.aside)
        claim = annotation.claim(table.kind, queue, person.name, sitting.session)
        coming = [photos[sha256] for sha256 in claim.photos if sha256 in photos and sha256 != sitting.opened]
        return Task(photos[sitting.opened], coming[0] if coming else None, claim, True, sitting.role)
    claim = annotation.claim(table.kind, queue, person.name, sitting.session)
    # A scan may have taken a photo away since the queue was made.
    given = [photos[sha256] for sha256 in claim.photos if sha256 in photos] + [None, None]
    return Task(given[0], given[1], claim, False, "annotator")


def _committed(table: Table, person: Person) -> None:
    """Record what the table's component has just sent."""
    sent = st.session_state[table.component].commit
    if not isinstance(sent, dict):
        return
    sitting = _sitting(table)
    opened = sitting.opened is not None and sent.get("photo") == sitting.opened
    desk = Desk(services.store().annotation, queues.photos(), person, sitting.aside)
    outcome = table.commit(desk, sent)
    sitting.problem, sitting.notice = outcome.problem, outcome.notice
    if outcome.saved is None:
        return
    sitting.saved = outcome.saved
    if outcome.open is not None:
        sitting.opened, sitting.role = outcome.open, outcome.role
    elif opened and outcome.problem is None:
        sitting.opened, sitting.role = None, "annotator"


def asked_for_missing_photo(table: Table, person: Person) -> bool:
    """Open the photo that the address names, if it does; True when there is no such photo."""
    wanted = st.query_params.get(PHOTO)
    if wanted is None:
        return False
    photo = queues.photo_named(wanted)
    if photo is None:
        return True
    sitting = _sitting(table)
    sitting.opened = photo.sha256
    sitting.role = "reviewer" if REVIEW in st.query_params and person.may_review else "annotator"
    for parameter in (PHOTO, REVIEW):
        st.query_params.pop(parameter, None)
    return False


def start_over(table: Table, person: Person) -> None:
    """Let this tab's photos go, so that the next ones come from the queue as it is now."""
    sitting = _sitting(table)
    sitting.opened = None
    for session in (sitting.session, sitting.aside):
        services.store().annotation.release(table.kind, person.name, session)


def channel(table: Table, person: Person, claim: Claim, pace: Pace) -> CommitChannel:
    """The way of this person's commits from the table's component, and what became of the last one."""
    sitting = _sitting(table)
    return CommitChannel(
        key=table.component,
        on_commit=lambda: _committed(table, person),
        saved=sitting.saved,
        problem=sitting.problem,
        undoable=pace.decisions > 0 or claim.skipped > 0,
    )


def say_notice(table: Table) -> None:
    """Tell what became of the last commit, once."""
    sitting = _sitting(table)
    if sitting.notice:
        st.toast(plain(sitting.notice))
        sitting.notice = None
    if sitting.problem:
        st.warning(plain(sitting.problem), icon=":material/sync_problem:")


def progress(claim: Claim, total: int, noun: str, pace: Pace) -> None:
    """How far the catalogue is, and how fast this annotator; ``noun`` is what they make, in the singular."""
    share = claim.decided / total if total else 0.0
    st.progress(min(1.0, share), text=f"{claim.decided:,} of {counted(total, 'photo')} done")
    with st.container(horizontal=True):
        st.metric(f"Your {noun if pace.decisions == 1 else _plural(noun)}", f"{pace.decisions:,}", border=True)
        typical = "–" if pace.median_seconds is None else f"{pace.median_seconds:.1f} s"
        st.metric(f"Time a {noun}", typical, border=True, help="The median of your last 200.")


def progress_line(claim: Claim, total: int, noun: str, pace: Pace) -> None:
    """The same as `progress`, in one line."""
    share = claim.decided / total if total else 0.0
    typical = "" if pace.median_seconds is None else f", {pace.median_seconds:.1f} s each"
    own = f"yours: {counted(pace.decisions, noun)}{typical}"
    st.progress(min(1.0, share), text=f"{claim.decided:,} of {counted(total, 'photo')} have one · {own}")


def nothing_left(table: Table, person: Person, claim: Claim, *, noun: str) -> None:
    """Say why there is no photo to show, and what can be done instead."""
    with st.container(border=True, key=f"{table.kind}-nothing-left"):
        if claim.skipped:
            st.subheader("Only skipped photos are left for you", anchor=False)
            st.button(
                f"Bring back {counted(claim.skipped, 'skipped photo')}",
                icon=":material/replay:",
                key=f"{table.kind}-bring-back",
                on_click=_bring_back,
                args=(table, person),
            )
        elif claim.in_other_hands:
            st.subheader("The last photos are in other hands", anchor=False)
            st.markdown(f"Others look at {counted(claim.in_other_hands, 'photo')} just now. Look again in a while.")
        else:
            st.subheader("Every photo is done", anchor=False)
            st.markdown("The heads learn from new labels with the next run:")
            st.code("tiefvision run", language=None)
        with st.container(horizontal=True):
            st.button("Look again", icon=":material/refresh:", key=f"{table.kind}-again")
            st.button(
                f"Undo my last {noun}",
                icon=":material/undo:",
                key=f"{table.kind}-undo",
                on_click=_undo_without_component,
                args=(table, person),
            )


def _bring_back(table: Table, person: Person) -> None:
    services.store().annotation.bring_back_skipped(table.kind, annotator=person.name)


def _undo_without_component(table: Table, person: Person) -> None:
    sitting = _sitting(table)
    desk = Desk(services.store().annotation, queues.photos(), person, sitting.aside)
    outcome = table.commit(desk, {"commit_id": uuid.uuid4().hex, "action": "undo"})
    sitting.opened, sitting.role = outcome.open, outcome.role
    sitting.notice, sitting.problem = outcome.notice, outcome.problem


def no_photos() -> None:
    """Say how photos get here, before there are any."""
    with st.container(border=True, key="no-photos", gap="small"):
        st.subheader("No photos yet", anchor=False)
        st.markdown("Put your photos into this folder …")
        st.code(str(services.store().settings.raw_dir), language=None)
        st.markdown("… and let them be found. No model is needed to begin with labels.")
        st.code("tiefvision ingest", language=None)
        st.markdown("To try it with generated photos instead:")
        st.code("tiefvision demo", language=None)
        st.caption("Reload this page when the command is done.")


def no_name(person: Person) -> None:
    """Say why this person cannot label, and how they may."""
    if person.name:
        st.info("Your role lets you look, but not label. Ask an administrator.", icon=":material/lock:")
    else:
        st.info(
            "Enter your name in the sidebar to begin: it stands beside each of your labels.", icon=":material/person:"
        )


def _sitting(table: Table) -> _Sitting:
    sitting: _Sitting = st.session_state.setdefault(f"{table.kind}-sitting", _Sitting())
    return sitting


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("x") else f"{noun}s"
