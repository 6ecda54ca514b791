"""Values under names in a list that is appended to, a file or a table: nothing is lost, half there, or seen late."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.schema import CHANGES
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.written import journal
from tiefvision_assets.store.written.journal import Journal, JournalFile
from tiefvision_assets.store.written.journal_table import JournalTable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "written" / "values.jsonl"


@pytest.fixture(params=["file", "table"])
def opened(request: pytest.FixtureRequest, file: Path) -> Callable[[], Journal]:
    """Opens the same journal as another process would, or another machine."""
    if request.param == "file":
        return lambda: JournalFile(file)
    url = request.getfixturevalue("postgres_url")
    return lambda: JournalTable(Database(url), "s3://bucket/shop", "products")


def lines(kept: Journal, file: Path) -> int:
    """How many lines or rows there are."""
    if isinstance(kept, JournalFile):
        return len(file.read_bytes().splitlines())
    with kept._database.reading() as connection:
        return connection.execute(select(func.count()).select_from(CHANGES)).scalar_one()


def put(kept: Journal, **values: object) -> None:
    kept.change(lambda _: (values, []))


def test_others_see_a_change_at_once_and_its_version_differs(opened):
    mine, others = opened(), opened()
    assert (others.values(), others.version()) == ({}, "")
    put(mine, a={"price": 1}, b="two\nlines\u2028of text", c="größe")
    before = others.version()
    assert others.values() == {"a": {"price": 1}, "b": "two\nlines\u2028of text", "c": "größe"}
    others.change(lambda known: ({"a": None}, [name for name in known if name != "a"]))
    assert mine.values() == {"a": None} and mine.version() != before
    assert opened().values() == {"a": None}


def test_names_keep_the_order_in_which_they_came(opened):
    mine, others = opened(), opened()
    for name in "dabc":
        put(mine, **{name: 1})
    others.change(lambda _: ({"a": 2, "e": 1}, ["d"]))
    put(mine, d=1)
    assert list(mine.values()) == list(opened().values()) == ["a", "b", "c", "e", "d"]


def test_nothing_to_change_changes_nothing(opened):
    kept = opened()
    kept.change(lambda _: ({}, ["never there"]))
    assert opened().values() == {} and kept.version() == ""


def test_what_is_refused_leaves_all_as_it_was(opened):
    kept = opened()
    put(kept, a=1)

    def refuse(known: object) -> tuple[dict[str, int], list[str]]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.change(refuse)
    put(kept, b=2)
    assert kept.values() == {"a": 1, "b": 2}


def test_a_change_that_a_killed_process_left_unfinished_does_not_count(file):
    put(JournalFile(file), a=1, b=1)
    whole = file.read_bytes()
    put(JournalFile(file), a=2, b=2)
    for length in range(len(whole), file.stat().st_size):
        file.write_bytes(file.read_bytes()[:length] if length > len(whole) else whole)
        assert JournalFile(file).values() == {"a": 1, "b": 1}
    with file.open("ab") as torn:
        torn.write(b'{"set": {"a": 3')
    mine = JournalFile(file)
    put(mine, c=3)
    assert mine.values() == JournalFile(file).values() == {"a": 1, "b": 1, "c": 3}


def test_most_of_it_out_of_date_it_is_written_anew_and_others_notice(opened, file, monkeypatch):
    monkeypatch.setattr(journal, "SPARE", 3)
    mine, others = opened(), opened()
    for price in range(20):
        put(mine, a=price, b=price)
        assert others.values() == {"a": price, "b": price}
    assert lines(mine, file) < 8


def test_a_state_holds_the_changes_before_it_also_where_the_file_was_written_anew(opened, monkeypatch):
    monkeypatch.setattr(journal, "SPARE", 3)
    kept, versions = opened(), [""]
    for price in range(20):
        put(kept, a=price, b=price)
        versions.append(kept.version())
    generations = [version.partition(" ")[0] for version in versions]
    for at, state in enumerate(versions):
        for then, change in enumerate(versions):
            # of two generations only the one that is there now is known to be the newer one
            told = generations[at] in (generations[then], generations[-1])
            assert kept.holds(state, change) == (at >= then and told)


def test_many_threads_and_journals_lose_nothing(opened):
    journals = [opened() for _ in range(3)]

    def count(number: int) -> None:
        journals[number % 3].change(lambda known: ({"count": known.get("count", 0) + 1, f"n{number}": number}, []))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(30)))
    assert opened().values() == {"count": 30} | {f"n{number}": number for number in range(30)}


@pytest.mark.parametrize("content", [b"", b"no JSON\n", b"[]\n", b'{"generation": "x"}\nnonsense\n'])
def test_a_damaged_file_is_a_sentence_that_names_it(file, content):
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(DamagedFile, match=str(file)):
        JournalFile(file).values()
