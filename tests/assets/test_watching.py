"""A run that works learns that it was cancelled, and does not fail because that could not be asked."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from sqlalchemy.exc import OperationalError

from tiefvision_assets.assets import watching
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.lineage.progress import Progress, Stopped

RUN = dg.DagsterRun(job_name="any", tags={watching.HOST: watching.this_host()})
LOCKED = OperationalError("SELECT", {}, sqlite3.OperationalError("database table is locked: runs"))


class Asked:
    """An instance that gives these answers, one after the other."""

    def __init__(self, *answers: DagsterRunStatus | Exception) -> None:
        self.answers = list(answers)

    def get_run_by_id(self, run_id: str) -> dg.DagsterRun:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return RUN.with_status(answer)


def watch(instance: Asked) -> Watch:
    context: Any = SimpleNamespace(run=RUN, instance=instance)
    return Watch(context, Progress())


@pytest.fixture(autouse=True)
def ask_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "ASKED_EVERY_S", 0.0)


def test_a_database_without_an_answer_is_asked_again_and_nothing_fails(caplog: pytest.LogCaptureFixture) -> None:
    instance = Asked(LOCKED, DagsterRunStatus.STARTED, LOCKED, DagsterRunStatus.CANCELING)
    advance = watch(instance).stage("Training")
    for done in range(3):
        advance(done, 9)
    with pytest.raises(Stopped):
        advance(3, 9)
    assert caplog.messages == ["Whether the run was cancelled is not known: database table is locked: runs"] * 2


def test_what_is_no_fault_of_the_database_is_raised() -> None:
    advance = watch(Asked(RuntimeError("no such run"))).stage("Training")
    with pytest.raises(RuntimeError, match="no such run"):
        advance(0, 9)


def test_one_thread_asks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that comes by while another waits for the answer goes on with its work."""
    instance = Asked(DagsterRunStatus.STARTED)
    advance = watch(instance).stage("Training")
    real, passed = instance.get_run_by_id, []

    def slowly(run_id: str) -> dg.DagsterRun:
        advance(1, 9)  # as another thread would meanwhile
        passed.append(run_id)
        return real(run_id)

    monkeypatch.setattr(instance, "get_run_by_id", slowly)
    advance(0, 9)
    assert passed == [RUN.run_id] and instance.answers == []
