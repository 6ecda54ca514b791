"""What people mark on photos: a star, which is each person's own; tags and a note, which all share.

They belong to a content: a photo that is renamed keeps them, one whose content changed has none. They are no labels:
nothing trains on them. Two further marks, which all share as well, say what becomes of a photo's labels: that they are
left out of training (``excluded``), and that it is labelled before others (``next``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.events import LOOKUP_CHUNK
from tiefvision_assets.store.labels.schema import MARKS

Shared = Literal["excluded", "next"]
LONGEST_TAG = 40
LONGEST_NOTE = 2000
MOST_TAGS = 50
"""Of one photo."""


class BadMark(TiefVisionError):
    """A tag or a note that cannot be kept."""


class NoteChanged(BadMark):
    """A note that somebody else wrote while this one was being written."""

    def __init__(self, note: str, note_by: str) -> None:
        who = note_by or "Somebody"
        did = f"wrote “{note}”" if note else "removed the note"
        super().__init__(f"{who} {did} meanwhile; save once more to replace that by your note.")
        self.note, self.note_by = note, note_by


@dataclass(frozen=True)
class Marked:
    """What is marked on one photo."""

    starred: bool = False
    """By the person who asks."""
    tags: tuple[str, ...] = ()
    note: str = ""
    note_by: str = ""


class Marks:
    """The marks in the label database; every method raises `LabelDatabaseError` when that cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, photos: Iterable[str], person: str) -> dict[str, Marked]:
        """What is marked on these photos, by sha256, with that person's stars; photos without marks are left out."""
        wanted = sorted(set(photos))
        rows: list[Row[Any]] = []
        with self._database.reading() as connection:
            for start in range(0, len(wanted), LOOKUP_CHUNK):
                among = MARKS.c.sha256.in_(wanted[start : start + LOOKUP_CHUNK])
                shown = select(MARKS).where(among, or_(MARKS.c.kind != "star", MARKS.c.owner == person))
                rows += connection.execute(shown.order_by(MARKS.c.name)).all()
        found: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            found[row.sha256].append(row)
        return {sha256: _marked(marks) for sha256, marks in found.items()}

    def starred(self, person: str) -> list[str]:
        """The photos that the person starred, the newest star first."""
        return self._photos(MARKS.c.kind == "star", MARKS.c.owner == person)

    def tagged(self, tag: str) -> list[str]:
        """The photos with that tag, the newest first."""
        return self._photos(MARKS.c.kind == "tag", MARKS.c.name == tag)

    def noted(self) -> list[str]:
        """The photos with a note, the newest first."""
        return self._photos(MARKS.c.kind == "note")

    def tags(self) -> dict[str, int]:
        """How many photos have each tag; by the tag's name."""
        counted = select(MARKS.c.name, func.count()).where(MARKS.c.kind == "tag")
        with self._database.reading() as connection:
            found = connection.execute(counted.group_by(MARKS.c.name).order_by(MARKS.c.name)).all()
        return {row[0]: row[1] for row in found}

    def mark(
        self,
        sha256: str,
        person: str,
        *,
        starred: bool,
        tags: Collection[str] | None,
        note: str | None,
        seen: Marked | None = None,
    ) -> None:
        """Let the photo be marked so; tags and note stay as they are where None is given.

        ``seen`` is what the person saw before: only what differs from it is written, so that what others marked
        meanwhile stays. Raises `BadMark` for tags and notes that are too long, or too many, and `NoteChanged` where
        both wrote a note.
        """
        names = None if tags is None else {name: None for tag in tags if (name := " ".join(tag.split()))}
        text = None if note is None else note.strip()
        _check(names or (), text or "")

        def write(connection: Connection) -> None:
            if seen is None or starred != seen.starred:
                _replace(connection, sha256, person, "star", [("", "")] if starred else [], owner=person)
            if names is not None:
                wanted: Collection[str] = (
                    names if seen is None else _merged(_now(connection, sha256).tags, seen.tags, names)
                )
                _check(wanted, "")
                _replace(connection, sha256, person, "tag", [(name, "") for name in wanted])
            if text is not None and (seen is None or text != seen.note):
                now = _now(connection, sha256)
                if seen is not None and now.note not in (seen.note, text):
                    raise NoteChanged(now.note, now.note_by)
                _replace(connection, sha256, person, "note", [("", text)] if text else [])

        self._database.written(write)

    def stamp(self, kind: Literal["tag"] | Shared) -> str:
        """A text that changes whenever such a mark is made or taken off; empty where there is none."""
        counted = select(func.count(), func.max(MARKS.c.made_at)).where(MARKS.c.kind == kind)
        with self._database.reading() as connection:
            number, newest = connection.execute(counted).one()
        return f"{number} {newest}" if number else ""

    def with_mark(self, kind: Shared) -> list[str]:
        """The photos that are to be left out of training, or labelled next; the newest first."""
        return self._photos(MARKS.c.kind == kind)

    def mark_all(
        self, photos: Iterable[str], kind: Literal["tag"] | Shared, person: str, *, name: str = "", on: bool = True
    ) -> int:
        """Give all these photos a tag of that ``name``, or another mark, or take it off; returns how many it changed.

        All or none. Raises `BadMark` for a tag that is too long or empty, and where a photo would have too many.
        """
        name = " ".join(name.split())
        if (kind == "tag") != bool(name):
            raise BadMark("A tag needs a name; write one.")
        _check([name], "")
        wanted = sorted(set(photos))

        def write(connection: Connection) -> int:
            changed = 0
            for start in range(0, len(wanted), LOOKUP_CHUNK):
                among = MARKS.c.sha256.in_(wanted[start : start + LOOKUP_CHUNK])
                have = select(MARKS.c.sha256).where(among, MARKS.c.kind == kind, MARKS.c.name == name)
                known = set(connection.execute(have).scalars())
                if on:
                    changed += _added(connection, wanted[start : start + LOOKUP_CHUNK], known, kind, name, person)
                elif known:
                    connection.execute(delete(MARKS).where(among, MARKS.c.kind == kind, MARKS.c.name == name))
                    changed += len(known)
            return changed

        return self._database.written(write)

    def _photos(self, *conditions: ColumnElement[bool]) -> list[str]:
        query = select(MARKS.c.sha256).where(*conditions).order_by(MARKS.c.made_at.desc(), MARKS.c.sha256)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())


