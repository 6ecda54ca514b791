"""Add the boxes that other tools' models propose."""

from alembic import op
from sqlalchemy import JSON, Column, DateTime, Float, String

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "label_proposal",
        Column("sha256", String, primary_key=True, comment="the photo"),
        Column("payload", JSON, nullable=False, comment="coordinates of the box"),
        Column("score", Float, comment="the model's confidence, 0 to 1"),
        Column("model", String, nullable=False, comment="the model's version; empty where it is not known"),
        Column("source", String, nullable=False, comment="name of the file that it comes from"),
        Column("created_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    )
