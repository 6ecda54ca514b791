"""Checks the commits that browsers send, records them as decisions, and answers. Draws nothing.

They come over `tiefvision_ui.http.commits`, from the outbox of `tiefvision_ui.components`, which keeps and repeats each
until it is answered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.schema import Capacity, Kind, Method, Way
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.labels.undoing import Undone
from tiefvision_ui.access.people import Person
from tiefvision_ui.language.texts import _
from tiefvision_ui.values import Photo, box_of, name_of

LONGEST_ID = 64
_SHA256 = re.compile("[0-9a-f]{64}")


class BadCommit(TiefVisionError):
    """A commit that cannot be recorded, however often it is sent."""


@dataclass(frozen=True)
class Opened:
    """A photo to show next, instead of the next one of the queue."""

    photo: str
    """Its sha256; for triplets the reference's."""
    role: Capacity = "annotator"
    """The role in which it is decided about."""
    undone: bool = False
    """Whether a decision about it was taken back: nobody else's is then shown in its place."""
    draft: Mapping[str, Any] | None = None
    """What was decided, to go on from, in the form of the commit."""


@dataclass(frozen=True)
class Outcome:
    """What became of a commit."""

    saved: str | None
    """The id of the commit if it must not be sent again; None if it should be."""
    open: Opened | None = None
    notice: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class CommitContext:
    """Who sent a commit, and the photos that it may name."""

    annotation: Annotation
    photos: Mapping[str, Photo]
    person: Person
    session: str
    """The labelling session that sent it, a browser tab."""

    @property
    def aside(self) -> str:
        """The session id under which a photo is leased that is opened out of turn, so that the queue's leases stay."""
        return aside(self.session)


def aside(session: str) -> str:
    """The session id for the leases of photos that are opened out of turn in this session."""
    return f"{session} aside"


def box_commit(context: CommitContext, sent: Mapping[str, Any]) -> Outcome:
    """Record a commit of the box editor; see `tiefvision_ui.components.box_editor` for what it holds."""
    return _outcome(context, "box", sent, _box_decision)


def triplet_commit(context: CommitContext, sent: Mapping[str, Any]) -> Outcome:
    """Record a commit of the triplet grid; see `tiefvision_ui.components.triplet_grid` for what it holds."""
    return _outcome(context, "triplet", sent, _triplet_decision)


def _outcome(
    context: CommitContext,
    kind: Kind,
    sent: Mapping[str, Any],
    decision: Callable[[CommitContext, str, Mapping[str, Any]], Decision],
) -> Outcome:
    commit_id = id_in(sent.get("commit_id"))
    if commit_id is None:
        return Outcome(None, problem=_("The browser sent something that is no commit; reload the page."))
    if not context.photos:
        words = _("The catalogue is empty; check that the data folder is there, and that it is the right one.")
        return Outcome(None, problem=words)
    try:
        match sent.get("action"):
            case "undo":
                return _undo(context, kind, commit_id, id_in(sent.get("undoes")))
            case "remove":
                return _remove_triplet(context, commit_id, sent)
        context.annotation.commit(
            decision(context, commit_id, sent),
            annotator=context.person.name,
            role=capacity_of(context.person, sent.get("role")),
            seconds=_seconds(sent.get("seconds")),
            session=context.session,
        )
        gone = sent.get("photo") not in context.photos
        return Outcome(commit_id, notice=_("Saved; that photo is no longer in the catalogue.") if gone else None)
    except LabelDatabaseError as error:
        return Outcome(None, problem=str(error))
    except TiefVisionError as error:
        return Outcome(commit_id, problem=str(error))


def _box_decision(context: CommitContext, commit_id: str, sent: Mapping[str, Any]) -> Decision:
    sha256 = _content(sent.get("photo"))
    match sent.get("action"):
        case "save":
            label = BoxLabel(sha256, _box(context.photos.get(sha256), sent.get("box")))
            return Decision.box(commit_id, label, method_of(sent.get("method")))
        case "absent":
            return Decision.absent(commit_id, sha256)
        case "skip":
            return Decision.skip(commit_id, "box", sha256)
    raise BadCommit(_("The browser asked for something unknown; reload the page."))


