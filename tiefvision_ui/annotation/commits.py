"""Commits as the browser sends them: checked, recorded, and answered. Nothing here draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.schema import Kind, Method, Role
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_ui.access.people import Person
from tiefvision_ui.values import Photo, box_of, name_of

LONGEST_ID = 64


class BadCommit(TiefVisionError):
    """A commit that can never be recorded."""


@dataclass(frozen=True)
class Outcome:
    """What became of a commit."""

    saved: str | None
    """Its id, when there is no need to send it again."""
    open: str | None = None
    """A photo (sha256) to be shown next, instead of the queue's."""
    role: Role = "annotator"
    """As what that photo is to be decided about."""
    notice: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Desk:
    """Where an annotator sits: who, in which browser tab, over which photos."""

    annotation: Annotation
    photos: Mapping[str, Photo]
    person: Person
    session: str


def box_commit(desk: Desk, sent: Mapping[str, Any]) -> Outcome:
    """Record a commit of the box editor; see `tiefvision_ui.components.box_editor` for what it holds."""
    return _answered(desk, "box", sent, _box_decision)


def triplet_commit(desk: Desk, sent: Mapping[str, Any]) -> Outcome:
    """Record a commit of the triplet grid; see `tiefvision_ui.components.triplet_grid` for what it holds."""
    return _answered(desk, "triplet", sent, _triplet_decision)


def _answered(
    desk: Desk, kind: Kind, sent: Mapping[str, Any], decision: Callable[[Desk, str, Mapping[str, Any]], Decision]
) -> Outcome:
    commit_id = sent.get("commit_id")
    if not (isinstance(commit_id, str) and 0 < len(commit_id) <= LONGEST_ID):
        return Outcome(None, problem="The browser sent something that is no commit; reload the page.")
    try:
        if not desk.person.may_label:
            raise BadCommit("Labels need a name: enter yours in the sidebar.")
        match sent.get("action"):
            case "undo":
                return _undone(desk, kind, commit_id)
            case "resume":
                photo = _photo(desk, sent.get("photo"))
                desk.annotation.take(kind, photo.sha256, desk.person.name, desk.session)
                return Outcome(commit_id, open=photo.sha256, role=_role(desk, sent.get("role")))
            case "remove":
                return _removed(desk, commit_id, sent)
        desk.annotation.commit(
            decision(desk, commit_id, sent),
            annotator=desk.person.name,
            role=_role(desk, sent.get("role")),
            seconds=_seconds(sent.get("seconds")),
        )
        return Outcome(commit_id)
    except LabelDatabaseError as error:
        return Outcome(None, problem=f"Not saved yet, and tried again: {error}")
    except TiefVisionError as error:
        return Outcome(commit_id, problem=str(error))


def _box_decision(desk: Desk, commit_id: str, sent: Mapping[str, Any]) -> Decision:
    photo = _photo(desk, sent.get("photo"))
    match sent.get("action"):
        case "save":
            label = BoxLabel(photo.sha256, _box(photo, sent.get("box")))
            return Decision.box(commit_id, label, _method(sent.get("method")))
        case "absent":
            return Decision.absent(commit_id, photo.sha256)
        case "skip":
            return Decision.skip(commit_id, "box", photo.sha256)
    raise BadCommit("The browser asked for something unknown; reload the page.")


def _triplet_decision(desk: Desk, commit_id: str, sent: Mapping[str, Any]) -> Decision:
    reference = _photo(desk, sent.get("photo")).sha256
    match sent.get("action"):
        case "save":
            return Decision.triplet(commit_id, _triplet(desk, sent))
        case "tie":
            chosen = sent.get("positive") is not None and sent.get("negative") is not None
            return Decision.tie(commit_id, reference, _triplet(desk, sent) if chosen else None)
        case "skip":
            return Decision.skip(commit_id, "triplet", reference)
    raise BadCommit("The browser asked for something unknown; reload the page.")


def _undone(desk: Desk, kind: Kind, commit_id: str) -> Outcome:
    undone = desk.annotation.undo_last(commit_id, kind, annotator=desk.person.name)
    if undone is None:
        return Outcome(commit_id, notice="There is nothing of yours to take back.")
    photo = desk.photos.get(undone.sha256)
    if photo is None:
        return Outcome(commit_id, notice="Taken back; that photo is no longer in the catalogue.")
    desk.annotation.take(kind, photo.sha256, desk.person.name, desk.session)
    role = _role(desk, undone.role)
    return Outcome(commit_id, open=photo.sha256, role=role, notice=f"Taken back: {name_of(photo.path)}")


def _removed(desk: Desk, commit_id: str, sent: Mapping[str, Any]) -> Outcome:
    label = _triplet(desk, sent)
    desk.annotation.remove_triplet(label, annotator=desk.person.name)
    return Outcome(commit_id, open=label.reference, notice="Triplet removed")


def _role(desk: Desk, wanted: object) -> Role:
    """A reviewer's only of whoever may review, and says so; the page may have changed hands since it was drawn."""
    return "reviewer" if wanted == "reviewer" and desk.person.may_review else "annotator"


def _photo(desk: Desk, sha256: object) -> Photo:
    photo = desk.photos.get(sha256) if isinstance(sha256, str) else None
    if photo is None:
        raise BadCommit("That photo is no longer in the catalogue; go on with the next one.")
    return photo


def _triplet(desk: Desk, sent: Mapping[str, Any]) -> TripletLabel:
    return TripletLabel(*(_photo(desk, sent.get(name)).sha256 for name in ("photo", "positive", "negative")))


def _box(photo: Photo, sides: object) -> Box:
    box = box_of(sides)
    if box is None:
        raise BadCommit("The browser sent a box that is none; draw it again.")
    return box.clipped(photo.width, photo.height)


def _method(method: object) -> Method:
    return cast(Method, method) if method in get_args(Method) else "drawn"


def _seconds(seconds: object) -> float | None:
    if isinstance(seconds, int | float) and math.isfinite(seconds) and seconds >= 0:
        return float(seconds)
    return None
