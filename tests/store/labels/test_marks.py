"""Stars, tags, notes and saved searches, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.marks import LONGEST_NOTE, BadMark, Marked, Marks, NoteChanged
from tiefvision_assets.store.labels.saved_searches import CannotSave, SavedSearches

RED, BLUE = "0" * 64, "1" * 64


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path}/labels.db")
    return Database(str(request.getfixturevalue("postgres_url")))


def test_stars_are_each_persons_own_tags_and_notes_are_shared(database: Database) -> None:
    marks = Marks(database)
    marks.mark(RED, "Ann", starred=True, tags=["summer", " deep   red "], note=" hem too short ")
    marks.mark(BLUE, "Bob", starred=True, tags=["summer"], note=None)
    assert marks.of([RED, BLUE, "2" * 64], "Ann") == {
        RED: Marked(True, ("deep red", "summer"), "hem too short", "Ann"),
        BLUE: Marked(False, ("summer",)),
    }
    assert (marks.starred("Ann"), marks.starred("Bob"), marks.starred("Eve")) == ([RED], [BLUE], [])
    assert marks.tags() == {"deep red": 1, "summer": 2}
    assert marks.tagged("summer") == [BLUE, RED]
    assert marks.noted() == [RED]


def test_a_later_mark_replaces_what_is_given_and_keeps_the_rest(database: Database) -> None:
    marks = Marks(database)
    marks.mark(RED, "Ann", starred=True, tags=["summer"], note="long")
    marks.mark(RED, "Bob", starred=False, tags=["winter", "summer"], note=None)
    assert marks.of([RED], "Ann")[RED] == Marked(True, ("summer", "winter"), "long", "Ann")
    marks.mark(RED, "Bob", starred=False, tags=None, note="longer")
    assert marks.of([RED], "Ann")[RED] == Marked(True, ("summer", "winter"), "longer", "Bob")
    marks.mark(RED, "Ann", starred=False, tags=[], note="")
    assert marks.of([RED], "Ann") == {}


def test_only_what_differs_from_what_was_seen_is_written(database: Database) -> None:
    marks = Marks(database)
    marks.mark(RED, "Ann", starred=True, tags=["summer", "long"], note="hem")
    seen = marks.of([RED], "Ann")[RED]
    marks.mark(RED, "Bob", starred=False, tags=["summer", "silk", "long"], note="hem too short")
    marks.mark(RED, "Ann", starred=True, tags=["summer", "gown"], note="hem", seen=seen)
    assert marks.of([RED], "Ann")[RED] == Marked(True, ("gown", "silk", "summer"), "hem too short", "Bob")
    marks.mark(RED, "Bob", starred=False, tags=["silk"], note="hem too short")
    marks.mark(RED, "Ann", starred=True, tags=["long", "summer"], note="hem", seen=seen)
    assert marks.of([RED], "Ann")[RED].tags == ("silk",), "who changed nothing brings nothing back"


def test_a_note_that_somebody_wrote_meanwhile_is_not_overwritten_unseen(database: Database) -> None:
    marks = Marks(database)
    marks.mark(RED, "Bob", starred=False, tags=None, note="too short")
    with pytest.raises(NoteChanged, match="Bob wrote “too short” meanwhile") as caught:
        marks.mark(RED, "Ann", starred=True, tags=["summer"], note="hem", seen=Marked())
    assert marks.of([RED], "Ann")[RED] == Marked(False, (), "too short", "Bob"), "refused whole"
    seen = Marked(note=caught.value.note, note_by=caught.value.note_by)
    marks.mark(RED, "Ann", starred=True, tags=["summer"], note="hem", seen=seen)
    assert marks.of([RED], "Ann")[RED] == Marked(True, ("summer",), "hem", "Ann")
    marks.mark(RED, "Bob", starred=False, tags=None, note="")
    with pytest.raises(NoteChanged, match="removed the note meanwhile"):
        marks.mark(RED, "Ann", starred=True, tags=None, note="hem?", seen=Marked(note="hem"))


def test_tags_of_two_people_together_are_not_too_many(database: Database) -> None:
    marks = Marks(database)
    marks.mark(RED, "Bob", starred=False, tags=[f"b{number}" for number in range(30)], note=None)
    with pytest.raises(BadMark, match="60 tags are too many"):
        marks.mark(RED, "Ann", starred=False, tags=[f"a{number}" for number in range(30)], note=None, seen=Marked())


def test_marks_that_are_too_long_are_refused_whole(database: Database) -> None:
    marks = Marks(database)
    for tags, note in (
        (["x" * 41], None),
        ([str(number) for number in range(51)], None),
        ([], "x" * (LONGEST_NOTE + 1)),
    ):
        with pytest.raises(BadMark):
            marks.mark(RED, "Ann", starred=True, tags=tags, note=note)
    assert marks.of([RED], "Ann") == {}


def test_saved_searches_are_each_persons_own_and_unique_by_name(database: Database) -> None:
    saved = SavedSearches(database)
    saved.save("Ann", "reds", "/search?like=1", "b000001-x")
    saved.save("Ann", " reds ", "/search?like=2", "b000002-x")
    saved.save("Bob", "reds", "/?where=human", "b000001-x")
    [of_ann] = saved.of("Ann")
    assert (of_ann.name, of_ann.address, of_ann.seen) == ("reds", "/search?like=2", "b000002-x")
    saved.look_at("Bob", of_ann.id, "b000009-x")
    saved.remove("Bob", of_ann.id)
    assert saved.of("Ann") == [of_ann], "nobody else's"
    saved.look_at("Ann", of_ann.id, "b000003-x")
    assert saved.of("Ann")[0].seen == "b000003-x"
    saved.remove("Ann", of_ann.id)
    assert saved.of("Ann") == []
    for name, address in (("  ", "/"), ("x", "/?" + "x" * 9000)):
        with pytest.raises(CannotSave):
            saved.save("Ann", name, address, "")