def _triplet_decision(_context: CommitContext, commit_id: str, sent: Mapping[str, Any]) -> Decision:
    reference = _content(sent.get("photo"))
    # A browser that was open while the app was renewed names none: it shows the grid.
    way: Way = "quick" if sent.get("way") == "quick" else "grid"
    match sent.get("action"):
        case "save":
            return Decision.triplet(commit_id, _triplet(sent), way)
        case "tie":
            chosen = sent.get("positive") is not None and sent.get("negative") is not None
            return Decision.tie(commit_id, reference, _triplet(sent) if chosen else None, way)
        case "skip":
            return Decision.skip(commit_id, "triplet", reference, way)
    raise BadCommit(_("The browser asked for something unknown; reload the page."))


def _undo(context: CommitContext, kind: Kind, commit_id: str, undoes: str | None) -> Outcome:
    undone = context.annotation.undo_last(
        commit_id, kind, annotator=context.person.name, session=context.session, undoes=undoes
    )
    if undone is None:
        return Outcome(commit_id, notice=_("There is nothing of this tab's to take back; Review lists everything."))
    photo = context.photos.get(undone.sha256)
    if photo is None:
        return Outcome(commit_id, notice=_("Taken back; that photo is no longer in the catalogue."))
    context.annotation.take(kind, photo.sha256, context.person.name, context.aside)
    opened = Opened(photo.sha256, capacity_of(context.person, undone.role), undone=True, draft=_draft(undone))
    return Outcome(commit_id, open=opened, notice=_("Taken back: {name}", name=name_of(photo.path)))


def _draft(undone: Undone) -> dict[str, Any] | None:
    match undone.label:
        case None:
            return None
        case TripletLabel():
            return {"positive": undone.label.positive, "negative": undone.label.negative}
        case box:
            return {"box": list(box.as_tuple()), "method": method_of(undone.method or "adjusted")}


def _remove_triplet(context: CommitContext, commit_id: str, sent: Mapping[str, Any]) -> Outcome:
    label = _triplet(sent)
    context.annotation.remove_triplet(commit_id, label, annotator=context.person.name)
    return Outcome(commit_id, open=Opened(label.reference), notice=_("Triplet removed"))


def id_in(value: object) -> str | None:
    """An id that a browser made, if the value is one."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_ID else None


def capacity_of(person: Person, wanted: object) -> Capacity:
    """The role of a decision: reviewer only for those who may review, whatever the browser asks for."""
    return "reviewer" if wanted == "reviewer" and person.may_review else "annotator"


def _content(sha256: object) -> str:
    """The photo that a commit names. It may be none of the catalogue's: labels belong to the content, whatever the
    scans since have found, and hold again once it is back."""
    if isinstance(sha256, str) and _SHA256.fullmatch(sha256):
        return sha256
    raise BadCommit(_("The browser sent something that is no photo; go on with the next one."))


def _triplet(sent: Mapping[str, Any]) -> TripletLabel:
    return TripletLabel(*(_content(sent.get(name)) for name in ("photo", "positive", "negative")))


def _box(photo: Photo | None, sides: object) -> Box:
    box = box_of(sides)
    if box is None:
        raise BadCommit(_("The browser sent a box that is none; draw it again."))
    return box.clipped(photo.width, photo.height) if photo else box


def method_of(method: object) -> Method:
    """How a box was made, if the browser names a way; else by drawing."""
    return cast(Method, method) if method in get_args(Method) else "drawn"


def _seconds(seconds: object) -> float | None:
    if isinstance(seconds, int | float) and math.isfinite(seconds) and seconds >= 0:
        return float(seconds)
    return None
