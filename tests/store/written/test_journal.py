"""Values under names in a file that is appended to: nothing is lost, half there, or seen late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.written import journal
from tiefvision_assets.store.written.journal import Journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "written" / "values.jsonl"


def put(kept: Journal, **values: object) -> None:
    kept.change(lambda _: (values, []))


def test_others_see_a_change_at_once_and_its_version_differs(file):
    mine, others = Journal(file), Journal(file)
    assert (others.values(), others.version()) == ({}, "")
    put(mine, a={"price": 1}, b="two\nlines\u2028of text")
    before = others.version()
    assert others.values() == {"a": {"price": 1}, "b": "two\nlines\u2028of text"}
    others.change(lambda known: ({"a": None}, [name for name in known if name == "b"]))
    assert mine.values() == {"a": None} and mine.version() != before
    assert Journal(file).values() == {"a": None}


def test_nothing_to_change_changes_nothing(file):
    kept = Journal(file)
    kept.change(lambda _: ({}, ["never there"]))
    assert not file.exists() and kept.version() == ""


def test_what_is_refused_leaves_all_as_it_was(file):
    kept = Journal(file)
    put(kept, a=1)

    def refuse(known: object) -> tuple[dict[str, int], list[str]]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.change(refuse)
    put(kept, b=2)
    assert kept.values() == {"a": 1, "b": 2}


def test_a_change_that_a_killed_process_left_unfinished_does_not_count(file):
    put(Journal(file), a=1, b=1)
    whole = file.read_bytes()
    put(Journal(file), a=2, b=2)
    for length in range(len(whole), file.stat().st_size):
        file.write_bytes(file.read_bytes()[:length] if length > len(whole) else whole)
        assert Journal(file).values() == {"a": 1, "b": 1}
    with file.open("ab") as torn:
        torn.write(b'{"set": {"a": 3')
    mine = Journal(file)
    put(mine, c=3)
    assert mine.values() == Journal(file).values() == {"a": 1, "b": 1, "c": 3}


def test_most_of_it_out_of_date_it_is_written_anew_and_others_notice(file, monkeypatch):
    monkeypatch.setattr(journal, "SPARE", 3)
    mine, others = Journal(file), Journal(file)
    for price in range(20):
        put(mine, a=price, b=price)
        assert others.values() == {"a": price, "b": price}
    assert len(file.read_bytes().splitlines()) < 8


def test_a_state_holds_the_changes_before_it_also_where_the_file_was_written_anew(file, monkeypatch):
    monkeypatch.setattr(journal, "SPARE", 3)
    kept, versions = Journal(file), [""]
    for price in range(20):
        put(kept, a=price, b=price)
        versions.append(kept.version())
    generations = [version.partition(" ")[0] for version in versions]
    for at, state in enumerate(versions):
        for then, change in enumerate(versions):
            # of two generations only the one that is there now is known to be the newer one
            told = generations[at] in (generations[then], generations[-1])
            assert kept.holds(state, change) == (at >= then and told)


def test_many_threads_and_journals_lose_nothing(file):
    journals = [Journal(file) for _ in range(3)]

    def count(number: int) -> None:
        journals[number % 3].change(lambda known: ({"count": known.get("count", 0) + 1, f"n{number}": number}, []))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(30)))
    assert Journal(file).values() == {"count": 30} | {f"n{number}": number for number in range(30)}


@pytest.mark.parametrize("content", [b"", b"no JSON\n", b"[]\n", b'{"generation": "x"}\nnonsense\n'])
def test_a_damaged_file_is_a_sentence_that_names_it(file, content):
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(DamagedFile, match=str(file)):
        Journal(file).values()
