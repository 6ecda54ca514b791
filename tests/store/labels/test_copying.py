"""Copies of whole label databases, from SQLite to PostgreSQL and back: nothing is lost, and life goes on in them."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select

from tests.store.labels.label_histories import play, steps
from tiefvision_assets.box import Box
from tiefvision_assets.store.attempts_table import AttemptsTable
from tiefvision_assets.store.feedback import Feedback, FeedbackEvent
from tiefvision_assets.store.labels import copying
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.copying import copy_database
from tiefvision_assets.store.labels.database import LabelDatabaseError, parsed_url
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.duplicates import Choice, Duplicates
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.marks import Marks
from tiefvision_assets.store.labels.proposals import Proposal
from tiefvision_assets.store.labels.saved_searches import SavedSearches
from tiefvision_assets.store.labels.schema import ANSWERS, EVENTS, METADATA
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore
from tiefvision_assets.store.labels.team import Team
from tiefvision_assets.store.written.journal_table import JournalTable

SQLITE_FILES = itertools.count()


@pytest.fixture
def original(labels: LabelStore) -> LabelStore:
    """Something in every table."""
    labels.add_boxes([BoxLabel("a", Box(0.1, 1 / 3, 1e-9 + 2, 1e9))], annotator="Zoë 🙂", seconds=1.5)
    labels.add_boxes([BoxLabel("b", Box(0, 0, 5, 5))], annotator="bob")
    labels.undo(1, annotator="bob")
    Annotation(labels.database, overlap=0).claim("box", Queue(["c", "d"]), "ann", "tab")
    AttemptsTable(labels.database, "/data").failed("encodings", "b0", "x", "no more")
    proposal = Proposal("d", Box(0.1, 1 / 3, 2, 3), 1 / 7, "v1", "größe.json")
    labels.add_boxes_of_several([], annotator="import", source="import", proposals=[proposal])
    Marks(labels.database).mark("a", "Zoë 🙂", starred=True, tags=["été"], note="worn\ntwice")
    SavedSearches(labels.database).save("ann", "red ones", "/search?where=red", "b0")
    duplicates = Duplicates(labels.database)
    duplicates.decide([Choice("a", "a", path="größe/a.jpg"), Choice("b", "a")], "ann")
    duplicates.tell_apart(["c", "d"], "ann")
    duplicates.set_rule("pixels", {"e": 2}, "ann")
    Feedback(labels.database).add(FeedbackEvent("s", "answer", "a", ("b", "c"), ("", "clicked")))
    Annotation(labels.database, overlap=0).commit(Decision.absent("r", "b"), annotator="Rita", role="reviewer")
    team = Team(labels.database)
    team.gold.add(LabelHistory(labels.database).reviews(), "Rita")
    team.comments.add("c", "a", "whose is it?", "Zoë 🙂")
    team.goals.set("ann", "box", 50)
    team.queues.add("box", "was alles", "été", ["ann", "bob"], "Rita")
    team.reviews_seen.see("ann", datetime.now(UTC))
    JournalTable(labels.database, "s3://bucket/shop", "products").change(lambda _: ({"A": {"price": 1 / 3}}, []))
    answer = {"folder": "s3://bucket/shop", "request": "r", "content": "c", "answer": {"written": 1}}
    with labels.database.writing() as connection:
        connection.execute(insert(ANSWERS).values(**answer, answered_at=datetime.now(UTC)))
    return labels


def rows(url: str) -> dict[str, list[dict[str, object]]]:
    """All that the tables hold, times in UTC."""
    engine = create_engine(parsed_url(url))
    found = {}
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            read = connection.execute(select(table).order_by(*table.primary_key)).mappings()
            found[table.name] = [
                {
                    name: pd.Timestamp(value).tz_localize(UTC)
                    if hasattr(value, "year") and value.tzinfo is None
                    else value
                    for name, value in row.items()
                }
                for row in read
            ]
    engine.dispose()
    return found


def test_everything_arrives_and_comes_back(original, url, postgres_url, tmp_path):
    there = copy_database(url, postgres_url)
    assert (there.source, there.target) == (url, parsed_url(postgres_url).render_as_string())
    assert there.rows["label_event"] == 4
    assert all(there.rows.values()), "each table is tried"
    back = copy_database(postgres_url, f"sqlite:///{tmp_path}/back.db")
    assert (back.rows, back.sha256, back.revision) == (there.rows, there.sha256, there.revision)
    assert rows(url) == rows(postgres_url) == rows(f"sqlite:///{tmp_path}/back.db")


@pytest.fixture
def empty_postgres(postgres_url: str) -> str:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER ROLE CURRENT_USER SET timezone TO 'Asia/Kathmandu'")
    return postgres_url


def summary(store: LabelStore) -> list[object]:
    """What users and assets see of the labels, but for when they were made."""
    live = [frame.drop(columns="created_at").to_dict("list") for frame in (store.live_boxes(), store.live_triplets())]
    events = [(event.event_id, event.action, event.undone_by) for event in LabelHistory(store.database).page()]
    return [*live, events, store.box_version(), store.triplet_version(), store.database_id(), store.newest_event()]


@given(st.lists(steps, min_size=1, max_size=10).filter(lambda history: any(step[0] != "undo" for step in history)))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_copy_tells_the_same_labels_and_goes_on_like_the_original(empty_postgres, tmp_path, history):
    with psycopg.connect(empty_postgres) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    file, back = (f"sqlite:///{tmp_path}/{next(SQLITE_FILES)}.db" for _ in range(2))
    before = LabelStore(file)
    for step in history:
        play(before, step)
    copy_database(file, empty_postgres)
    copy_database(empty_postgres, back)
    copies = [LabelStore(empty_postgres), LabelStore(back)]
    for more in ([], history[:2]):
        answers = [[play(store, step) for step in more] for store in (before, *copies)]
        for copy, answer in zip(copies, answers[1:], strict=True):
            assert answer == answers[0]
            assert summary(copy) == summary(before)
    for store in (before, *copies):
        store.close()


def test_a_database_with_labels_is_never_copied_into(original, url, postgres_url):
    copy_database(url, postgres_url)
    there = rows(postgres_url)
    with pytest.raises(LabelDatabaseError, match=r"not empty \(.* has \d+ rows\); name an empty one"):
        copy_database(url, postgres_url)
    assert rows(postgres_url) == there


@pytest.fixture
def leaves_it_empty(postgres_url: str) -> Iterator[None]:
    """Checks after the test that nothing was copied, and that it can be tried again."""
    yield
    store = LabelStore(postgres_url)
    assert store.newest_event() == 0
    store.close()


@pytest.mark.usefixtures("leaves_it_empty")
def test_what_postgresql_cannot_store_ends_the_copy(original, url, postgres_url):
    with original.database.writing() as connection:
        event = connection.execute(select(EVENTS).where(EVENTS.c.id == 2)).mappings().one()
        connection.execute(insert(EVENTS).values({**event, "id": 9, "annotator": "a\0b"}))
    with pytest.raises(LabelDatabaseError, match=r"postgresql.*cannot be used.*NUL"):
        copy_database(url, postgres_url)


@pytest.mark.usefixtures("leaves_it_empty")
def test_a_database_that_changes_what_it_is_given_is_noticed(original, url, postgres_url):
    LabelStore(postgres_url).counts()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE label_event ALTER COLUMN seconds TYPE integer")
    with pytest.raises(LabelDatabaseError, match="does not give back what was written to label_event"):
        copy_database(url, postgres_url)


@pytest.mark.usefixtures("leaves_it_empty")
def test_a_database_that_is_not_there_or_has_no_labels_is_told(postgres_url, tmp_path):
    missing = f"sqlite:///{tmp_path}/missing.db"
    with pytest.raises(LabelDatabaseError, match=r"There is no label database sqlite.*missing\.db"):
        copy_database(missing, postgres_url)
    assert not (tmp_path / "missing.db").exists()
    LabelStore(missing).counts()
    with pytest.raises(LabelDatabaseError, match=r"holds no labels; is its URL right"):
        copy_database(missing, postgres_url)
    with pytest.raises(LabelDatabaseError, match="copied to itself"):
        copy_database(missing, missing)


def test_more_rows_than_fit_in_memory_at_a_time(original, url, postgres_url, monkeypatch):
    monkeypatch.setattr(copying, "CHUNK", 2)
    assert copy_database(url, postgres_url).rows["label_event"] == 4
    assert rows(url) == rows(postgres_url)
