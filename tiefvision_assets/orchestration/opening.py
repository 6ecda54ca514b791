"""Opening Dagster's instance, one process at a time; `instances` does the same with errors in sentences."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
from filelock import FileLock

from tiefvision_assets.orchestration.dagster_home import BadDagsterHome

LOCK = "opening.lock"


def open_instance(home: str) -> dg.DagsterInstance:
    """The instance of that ``DAGSTER_HOME``; `BadDagsterHome` where nothing can be written there.

    A new home gets its databases here. Dagster makes them without a lock: of two processes that begin together one
    fails, or each stamps its own version into a database, which cannot be opened ever after.
    """
    try:
        with FileLock(Path(home) / LOCK):
            return dg.DagsterInstance.from_config(home)
    except OSError as error:
        raise BadDagsterHome(
            f"Nothing can be written to {home}, where Dagster keeps its runs ({error.strerror or error}); make room "
            "on the disk or see to the folder's permissions, and try again."
        ) from error
