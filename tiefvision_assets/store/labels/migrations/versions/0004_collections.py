"""Add what people collect: stars, tags and notes on photos, and searches that they saved."""

from alembic import op
from sqlalchemy import Column, DateTime, String

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "photo_mark",
        Column("sha256", String, primary_key=True, comment="the photo"),
        Column("kind", String, primary_key=True, comment="star | tag | note"),
        Column("name", String, primary_key=True, comment="the tag; empty for stars and notes"),
        Column(
            "owner", String, primary_key=True, comment="whose star it is; empty for tags and notes, which all share"
        ),
        Column("text", String, nullable=False, comment="the note; empty for stars and tags"),
        Column("made_by", String, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    )
    op.create_table(
        "saved_search",
        Column("id", String, primary_key=True),
        Column("person", String, nullable=False, index=True),
        Column("name", String, nullable=False),
        Column("address", String, nullable=False, comment="path and query of the page that shows it"),
        Column("seen", String, nullable=False, comment="newest batch of photos when the person looked at it last"),
        Column("made_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    )
