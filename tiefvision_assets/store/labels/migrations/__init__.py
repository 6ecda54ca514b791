"""Revisions of the label database's tables, by [Alembic](https://alembic.sqlalchemy.org), and bringing one up to date.

A change of ``schema.py`` comes with a revision in ``versions``, with the next number, which `HEAD` then names. A test
compares what the revisions make with ``schema.py``. Alembic is imported only where something is to be changed.
"""

from __future__ import annotations

import threading

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

HEAD = "0009"
"""The newest revision; a database that has it is not looked at further."""
VERSION_TABLE = "label_schema"
"""Names a database's revision. Alembic's own name for it is Dagster's, whose storage may be in the same database."""

_VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", String))
_ONE_AT_A_TIME = threading.Lock()  # what Alembic's `op` and `context` refer to is of the whole process


def revision_of(bind: Engine | Connection) -> str:
    """The database's revision; empty for a new database, and for one of a version without revisions."""
    if not inspect(bind).has_table(VERSION_TABLE):
        return ""
    if isinstance(bind, Connection):
        return bind.execute(select(_VERSION)).scalar() or ""
    with bind.connect() as connection:
        return revision_of(connection)


def upgrade(connection: Connection) -> None:
    """Apply the revisions that are missing, within the connection's transaction, which shuts out other writers."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "tiefvision_assets.store.labels:migrations")
    config.set_main_option("path_separator", "os")
    with _ONE_AT_A_TIME:
        command.upgrade(config, HEAD)
