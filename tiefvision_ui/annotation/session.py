"""The labelling session of a browser tab: which photo it shows next, and what it hears of the tab's commits.

Shared by the pages Boxes and Triplets. Commits themselves come over `tiefvision_ui.http.commits`. What these pages say
about progress, and when no photo is left, is in `tiefvision_ui.annotation.messages`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import streamlit as st

from tiefvision_assets.store.labels.annotation import Claim
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.history import Pace
from tiefvision_assets.store.labels.schema import Kind
from tiefvision_ui import services
from tiefvision_ui.access.login import login_wanted
from tiefvision_ui.access.people import Person
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.commits import CommitContext, Opened, Outcome, aside, capacity_of, id_in
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
    coming: int
    """How many photos are known ahead, to be decided about while those before are being saved."""


@dataclass(frozen=True)
class Task:
    """The photo to show now, None where there is none, and those after it, with how the person is getting on."""

    photo: Photo | None
    coming: tuple[Photo, ...]
    claim: Claim
    pace: Pace
    database: str
    """The id of the label database."""
    opened: Opened | None = None
    """How the photo was opened, if it is shown out of turn: by the address, or because its decision was taken back."""
    undoable: str | None = None
    """The commit of the session's newest decision, which undo takes back."""
    heard: str | None = None
    """The commit up to which this is known."""


@dataclass
class LabellingSession:
    """The state of one labelling page in one browser tab."""

    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The id under which the photos of the queue are leased, and decisions recorded; the tab's own once it is heard."""
    opened: Opened | None = None
    """A photo to show instead of the next one of the queue."""
    heard: str | None = None
    problem: str | None = None
    notice: str | None = None
    shown: Task | None = None
    """The task that was shown last, for as long as the database cannot be reached."""
    trouble: str | None = None
    """Why it cannot be reached."""


def next_task(page: LabellingPage, person: Person, queue: Queue) -> Task:
    """Lease the next photos to this tab, and return what the annotator should label now.

    While the database is busy or out of reach, it is what was shown before, so that nobody loses what they are drawing.
    Raises `LabelDatabaseError` where nothing was.
    """
    session = _session_of(page)
    try:
        session.shown = _task(page, person, queue, session)
        session.trouble = None
    except LabelDatabaseError as error:
        if session.shown is None:
            raise
        session.trouble = str(error)
    return session.shown


def _task(page: LabellingPage, person: Person, queue: Queue, session: LabellingSession) -> Task:
    photos, store = queues.photos(), services.store()
    opened = session.opened if session.opened and session.opened.photo in photos else None
    if opened:
        store.annotation.take(page.kind, opened.photo, person.name, aside(session.name))
    claim = store.annotation.claim(page.kind, queue, person.name, session.name, 1 + page.coming)
    # A scan may have removed a photo from the catalogue since the queue was made.
    given = [photos[sha256] for sha256 in claim.photos if sha256 in photos]
    if opened:
        given = [photos[opened.photo], *(photo for photo in given if photo.sha256 != opened.photo)]
    return Task(
        given[0] if given else None,
        tuple(given[1 : 1 + page.coming]),
        claim,
        store.history.pace(page.kind, person.name),
        store.labels.database_id(),
        opened,
        store.annotation.undoable(page.kind, annotator=person.name, session=session.name),
        session.heard,
    )


def _heard(page: LabellingPage, person: Person) -> None:
    """Take in the news that the page's component has just sent."""
    news = st.session_state[page.component].news
    if not isinstance(news, dict):
        return
    session = _session_of(page)
    name, heard = id_in(news.get("session")) or session.name, id_in(news.get("heard"))
    if name == session.name and heard is not None and heard == session.heard:
        return
    if name != session.name:
        _let_go(page, person)
        session.name = name
    done = news.get("done")
    if session.opened and isinstance(done, list) and session.opened.photo in done:
        session.opened = None
    session.opened = _opened(news.get("open"), person) or session.opened
    session.heard = heard or session.heard
    session.notice, session.problem = (_sentence(news.get(name)) for name in ("notice", "problem"))


def _opened(wanted: object, person: Person) -> Opened | None:
    """The photo that the browser asks to be opened; checked, since it comes from there."""
    if not isinstance(wanted, dict) or wanted.get("photo") not in queues.photos():
        return None
    draft = wanted.get("draft")
    return Opened(
        wanted["photo"],
        capacity_of(person, wanted.get("role")),
        wanted.get("undone") is True,
        draft if isinstance(draft, dict) else None,
    )


def _sentence(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def undo_last(page: LabellingPage, person: Person) -> None:
    """Take back the session's last decision and open its photo, where no task is shown from which to ask for it."""
    session = _session_of(page)
    context = CommitContext(services.store().annotation, queues.photos(), person, session.name)
    outcome = page.commit(context, {"commit_id": uuid.uuid4().hex, "action": "undo"})
    session.opened = outcome.open
    session.notice, session.problem = outcome.notice, outcome.problem


def bring_back_skipped(page: LabellingPage, person: Person) -> None:
    """Undo the person's skips, so that the photos are given again."""
    with _problem_kept(page):
        services.store().annotation.bring_back_skipped(page.kind, annotator=person.name)


def open_requested_photo(page: LabellingPage, person: Person) -> bool:
    """Open the photo that the address asks for, if any; False when the catalogue has no such photo."""
    wanted = st.query_params.get(PHOTO)
    if wanted is None:
        return True
    photo = queues.photo_named(wanted)
    if photo is None:
        return False
    role = "reviewer" if REVIEW in st.query_params else "annotator"
    _session_of(page).opened = Opened(photo.sha256, capacity_of(person, role))
    for parameter in (PHOTO, REVIEW):
        st.query_params.pop(parameter, None)
    return True


def start_over(page: LabellingPage, person: Person) -> None:
    """Give back this tab's leases, so that the next photos come from the queue in its present order."""
    _session_of(page).opened = None
    _let_go(page, person)


def _let_go(page: LabellingPage, person: Person) -> None:
    session = _session_of(page)
    with _problem_kept(page):
        for lease in (session.name, aside(session.name)):
            services.store().annotation.release(page.kind, person.name, lease)


@contextmanager
def _problem_kept(page: LabellingPage) -> Iterator[None]:
    """Keep the sentence of an error of the database, because a callback must not draw."""
    try:
        yield
    except LabelDatabaseError as error:
        _session_of(page).problem = str(error)


def channel(page: LabellingPage, person: Person, task: Task) -> CommitChannel:
    """The channel by which the page's component sends this person's commits and tells of them."""
    return CommitChannel(
        key=page.component,
        on_news=lambda: _heard(page, person),
        session=_session_of(page).name,
        database=task.database,
        person=person.name,
        logged_in=login_wanted(),
        heard=task.heard,
        undoable=task.undoable,
        opened=asdict(task.opened) if task.opened else None,
    )


def show_outcome(page: LabellingPage) -> None:
    """Show the notice of the last commit once, and its problem for as long as it lasts."""
    session = _session_of(page)
    if session.notice:
        st.toast(plain(session.notice))
        session.notice = None
    for problem in filter(None, (session.problem, session.trouble)):
        st.warning(plain(problem), icon=":material/sync_problem:")


def _session_of(page: LabellingPage) -> LabellingSession:
    session: LabellingSession = st.session_state.setdefault(f"{page.kind}-session", LabellingSession())
    return session
