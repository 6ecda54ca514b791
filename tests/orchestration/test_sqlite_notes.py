"""Dagster's SQLite files while this process writes to them, and after."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as db
from sqlalchemy.pool import NullPool

from tiefvision_assets.orchestration.sqlite_notes import HELD, without_waiting


def test_events_are_readable_by_others_meanwhile_and_in_one_file_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "runs" / "one.db"
    file.parent.mkdir()

    with without_waiting(str(tmp_path)):
        _note(file, "start")
        _note(file, "end")
        assert _notes(file) == ["start", "end"]
        assert _log(file).exists()

    assert not _log(file).exists()
    assert _notes(file) == ["start", "end"]


def test_files_elsewhere_stay_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    labels = tmp_path / "labels.db"

    with without_waiting(str(home)):
        _note(labels, "a label")
        with _engine(labels).connect() as connection:
            assert connection.execute(db.text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(db.text("PRAGMA journal_mode")).scalar() == "delete"


def test_of_many_runs_only_the_last_ones_are_held_open(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.db" for number in range(HELD + 3)]

    with without_waiting(str(tmp_path)):
        for file in files:
            _note(file, "start")
        assert [_log(file).exists() for file in files] == [False] * 3 + [True] * HELD

    assert all(_notes(file) == ["start"] for file in files)


def test_a_damaged_file_is_reported_by_who_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    file.write_bytes(b"no database" * 1000)

    with without_waiting(str(tmp_path)), pytest.raises(db.exc.DatabaseError, match="not a database"):
        _note(file, "start")


def _engine(file: Path) -> db.Engine:
    return db.create_engine(f"sqlite:///{file}", poolclass=NullPool)


def _note(file: Path, text: str) -> None:
    with _engine(file).begin() as connection:
        connection.execute(db.text("CREATE TABLE IF NOT EXISTS notes (text)"))
        connection.execute(db.text("INSERT INTO notes VALUES (:text)"), {"text": text})


def _notes(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    try:
        return [text for (text,) in connection.execute("SELECT text FROM notes")]
    finally:
        connection.close()


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")
