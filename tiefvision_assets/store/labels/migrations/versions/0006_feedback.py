"""Add what searchers clicked and bought among the hits that they were shown."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, String

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "feedback_event",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("given_at", DateTime(timezone=True), nullable=False, comment="UTC"),
        Column("session", String, nullable=False, comment="keyed hash of the session's key, which is not kept"),
        Column("search", String, nullable=False, comment="the answer that was shown"),
        Column(
            "query", String, nullable=False, comment="sha256 of the photo; empty for one that is not the catalogue's"
        ),
        Column("shown", JSON, nullable=False, comment="sha256 of the hits, best first, down to the last one acted on"),
        Column("acts", JSON, nullable=False, comment="of each hit: clicked | bought | not this; empty for nothing"),
        Column(
            "first", String, nullable=False, comment="the first of two rankings that were interleaved; empty for none"
        ),
        Column("second", String, nullable=False, comment="the second of them"),
        Column("teams", String, nullable=False, comment="of each hit the ranking that gave it: 1 or 2"),
        Column("digest", String, nullable=False, comment="of all that was sent: the same again is written once"),
    )
    op.create_index("feedback_event_rankings", "feedback_event", ["first", "second"])
    op.create_index("feedback_event_digest", "feedback_event", ["digest"], unique=True)
