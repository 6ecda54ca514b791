"""Add what the API wrote into data folders in object storage: the changes of its journals, and its answers by key."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, String

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "written_change",
        Column("folder", String, primary_key=True, comment="the data folder"),
        Column("journal", String, primary_key=True, comment="products | photos | untold_products | unscanned"),
        Column(
            "number", BigInteger, primary_key=True, autoincrement=False, comment="from 1, in the order of the changes"
        ),
        Column("generation", String, nullable=False, comment="another one whenever the journal was begun anew"),
        Column("change", JSON, nullable=False, comment="values that were set, and names that were removed"),
    )
    op.create_table(
        "written_answer",
        Column("folder", String, primary_key=True, comment="the data folder"),
        Column("request", String, primary_key=True, comment="hash of the sender and of their key"),
        Column("content", String, nullable=False, comment="hash of what the request asks for"),
        Column("answer", JSON, nullable=False),
        Column("answered_at", DateTime(timezone=True), nullable=False, index=True, comment="UTC"),
    )
