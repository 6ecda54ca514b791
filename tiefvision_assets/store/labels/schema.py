"""The tables of the label database: events, which are only ever appended, leases, which come and go, and its id."""

from __future__ import annotations

import uuid
from typing import Any, Literal

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
    String,
    Table,
    event,
)

Kind = Literal["box", "triplet"]
Capacity = Literal["annotator", "reviewer"]
Source = Literal["app", "import", "demo"]
Action = Literal["label", "absent", "tie", "skip", "undo"]
"""label: a box or triplet; absent: the photo shows no object; tie: both are equally close to the reference; skip: the
annotator does not decide; undo: the event in ``reverts`` does not count any more."""
Method = Literal["accepted", "adjusted", "drawn", "extreme"]
"""How a box was made: the model's unchanged, the model's moved, drawn by dragging, or by four extreme clicks."""

METADATA = MetaData()
EVENTS = Table(
    "label_event",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String, nullable=False, comment="box | triplet"),
    Column("sha256", String, nullable=False, comment="the photo, or the triplet's reference"),
    Column("payload", JSON(none_as_null=True), comment="coordinates, or the three photos; none where there are none"),
    Column("action", String, nullable=False, comment="label | absent | tie | skip | undo"),
    Column("annotator", String, nullable=False),
    Column("role", String, nullable=False, comment="annotator | reviewer"),
    Column("source", String, nullable=False, comment="app | import | demo"),
    Column("created_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("seconds", Float, comment="time that the label took"),
    Column("reverts", ForeignKey("label_event.id"), unique=True, comment="the event that an undo reverts"),
    Column("commit_id", String, comment="made by the browser: a commit that is sent again is written once"),
    Column("method", String, comment="accepted | adjusted | drawn | extreme"),
    Column("session", String, comment="the labelling session in which it was decided, whose undo takes it back"),
    Index("label_event_content", "kind", "sha256"),
    Index("label_event_annotator", "kind", "annotator"),
    Index("label_event_commit", "commit_id", unique=True),
)
LEASES = Table(
    "label_lease",
    METADATA,
    Column("kind", String, primary_key=True, comment="box | triplet"),
    Column("sha256", String, primary_key=True, comment="the photo that is shown to the annotator"),
    Column("annotator", String, primary_key=True),
    Column("session", String, nullable=False, comment="the browser tab that shows it"),
    Column("place", Integer, nullable=False, comment="0 is shown, 1 comes next"),
    Column("expires", Float, nullable=False, comment="seconds since 1970, UTC"),
)
DATABASE = Table(
    "label_database",
    METADATA,
    Column("id", String, primary_key=True, comment="made once: browsers tell by it for which database a commit is"),
)


@event.listens_for(DATABASE, "after_create")
def _named(table: Table, connection: Connection, **_options: Any) -> None:
    connection.execute(table.insert().values(id=uuid.uuid4().hex))
