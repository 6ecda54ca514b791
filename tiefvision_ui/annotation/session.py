"""The labelling session of a browser tab: which photo it shows next, and what happens to the commits that it sends.

Shared by the pages Boxes and Triplets. What these pages say about progress, and when no photo is left, is in
`tiefvision_ui.annotation.messages`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from tiefvision_assets.store.labels.annotation import Claim
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.history import Pace
from tiefvision_assets.store.labels.schema import Capacity, Kind
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.commits import CommitContext, Outcome
from tiefvision_ui.components.commit_channel import CommitChannel
from tiefvision_ui.values import Photo
from tiefvision_ui.words import plain

PHOTO, REVIEW = "photo", "review"
"""Query parameters: a photo to label out of turn, and whether to label it as a reviewer."""


@dataclass(frozen=True)
class LabellingPage:
    """A page on which labels of one kind are made: the key of its component, and what records the commits."""

    kind: Kind
    component: str
    commit: Callable[[CommitContext, Mapping[str, Any]], Outcome]


@dataclass
class LabellingSession:
    """The state of one labelling page in one browser tab."""

    lease: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The session id under which the photos of the queue are leased."""
    opened: str | None = None
    """A photo (sha256) to show instead of the next one of the queue."""
    role: Capacity = "annotator"
    saved: str | None = None
    problem: str | None = None
    notice: str | None = None

    @property
    def lease_of_opened(self) -> str:
        """The session id under which the opened photo is leased; a second one, so that the queue's leases stay."""
        return f"{self.lease} aside"


@dataclass(frozen=True)
class Task:
    """The photo to show now and the one after it; None where there is none."""

    photo: Photo | None
    following: Photo | None
    claim: Claim
    opened: bool
    """Whether the photo is shown out of turn: asked for by the address, or decided before and taken back."""
    role: Capacity


def next_task(page: LabellingPage, person: Person, queue: Queue) -> Task:
    """Lease the next photos to this tab, and return what the annotator should label now."""
    session, photos = _session_of(page), queues.photos()
    annotation = services.store().annotation
    if session.opened is not None and session.opened in photos:
        annotation.take(page.kind, session.opened, person.name, session.lease_of_opened)
        claim = annotation.claim(page.kind, queue, person.name, session.lease)
        coming = [photos[sha256] for sha256 in claim.photos if sha256 in photos and sha256 != session.opened]
        return Task(photos[session.opened], coming[0] if coming else None, claim, True, session.role)
    claim = annotation.claim(page.kind, queue, person.name, session.lease)
    # A scan may have removed a photo from the catalogue since the queue was made.
    given = [photos[sha256] for sha256 in claim.photos if sha256 in photos] + [None, None]
    return Task(given[0], given[1], claim, False, "annotator")


def _committed(page: LabellingPage, person: Person) -> None:
    """Record the commit that the page's component has just sent."""
    sent = st.session_state[page.component].commit
    if not isinstance(sent, dict):
        return
    session = _session_of(page)
    opened = session.opened is not None and sent.get("photo") == session.opened
    outcome = page.commit(_context(session, person), sent)
    session.problem, session.notice = outcome.problem, outcome.notice
    if outcome.saved is None:
        return
    session.saved = outcome.saved
    if outcome.open is not None:
        session.opened, session.role = outcome.open, outcome.role
    elif opened and outcome.problem is None:
        session.opened, session.role = None, "annotator"


def undo_last(page: LabellingPage, person: Person) -> None:
    """Take back the person's last decision and open its photo, where no component is drawn that could ask for it."""
    session = _session_of(page)
    outcome = page.commit(_context(session, person), {"commit_id": uuid.uuid4().hex, "action": "undo"})
    session.opened, session.role = outcome.open, outcome.role
    session.notice, session.problem = outcome.notice, outcome.problem


def open_requested_photo(page: LabellingPage, person: Person) -> bool:
    """Open the photo that the address asks for, if any; False when the catalogue has no such photo."""
    wanted = st.query_params.get(PHOTO)
    if wanted is None:
        return True
    photo = queues.photo_named(wanted)
    if photo is None:
        return False
    session = _session_of(page)
    session.opened = photo.sha256
    session.role = "reviewer" if REVIEW in st.query_params and person.may_review else "annotator"
    for parameter in (PHOTO, REVIEW):
        st.query_params.pop(parameter, None)
    return True


def start_over(page: LabellingPage, person: Person) -> None:
    """Give back this tab's leases, so that the next photos come from the queue in its present order."""
    session = _session_of(page)
    session.opened = None
    for lease in (session.lease, session.lease_of_opened):
        services.store().annotation.release(page.kind, person.name, lease)


def channel(page: LabellingPage, person: Person, claim: Claim, pace: Pace) -> CommitChannel:
    """The channel by which the page's component sends this person's commits and learns what became of them."""
    session = _session_of(page)
    return CommitChannel(
        key=page.component,
        on_commit=lambda: _committed(page, person),
        saved=session.saved,
        problem=session.problem,
        undoable=pace.decisions > 0 or claim.skipped > 0,
    )


def show_outcome(page: LabellingPage) -> None:
    """Show the notice of the last commit once, and its problem for as long as it lasts."""
    session = _session_of(page)
    if session.notice:
        st.toast(plain(session.notice))
        session.notice = None
    if session.problem:
        st.warning(plain(session.problem), icon=":material/sync_problem:")


def _context(session: LabellingSession, person: Person) -> CommitContext:
    return CommitContext(services.store().annotation, queues.photos(), person, session.lease_of_opened)


def _session_of(page: LabellingPage) -> LabellingSession:
    session: LabellingSession = st.session_state.setdefault(f"{page.kind}-session", LabellingSession())
    return session