def _added(connection: Connection, photos: list[str], known: Collection[str], kind: str, name: str, person: str) -> int:
    """Give the mark to those photos that have it not; returns how many these are."""
    new = [sha256 for sha256 in photos if sha256 not in known]
    if kind == "tag" and new:
        tags = select(func.count()).where(MARKS.c.kind == "tag", MARKS.c.sha256.in_(new)).group_by(MARKS.c.sha256)
        _check_number(1 + max(connection.execute(tags).scalars(), default=0))
    row = {"kind": kind, "name": name, "owner": "", "text": "", "made_by": person, "made_at": datetime.now(UTC)}
    if new:
        connection.execute(insert(MARKS), [{"sha256": sha256, **row} for sha256 in new])
    return len(new)


def _marked(rows: Iterable[Row[Any]]) -> Marked:
    by_kind: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    note = next(((row.text, row.made_by) for row in by_kind["note"]), ("", ""))
    return Marked(bool(by_kind["star"]), tuple(row.name for row in by_kind["tag"]), *note)


def _now(connection: Connection, sha256: str) -> Marked:
    """What all share of the photo's marks, in this transaction."""
    shared = select(MARKS).where(MARKS.c.sha256 == sha256, MARKS.c.kind != "star")
    return _marked(connection.execute(shared).all())


def _merged(now: Collection[str], seen: Collection[str], wanted: Collection[str]) -> list[str]:
    """The tags of now without those that the person removed from what was seen, and with those added to it."""
    removed, added = set(seen) - set(wanted), set(wanted) - set(seen)
    return sorted(set(now) - removed | added)


def _check(tags: Collection[str], note: str) -> None:
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise BadMark(f"The tag {tag[:20]!r}… is longer than {LONGEST_TAG} characters; write a shorter one.")
    _check_number(len(tags))
    if len(note) > LONGEST_NOTE:
        raise BadMark(f"The note is longer than {LONGEST_NOTE:,} characters; write a shorter one.")


def _check_number(tags: int) -> None:
    if tags > MOST_TAGS:
        raise BadMark(f"{tags} tags are too many for one photo; keep at most {MOST_TAGS}.")


def _replace(
    connection: Connection, sha256: str, person: str, kind: str, wanted: list[tuple[str, str]], owner: str = ""
) -> None:
    """Let the photo have just these marks (name, text) of one kind; those that stay keep who made them, and when."""
    mine = (MARKS.c.sha256 == sha256, MARKS.c.kind == kind, MARKS.c.owner == owner)
    known = {(row.name, row.text) for row in connection.execute(select(MARKS).where(*mine))}
    for name, _ in known - set(wanted):
        connection.execute(delete(MARKS).where(*mine, MARKS.c.name == name))
    now = datetime.now(UTC)
    for name, text in wanted:
        if (name, text) not in known:
            row = {"name": name, "text": text, "made_by": person, "made_at": now}
            connection.execute(insert(MARKS).values(sha256=sha256, kind=kind, owner=owner, **row))
