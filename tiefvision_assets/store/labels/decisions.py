"""An annotator's decision about one photo, with an id that the browser made for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.schema import Action, Kind, Method, Way
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel

ALL_ACTIONS: tuple[Action, ...] = ("label", "absent", "tie", "skip")
"""All actions that can be undone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; it is recorded once, however often its ``commit_id`` arrives."""

    commit_id: str
    kind: Kind
    sha256: str
    """The photo, or the triplet's reference."""
    action: Action
    label: BoxLabel | TripletLabel | None = None
    method: Method | Way | None = None

    @classmethod
    def box(cls, commit_id: str, label: BoxLabel, method: Method) -> Self:
        """The box of the object."""
        return cls(commit_id, "box", label.sha256, "label", label, method)

    @classmethod
    def absent(cls, commit_id: str, sha256: str) -> Self:
        """The photo shows no object: it leaves the queue and has no live box, but stays in the catalogue."""
        return cls(commit_id, "box", sha256, "absent")

    @classmethod
    def triplet(cls, commit_id: str, label: TripletLabel, way: Way | None = None) -> Self:
        """The reference looks more like the positive than like the negative."""
        return cls(commit_id, "triplet", label.reference, "label", label, way)

    @classmethod
    def tie(cls, commit_id: str, reference: str, pair: TripletLabel | None = None, way: Way | None = None) -> Self:
        """Too close to call between these two photos, or among all that were shown; no triplet results."""
        return cls(commit_id, "triplet", reference, "tie", pair, way)

    @classmethod
    def skip(cls, commit_id: str, kind: Kind, sha256: str, way: Way | None = None) -> Self:
        """The annotator does not decide and is not given that photo again; others are."""
        return cls(commit_id, kind, sha256, "skip", method=way)


def label_of(kind: Kind, payload: dict[str, Any] | None) -> Box | TripletLabel | None:
    """The label that an event's payload stands for; None where the decision names none."""
    if payload is None:
        return None
    return Box(**payload) if kind == "box" else TripletLabel(**payload)
