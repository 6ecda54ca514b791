"""Label events: appending them in order, and selecting those that stand (were not undone)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, Select, insert, select

from tiefvision_assets.store.labels.schema import EVENTS, Action, Capacity, Kind, Method, Source, Way

BOX_DECISIONS: tuple[Action, Action] = ("label", "absent")
"""The actions that decide a photo's box; the newest counts, but a reviewer's takes precedence."""
LOOKUP_CHUNK = 1_000
"""Number of photos in one query; SQLite allows 32,766 parameters, PostgreSQL 65,535."""


@dataclass(frozen=True)
class Author:
    """Who decides, in which capacity and from which source: the columns that all events of a transaction share."""

    annotator: str
    role: Capacity
    source: Source
    seconds: float | None = None
    commit_id: str | None = None
    method: Method | Way | None = None
    session: str | None = None


@dataclass
class PendingEvents:
    """Events of one kind by one author, collected to be inserted together."""

    kind: Kind
    author: Author
    rows: list[dict[str, Any]] = field(default_factory=list)

    def label(self, sha256: str, payload: dict[str, Any]) -> None:
        """Add a label of the photo ``sha256``."""
        self._add(sha256, payload, "label", None)

    def decide(self, sha256: str, action: Action, payload: dict[str, Any] | None) -> None:
        """Add a decision about the photo ``sha256``: a label, or none."""
        self._add(sha256, payload, action, None)

    def undo(self, sha256: str, event_id: int) -> None:
        """Add an undo of the event ``event_id``, which is about the photo ``sha256``."""
        self._add(sha256, None, "undo", event_id)

    def insert(self, connection: Connection) -> int:
        """Write the events in the order they were added; returns how many."""
        if self.rows:
            connection.execute(insert(EVENTS), self.rows)
        return len(self.rows)

    def _add(self, sha256: str, payload: dict[str, Any] | None, action: Action, reverts: int | None) -> None:
        author = vars(self.author)
        row = {"kind": self.kind, "sha256": sha256, "payload": payload, "action": action, "reverts": reverts}
        self.rows.append({**row, **author, "created_at": datetime.now(UTC)})


IS_LABEL = EVENTS.c.source != "gold"
"""Whether an event is more than an answer to a question whose answer was known."""


def standing(kind: Kind, actions: Sequence[Action] = ("label",)) -> Select[Any]:
    """Query of all events of one kind with one of these actions that were not undone."""
    undo = EVENTS.alias("undo")
    undone = select(undo.c.id).where(undo.c.reverts == EVENTS.c.id).exists()
    return select(EVENTS).where(EVENTS.c.kind == kind, EVENTS.c.action.in_(actions), ~undone)


def standing_of(
    connection: Connection, kind: Kind, photos: Iterable[str], actions: Sequence[Action] = ("label",)
) -> Iterator[Row[Any]]:
    """The standing events of one kind about these ``photos`` (sha256); the oldest first for each photo."""
    wanted = sorted(set(photos))
    for start in range(0, len(wanted), LOOKUP_CHUNK):
        among = EVENTS.c.sha256.in_(wanted[start : start + LOOKUP_CHUNK])
        yield from connection.execute(standing(kind, actions).where(among, IS_LABEL).order_by(EVENTS.c.id))


def frame_of(events: Sequence[Row[Any]], content: dict[str, str], sort_by: list[str]) -> pd.DataFrame:
    """The events as a frame: event_id, sha256, ``content`` (name → dtype of the payload), annotator, source,
    created_at."""
    frame = pd.DataFrame.from_records(
        [(e.id, e.sha256, *(e.payload[name] for name in content), e.annotator, e.source, e.created_at) for e in events],
        columns=["event_id", "sha256", *content, "annotator", "source", "created_at"],
    )
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True).astype("datetime64[us, UTC]")
    dtypes = {"event_id": "int64", "sha256": "str", "annotator": "str", "source": "str", **content}
    return frame.astype(dtypes).sort_values(sort_by, ignore_index=True)
