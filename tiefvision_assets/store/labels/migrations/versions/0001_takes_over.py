"""Make the tables of the time when revisions began, or complete them in a database that was made before.

Before, each version of the program added what it found missing, so databases with any part of this exist.
"""

import uuid
from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Inspector,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    select,
)

revision = "0001"
down_revision = None

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


def upgrade() -> None:
    """Create the tables that are missing, then add missing columns, which allow NULL, and indexes to the others."""
    connection = op.get_bind()
    METADATA.create_all(connection)
    inspector = inspect(connection)
    for table in METADATA.sorted_tables:
        for column in _lacking_columns(inspector, table):
            op.add_column(table.name, Column(column.name, column.type))
        there = {index["name"] for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            if index.name not in there:
                index.create(connection)
    if not connection.execute(select(DATABASE)).first():
        connection.execute(DATABASE.insert().values(id=uuid.uuid4().hex))


def _lacking_columns(inspector: Inspector, table: Table) -> list[Column[Any]]:
    there = {column["name"] for column in inspector.get_columns(table.name)}
    return [column for column in table.columns if column.name not in there]
