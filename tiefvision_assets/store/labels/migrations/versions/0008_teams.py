"""Add what teams share: gold questions, comments, goals, queues, and up to when reviewers' decisions were seen."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, String

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables, and say where an event may come from; SQLite keeps no comments."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "label_event", "source", existing_type=String, comment="app | import | demo | gold", existing_nullable=False
        )
    op.create_table(
        "gold_question",
        Column("kind", String, primary_key=True, comment="box | triplet"),
        Column("sha256", String, primary_key=True, comment="the photo, or the triplet's reference"),
        Column("payload", JSON(none_as_null=True), comment="the known answer; none where there is no object"),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    )
    op.create_table(
        "photo_comment",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("sha256", String, nullable=False, index=True, comment="the photo"),
        Column("text", String, nullable=False),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
        Column("commit_id", String, unique=True, comment="made by the page: what is sent again is written once"),
    )
    op.create_table(
        "label_goal",
        Column("person", String, primary_key=True),
        Column("kind", String, primary_key=True, comment="box | triplet"),
        Column("decisions", Integer, nullable=False, comment="a day"),
    )
    op.create_table(
        "label_queue",
        Column("id", String, primary_key=True),
        Column("kind", String, nullable=False, comment="box | triplet"),
        Column("name", String, nullable=False),
        Column("tag", String, nullable=False, comment="its photos are those with this tag"),
        Column("people", JSON, nullable=False, comment="whose it is alone; empty where all share it"),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    )
    op.create_table(
        "review_seen",
        Column("person", String, primary_key=True),
        Column("seen_at", DateTime(timezone=True), nullable=False, comment="what was decided before it was seen, UTC"),
    )
