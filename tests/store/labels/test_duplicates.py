"""Decisions about duplicates in the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.duplicates import Choice, Decisions, Duplicates, Rule

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path}/labels.db")
    return Database(str(request.getfixturevalue("postgres_url")))


def test_the_last_decision_of_a_person_counts(database: Database) -> None:
    duplicates = Duplicates(database)
    duplicates.decide([Choice(A, A), Choice(B, A)], "Ann")
    duplicates.decide([Choice(B, B, "b.jpg"), Choice(A, B)], "Bob")
    decided = duplicates.read().choices
    assert decided == {A: Choice(A, B), B: Choice(B, B, "b.jpg")}
    assert {choice.made_by for choice in decided.values()} == {"Bob"}
    duplicates.undo(dict.fromkeys([A, B, C], 1))
    assert duplicates.read() == Decisions()


def test_a_rule_changes_nothing_that_a_person_decided(database: Database) -> None:
    duplicates = Duplicates(database)
    duplicates.decide([Choice(A, A)], "Ann")
    assert duplicates.decide([Choice(A, B, rule="pixels"), Choice(B, B, rule="pixels")], "Bob") == 1
    assert duplicates.read().choices == {A: Choice(A, A), B: Choice(B, B, rule="pixels")}
    duplicates.set_rule("pixels", {C: 2}, "Bob")
    duplicates.set_rule("earliest", {}, "Bob")
    rule = duplicates.read().rule
    assert rule and (rule.keep, rule.known, rule.made_by) == ("earliest", {}, "Bob")
    duplicates.set_rule("earliest", {C: 2}, "Bob", "b000001-c")
    duplicates.undo({A: 3, C: 1})
    duplicates.decide([Choice(A, A)], "Ann")
    assert duplicates.read().rule == Rule("earliest", {A: 3, C: 1}, "Bob", "b000001-c")
    assert duplicates.remove_rule(undo=False) == 0 and B in duplicates.read().choices
    assert duplicates.remove_rule(undo=True) == 1 and set(duplicates.read().choices) == {A}


def test_photos_are_told_apart_once_and_may_be_joined_again(database: Database) -> None:
    duplicates = Duplicates(database)
    duplicates.decide([Choice(A, A), Choice(B, A)], "Ann")
    duplicates.tell_apart([C, A, B], "Ann")
    duplicates.tell_apart([A, B], "Bob")
    assert duplicates.read() == Decisions({}, frozenset({(A, B), (A, C), (B, C)}))
    duplicates.undo({B: 1, C: 1})
    assert duplicates.read().distinct == {(A, B), (A, C)}


def test_every_change_can_be_noticed(database: Database) -> None:
    duplicates = Duplicates(database)
    duplicates.read()
    changes = [
        lambda: duplicates.decide([Choice(A, A), Choice(B, A)], "Ann"),
        lambda: duplicates.decide([Choice(B, B), Choice(A, B)], "Ann"),
        lambda: duplicates.tell_apart([A, B], "Ann"),
        lambda: duplicates.undo({A: 1, B: 1}),
        lambda: duplicates.set_rule("pixels", {}, "Ann"),
        lambda: duplicates.remove_rule(undo=False),
    ]
    for change in changes:
        state, _ = duplicates.known()
        assert duplicates.known()[0] == state
        change()
        assert duplicates.known()[0] != state
        assert duplicates.known()[1] == duplicates.read()


def test_asking_makes_no_database_and_does_without_one(tmp_path: Path) -> None:
    file = tmp_path / "labels.db"
    duplicates = Duplicates(Database(f"sqlite:///{file}"))
    assert duplicates.known() == ((), Decisions()) and not file.exists()
    file.write_bytes(b"no database at all, but long enough to be taken for one by its size")
    assert duplicates.known() == ((), Decisions())
