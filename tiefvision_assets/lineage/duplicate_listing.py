"""The groups of the served index as the command line, the API and the app list them, with how their photos differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from tiefvision_assets.lineage.duplicate_decisions import UnknownGroup
from tiefvision_assets.lineage.duplicates import (
    Alike,
    Copy,
    Group,
    GroupedPhoto,
    alike_in,
    group_of,
    groups_in,
    taken_out_of,
    told_apart_in,
)
from tiefvision_assets.store.hidden import hidden_rows
from tiefvision_assets.store.index import IndexVersion, NoIndex
from tiefvision_assets.store.labels.duplicates import Decisions, State
from tiefvision_assets.store.store import Store

Show = Literal["open", "decided", "apart"]
SHOWS: tuple[Show, ...] = get_args(Show)
"""Groups about which nobody decided everything yet; those that were decided; photos that are not the same shot."""


@dataclass(frozen=True)
class Groups:
    """The groups at one time."""

    index: IndexVersion
    alike: Alike
    decisions: Decisions
    all: tuple[Group, ...]
    """Those of photos that are alike, then those that are groups only because one was hidden in favour of another."""
    apart: tuple[Group, ...]
    hidden: frozenset[str]
    """The image_ids of photos that are hidden."""

    def shown(self, show: Show) -> list[Group]:
        """Those of one kind."""
        if show == "apart":
            return list(self.apart)
        groups = [group for group in self.all if group.is_decided == (show == "decided")]
        return sorted(groups, key=lambda group: min(photo.copies[0].path for photo in group.photos))

    def named(self, name: str) -> Group:
        """The group of that id, or with the photo of that image_id or path; `UnknownGroup` where there is none.

        A photo about which something is decided can be named though it is in no group any more: it is one by itself.
        """
        for group in (*self.all, *self.apart):
            if name == group.id or any(name in (copy.image_id, copy.path) for _, copy in entries_of(group)):
                return group
        entries = self.index.entries
        contents = entries["sha256"][(entries["image_id"] == name) | (entries["path"] == name)]
        if len(contents) and contents.iloc[0] in self.decisions.choices:
            return group_of(self.index, self.alike, [contents.iloc[0]], self.decisions)
        raise UnknownGroup(f"{name!r} names no group of duplicates; `tiefvision duplicates list` lists them.")

    def again(self, group: Group) -> Group:
        """That group of an earlier time as it is now, be its photos a group still or not."""
        same = (one for one in (*self.all, *self.apart) if one.id == group.id)
        return next(same, None) or group_of(self.index, self.alike, group.contents, self.decisions)


class DuplicateGroups:
    """The groups of what is served, looked for anew only where that, or what is decided, has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[State, Groups] | None = None

    def now(self) -> Groups:
        """The groups now; raises `NoIndex` before the first index."""
        version = self._store.served.read().index.get("unsupervised")
        if version is None:
            raise NoIndex("Duplicates are found by an index, and there is none; run `tiefvision run`.")
        state, known = self._store.duplicates.state(), self._known
        is_same = known is not None and known[1].index.folder.name == version
        if known is not None and is_same and known[0] == state:
            return known[1]
        decisions = self._store.duplicates.read()
        if known is not None and is_same:
            index, alike = known[1].index, known[1].alike
        else:
            index = self._store.indexes.open("unsupervised", version).load()
            alike = alike_in(index)
        mask = hidden_rows(index.entries, decisions.choices)
        groups = groups_in(index, alike, decisions)
        found = Groups(
            index,
            alike,
            decisions,
            (*groups, *taken_out_of(index, alike, decisions, groups)),
            tuple(told_apart_in(index, alike, decisions)),
            frozenset(() if mask is None else index.entries["image_id"][mask]),
        )
        self._known = state, found
        return found


def entries_of(group: Group) -> list[tuple[GroupedPhoto, Copy]]:
    """Every copy of every photo of a group."""
    return [(photo, copy) for photo in group.photos for copy in photo.copies]


def documents(store: Store, found: Groups, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """These groups as JSON has them: a row for every file, with all in which it may differ from the others."""
    paths = {copy.path for group in groups for _, copy in entries_of(group)}
    live = store.catalogue.live()
    live = live[live["path"].isin(paths)]
    modified = dict(zip(live["path"], live["mtime_ns"], strict=True))
    marks = store.marks.of([content for group in groups for content in group.contents], "")
    return [
        {
            "group": group.id,
            "state": state_of(group),
            "similarity": round(group.similarity, 4),
            "photos": [
                {
                    "image_id": copy.image_id,
                    "path": copy.path,
                    "sha256": photo.sha256,
                    "width": photo.width,
                    "height": photo.height,
                    "bytes": photo.bytes,
                    "modified": _time(modified.get(copy.path)),
                    "tags": list(marks[photo.sha256].tags) if photo.sha256 in marks else [],
                    "hidden": copy.image_id in found.hidden,
                }
                for photo, copy in entries_of(group)
            ],
        }
        for group in groups
    ]


def state_of(group: Group) -> str:
    """``open``, ``decided``, or ``by rule``."""
    if not group.is_decided:
        return "open"
    return "by rule" if group.by_rule else "decided"


def _time(mtime_ns: int | None) -> str | None:
    return None if mtime_ns is None else datetime.fromtimestamp(mtime_ns // 10**9, UTC).isoformat()
