"""What searchers did with hits, in the label database: written once, merged by answer, bounded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tiefvision_assets.store.feedback import Feedback, FeedbackCounts, FeedbackEvent
from tiefvision_assets.store.labels.database import Database

CLICK = FeedbackEvent("s", "a", "q", ("x", "y"), ("", "clicked"), "head", "unsupervised", "12")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path}/labels.db")
    return Database(str(request.getfixturevalue("postgres_url")))


def test_events_are_written_once_and_merged_by_answer(database: Database) -> None:
    feedback = Feedback(database)
    assert feedback.newest() == 0
    assert feedback.add(CLICK)
    assert not feedback.add(CLICK)
    assert feedback.add(replace(CLICK, shown=("x",), acts=("not this",), teams="1"))
    assert feedback.add(replace(CLICK, shown=("x", "y", "z"), acts=("", "bought", "clicked"), teams="121"))
    assert feedback.add(FeedbackEvent("t", "b", "", ("x",), ("clicked",)))
    assert feedback.counts() == FeedbackCounts(events=4, sessions=2)
    whole = replace(CLICK, shown=("x", "y", "z"), acts=("not this", "bought", "clicked"), teams="121")
    assert list(feedback.answers()) == [whole, FeedbackEvent("t", "b", "", ("x",), ("clicked",))]
    assert list(feedback.answers("head", "unsupervised")) == [whole]
    assert list(feedback.answers("head", "other")) == []


def test_the_oldest_go_where_there_are_too_many(database: Database) -> None:
    feedback = Feedback(database, most=3)
    for number in range(7):
        feedback.add(replace(CLICK, search=f"{number}"))
    assert [event.search for event in feedback.answers()] == ["3", "4", "5", "6"]
    assert feedback.newest() == 7
