"""Let the rule for duplicates know the newest batch of photos that was there when it was made."""

from alembic import op
from sqlalchemy import Column, String

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; a rule of before knows no batch."""
    op.add_column(
        "duplicate_rule",
        Column("newest_batch", String, comment="the newest batch of photos left to people; null for none"),
    )
