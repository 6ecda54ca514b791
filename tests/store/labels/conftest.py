"""Empty label databases: on SQLite, and on a PostgreSQL server of one's own, from a Python wheel."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests.store.labels.postgres import postgres_server
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
    with postgres_server() as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def postgres_url(postgres: Any) -> str:
    """An empty database on that server."""
    name = next(DATABASES)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(postgres.get_uri()).set(database=name).render_as_string(hide_password=False)
