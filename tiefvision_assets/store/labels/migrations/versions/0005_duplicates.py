"""Add what is decided about duplicates: photos that are kept or hidden, pairs that only look alike, and the rule."""

from alembic import op
from sqlalchemy import JSON, Column, DateTime, String

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "duplicate_decision",
        Column("sha256", String, primary_key=True, comment="the photo"),
        Column("kept", String, nullable=False, comment="the photo that is kept in its place; itself where it is kept"),
        Column(
            "path", String, nullable=False, comment="of several copies of a kept photo the one shown; empty for all"
        ),
        Column("rule", String, nullable=False, comment="the rule that decided; empty for a person"),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, index=True, comment="UTC"),
    )
    op.create_table(
        "distinct_photos",
        Column(
            "first", String, primary_key=True, comment="the smaller sha256 of two photos that are not the same shot"
        ),
        Column("second", String, primary_key=True),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, index=True, comment="UTC"),
    )
    op.create_table(
        "duplicate_rule",
        Column("id", String, primary_key=True, comment="there is one rule at most"),
        Column("keep", String, nullable=False, comment="pixels | bytes | earliest"),
        Column(
            "known", JSON, nullable=False, comment="photos left to people, by sha256, with the number of their copies"
        ),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    )
