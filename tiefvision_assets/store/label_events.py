"""The table of label events, which only ever grows, and the queries that say which labels still stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    insert,
    select,
)

Kind = Literal["box", "triplet"]
Role = Literal["annotator", "reviewer"]
Source = Literal["app", "import", "demo"]

LOOKUP_CHUNK = 1_000
"""Photos that one query asks for; SQLite allows 32,766 parameters, PostgreSQL 65,535."""

METADATA = MetaData()
EVENTS = Table(
    "label_event",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String, nullable=False, comment="box | triplet"),
    Column("sha256", String, nullable=False, comment="the photo, or the triplet's reference"),
    Column("payload", JSON(none_as_null=True), comment="coordinates, or the three photos; none for an undo"),
    Column("action", String, nullable=False, comment="label | undo"),
    Column("annotator", String, nullable=False),
    Column("role", String, nullable=False, comment="annotator | reviewer"),
    Column("source", String, nullable=False, comment="app | import | demo"),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("seconds", Float, comment="time that the label took"),
    Column("reverts", ForeignKey("label_event.id"), unique=True, comment="the label that an undo reverts"),
    Index("label_event_content", "kind", "sha256"),
)


@dataclass(frozen=True)
class Author:
    """Who decides, as what, and through which door; the columns that the events of one transaction share."""

    annotator: str
    role: Role
    source: Source
    seconds: float | None = None


@dataclass
class PendingEvents:
    """Events of one kind by one author, gathered to be inserted together."""

    kind: Kind
    author: Author
    rows: list[dict[str, Any]] = field(default_factory=list)

    def label(self, sha256: str, payload: dict[str, Any]) -> None:
        """Add a label of the photo ``sha256``."""
        self._add(sha256, payload, "label", None)

    def undo(self, sha256: str, event_id: int) -> None:
        """Add the undoing of the label ``event_id`` of the photo ``sha256``."""
        self._add(sha256, None, "undo", event_id)

    def insert(self, connection: Connection) -> int:
        """Write the events in the order they were added; returns how many."""
        if self.rows:
            connection.execute(insert(EVENTS), self.rows)
        return len(self.rows)

    def _add(self, sha256: str, payload: dict[str, Any] | None, action: str, reverts: int | None) -> None:
        author = vars(self.author)
        row = {"kind": self.kind, "sha256": sha256, "payload": payload, "action": action, "reverts": reverts}
        self.rows.append({**row, **author, "created_at": datetime.now(UTC)})


def standing(kind: Kind) -> Select[Any]:
    """All labels of one kind that were not undone."""
    undo = EVENTS.alias("undo")
    undone = select(undo.c.id).where(undo.c.reverts == EVENTS.c.id).exists()
    return select(EVENTS).where(EVENTS.c.kind == kind, EVENTS.c.action == "label", ~undone)


def standing_of(connection: Connection, kind: Kind, photos: Iterable[str]) -> Iterator[Row[Any]]:
    """The standing labels of one kind whose photo is among ``photos`` (sha256); of one photo the oldest first."""
    wanted = sorted(set(photos))
    for start in range(0, len(wanted), LOOKUP_CHUNK):
        among = EVENTS.c.sha256.in_(wanted[start : start + LOOKUP_CHUNK])
        yield from connection.execute(standing(kind).where(among).order_by(EVENTS.c.id))


def frame_of(events: Sequence[Row[Any]], content: dict[str, str], sort_by: list[str]) -> pd.DataFrame:
    """Columns event_id, sha256, those of the payload (``content``: name to dtype), annotator, source, created_at."""
    frame = pd.DataFrame.from_records(
        [(e.id, e.sha256, *(e.payload[name] for name in content), e.annotator, e.source, e.created_at) for e in events],
        columns=["event_id", "sha256", *content, "annotator", "source", "created_at"],
    )
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True).astype("datetime64[us, UTC]")
    dtypes = {"event_id": "int64", "sha256": "str", "annotator": "str", "source": "str", **content}
    return frame.astype(dtypes).sort_values(sort_by, ignore_index=True)
