"""Opening Dagster's instance, whose storage may be on a disk or on a server, with errors in sentences for users."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.orchestration.opening import open_instance
from tiefvision_assets.orchestration.run_outcomes import RunFailed
from tiefvision_assets.orchestration.sqlite_notes import without_waiting


@contextmanager
def opened_instance(home: str) -> Iterator[dg.DagsterInstance]:
    """The instance of that ``DAGSTER_HOME``; `RunFailed` where its storage cannot be opened, read or written."""
    from sqlalchemy.exc import DBAPIError

    try:
        with without_waiting(home), _opened(home) as instance:
            yield instance
    except DBAPIError as error:
        raise RunFailed(_sentence(home, error.orig)) from error


def _opened(home: str) -> dg.DagsterInstance:
    from sqlalchemy.exc import DBAPIError

    try:
        return open_instance(home)
    except (DBAPIError, TiefVisionError):
        raise
    except Exception as error:  # of any class: the file names the modules
        reason = _one_line(error)
        raise RunFailed(
            f"Dagster's storage cannot be opened as {home}/dagster.yaml says ({reason}); check that its server runs, "
            "and the environment variables that the file names, such as DAGSTER_POSTGRES_URL."
        ) from error


def _sentence(home: str, reason: BaseException | None) -> str:
    if hasattr(reason, "pgcode"):
        return (
            f"Dagster's storage, which {home}/dagster.yaml names, failed ({_one_line(reason)}); check that its server "
            "runs and has room, and run again."
        )
    if any(sign in str(reason) for sign in ("not a database", "malformed")):
        return (
            f"Dagster's notes in {home} are damaged ({reason}); move its folders history and schedules away "
            "and run again: only the history of runs is lost."
        )
    left = shutil.disk_usage(home).free / 2**20
    return (
        f"Dagster's notes in {home} cannot be written ({reason}); is the disk full? {left:.1f} MiB are left on "
        "it. Make room and run again."
    )


def _one_line(reason: BaseException | None) -> str:
    return " ".join(str(reason).split()).rstrip(".")
