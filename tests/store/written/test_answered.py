"""Requests with a key are carried out once, whoever sends them again and when."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, select

from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import ANSWERS
from tiefvision_assets.store.written.answered import Answered, AnsweredFiles, BadKey, KeyInUse, KeyOfAnother, Request
from tiefvision_assets.store.written.answered_table import AnsweredTable

ASKED = Request("shop", "k-1", "PUT a")


@pytest.fixture(params=["files", "table"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Answered]:
    """Opens the same answers as another process would, or another machine."""
    if request.param == "files":
        return lambda *now: AnsweredFiles(tmp_path, *now)
    url = request.getfixturevalue("postgres_url")
    return lambda *now: AnsweredTable(Database(url), "s3://bucket/shop", *now)


class Effects:
    """Counts what was carried out."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> dict[str, Any]:
        self.count += 1
        return {"number": self.count}


def test_the_same_request_gets_the_first_answer_and_has_one_effect(opened):
    effects = Effects()
    assert opened().once(ASKED, effects) == ({"number": 1}, False)
    assert opened().once(ASKED, effects) == ({"number": 1}, True)
    assert effects.count == 1


def test_another_senders_key_is_another_one(opened):
    effects = Effects()
    kept = opened()
    for sender, key in [("shop", "k-1"), ("till", "k-1"), ("shop", "k-2"), ("shop\nk", "-1")]:
        assert not kept.once(Request(sender, key, "PUT a"), effects)[1]
    assert effects.count == 4


def test_a_key_of_another_request_is_refused_and_nothing_is_done(opened):
    effects = Effects()
    opened().once(ASKED, effects)
    with pytest.raises(KeyOfAnother, match="'k-1' was used for another request"):
        opened().once(Request("shop", "k-1", "PUT b"), effects)
    assert effects.count == 1


def test_a_request_that_failed_may_use_its_key_again(opened):
    def fail() -> dict[str, Any]:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        opened().once(ASKED, fail)
    assert opened().once(ASKED, Effects()) == ({"number": 1}, False)


def test_requests_at_the_same_time_have_one_effect(opened):
    effects = Effects()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: opened().once(ASKED, effects), range(10)))
    assert effects.count == 1
    assert [answer for answer, _ in answers] == [{"number": 1}] * 10
    assert sorted(was_before for _, was_before in answers) == [False] + [True] * 9


def test_one_that_takes_too_long_is_not_waited_for_any_longer(opened):
    begun, goes_on = Event(), Event()

    def slowly() -> dict[str, Any]:
        begun.set()
        goes_on.wait(20)
        return {}

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(opened().once, ASKED, slowly)
        begun.wait(20)
        with pytest.raises(KeyInUse, match="being carried out"):
            opened().once(ASKED, slowly, waited_s=0)
        goes_on.set()
        assert first.result() == ({}, False)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_an_answer_is_kept_for_a_day_and_then_forgotten(opened: Callable[..., Answered], tmp_path: Path):
    effects = Effects()
    first = datetime(2026, 11, 27, 0, 0, 1, tzinfo=UTC)
    opened(at(first)).once(ASKED, effects)
    assert opened(at(first + timedelta(hours=24))).once(ASKED, effects)[1]
    assert not opened(at(first + timedelta(hours=48))).once(ASKED, effects)[1]
    kept = opened()
    if isinstance(kept, AnsweredTable):
        with kept._database.reading() as connection:
            assert connection.execute(select(func.count()).select_from(ANSWERS)).scalar_one() == 1
    else:
        assert [folder.name for folder in tmp_path.iterdir() if folder.name != "locks"] == ["2026-11-29"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\t", "clé"])
def test_what_is_no_key_is_told(opened, key):
    with pytest.raises(BadKey, match="255 printable ASCII"):
        opened().once(Request("shop", key, ""), Effects())
