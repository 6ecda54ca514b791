"""Add the failed attempts of the plan's steps, which are in a file of the data folder where labels are in SQLite."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, String

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "failed_attempt",
        Column("folder", String, primary_key=True, comment="the data folder"),
        Column("step", String, primary_key=True, comment="names of the step's assets, joined by commas"),
        Column("batch", String, primary_key=True, comment="empty for a step without batches"),
        Column("inputs", String, nullable=False, comment="fingerprint of the inputs on which it failed"),
        Column("times", Integer, nullable=False),
        Column("reason", String, nullable=False),
        Column("failed_at", DateTime(timezone=True), nullable=False, comment="the last time, UTC"),
    )
