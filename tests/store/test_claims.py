"""Claims in files and in PostgreSQL: one holder at a time, and none when its process has died."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.commands import wait_for
from tests.store.labels.postgres import postgres_server
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.claims import Claims, NoLocks, awaited
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.store import Store

HOLD = """
import sys
from pathlib import Path
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
with Store(Settings(data=Path(sys.argv[1]), database_url=sys.argv[2] or None)).claims.claim("encode", "b1"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    with postgres_server() as server:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(params=["files", "PostgreSQL"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("database") if request.param == "PostgreSQL" else None
    return Settings(data=tmp_path / "data", database_url=url)


@pytest.fixture
def claims(settings: Settings) -> Claims:
    return Store(settings).claims


@pytest.fixture
def holder(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a process that holds the claim on the batch b1 until it is told to end."""
    with ExitStack() as ending:

        def start() -> subprocess.Popen[str]:
            command = [sys.executable, "-c", HOLD, str(settings.data_dir), settings.database_url or ""]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            ending.callback(process.communicate)
            assert process.stdout and process.stdout.readline() == "held\n"
            return process

        yield start


def test_a_batch_has_one_holder_and_other_work_is_free(claims: Claims) -> None:
    mine = claims.claim("encode", "b1")
    assert mine
    with mine:
        assert claims.claim("encode", "b1") is None
        for kind, batch in (("encode", "b2"), ("locate", "b1"), ("encode", "")):
            other = claims.claim(kind, batch)
            assert other
            with other:
                pass
    again = claims.claim("encode", "b1")
    assert again
    with again:
        pass


def test_an_error_inside_gives_the_claim_back(claims: Claims) -> None:
    mine = claims.claim("encode", "b1")
    assert mine
    with pytest.raises(ZeroDivisionError), mine:
        raise ZeroDivisionError
    again = claims.claim("encode", "b1")
    assert again
    with again:
        pass


def test_another_process_holds_it_and_when_it_is_killed_nobody_does(claims: Claims, holder) -> None:
    process = holder()
    assert claims.claim("encode", "b1") is None
    os.kill(process.pid, signal.SIGKILL)
    with wait_for("the claim of the killed process", lambda: claims.claim("encode", "b1"), 30, every_s=0.05):
        assert claims.claim("encode", "b1") is None


def test_who_is_alone_keeps_everybody_from_claiming_and_waits_for_those_who_have(claims: Claims, holder) -> None:
    process = holder()
    assert claims.alone() is None
    process.communicate("")
    nobody = wait_for("nobody's claim", claims.alone, 30, every_s=0.05)
    with nobody:
        assert claims.claim("encode", "b2") is None and claims.alone() is None
    mine = claims.claim("encode", "b2")
    assert mine
    with mine:
        pass


def test_waiting_ends_with_the_claim_or_when_the_waiting_one_is_stopped(claims: Claims, holder) -> None:
    process, said, pauses = holder(), [], []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        process.communicate("")

    with awaited(lambda: claims.claim("encode", "b1"), pause, lambda: said.append("waiting")):
        assert said == ["waiting"] and pauses

        def stop(seconds: float) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            awaited(lambda: claims.claim("encode", "b1"), stop, lambda: None)


def test_the_lock_of_the_data_folder_excludes_other_machines_where_claims_are_in_postgresql(
    database: str, tmp_path: Path
) -> None:
    here, there = (Store(Settings(data=tmp_path / name, database_url=database)) for name in ("here", "there"))
    with here.writing("a promotion"), here.writing("within it"):
        assert there.claims.writing() is None, "the path of the folder may differ, the database is the same"
    free = there.claims.writing()
    assert free
    with free:
        pass


def test_a_session_that_the_server_ended_holds_nothing_and_harms_nothing(database: str, tmp_path: Path) -> None:
    claims = Store(Settings(data=tmp_path, database_url=database)).claims
    mine = claims.claim("encode", "b9")
    assert mine
    others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    with mine:
        with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as server:
            server.execute(others)
        with wait_for("the claim of the ended session", lambda: claims.claim("encode", "b9"), 30, every_s=0.05):
            pass


def test_a_server_that_is_gone_is_one_sentence_without_the_password() -> None:
    url = "postgresql+psycopg://me:secret@127.0.0.1:1/labels"
    with pytest.raises(LabelDatabaseError, match=r"Work cannot be claimed in .*check that the server runs") as error:
        Store(Settings(database_url=url)).claims.claim("encode", "b1")
    assert "secret" not in str(error.value)


def test_a_file_system_without_locks_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("tiefvision_assets.store.claims.fcntl.flock", refuse)
    with pytest.raises(NoLocks, match="put the data folder on a file system that has locks"):
        Store(Settings(data=tmp_path)).claims.claim("encode", "b1")
