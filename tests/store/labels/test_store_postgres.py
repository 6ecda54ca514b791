"""The label store on a real PostgreSQL, which comes as a Python wheel."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, make_url, select

from tests.store.labels.label_histories import play, steps
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.schema import EVENTS
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore, TripletLabel


@pytest.fixture
def url(postgres_url):
    return postgres_url


@pytest.fixture
def store(labels):
    return labels


@given(st.lists(steps, max_size=10))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_databases_tell_the_same_history(store, url, tmp_path_factory, history):
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    store = LabelStore(url)
    sqlite = LabelStore(f"sqlite:///{tmp_path_factory.mktemp('labels')}/labels.db")
    assert [play(store, step) for step in history] == [play(sqlite, step) for step in history]
    for mine, other in ((store.live_boxes(), sqlite.live_boxes()), (store.live_triplets(), sqlite.live_triplets())):
        pd.testing.assert_frame_equal(mine.drop(columns="created_at"), other.drop(columns="created_at"))
        assert mine.created_at.dtype == other.created_at.dtype
    assert store.counts() == sqlite.counts()
    assert (store.box_version(), store.triplet_version()) == (sqlite.box_version(), sqlite.triplet_version())
    store.close()
    sqlite.close()


def test_times_are_utc_whatever_the_server_says(store, url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER ROLE CURRENT_USER SET timezone TO 'Asia/Kathmandu'")
    before = pd.Timestamp.now("UTC")
    store.add_boxes([BoxLabel("a", Box(0, 0, 1, 1))], annotator="ann")
    created_at = store.live_boxes().created_at[0]
    assert before <= created_at <= pd.Timestamp.now("UTC")
    assert str(created_at.tz) == "UTC"


def test_a_failure_while_writing_leaves_nothing_behind(store):
    labels = [BoxLabel(photo, Box(0, 0, 1, 1)) for photo in ("a", "b\0")]  # PostgreSQL stores no zero byte
    with pytest.raises(LabelDatabaseError, match="cannot be used"):
        store.add_boxes(labels, annotator="ann")
    assert store.counts() == {"boxes": 0, "triplets": 0}


def test_who_reads_sees_one_state(store, url):
    store.add_boxes([BoxLabel("a", Box(0, 0, 1, 1))], annotator="ann")
    writer = LabelStore(url)
    count = select(func.count()).select_from(EVENTS)
    with store.database.reading() as connection:
        before = connection.execute(count).scalar_one()
        writer.add_boxes([BoxLabel("b", Box(0, 0, 1, 1))], annotator="bob")
        assert connection.execute(count).scalar_one() == before
    with store.database.reading() as connection:
        assert connection.execute(count).scalar_one() == before + 1
    writer.close()


def test_writers_notice_each_other_whatever_isolation_is_the_servers_default(url):
    strict = LabelStore(f"{url}{'&' if '?' in url else '?'}options=-c%20default_transaction_isolation%3Dserializable")
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: play(strict, ("box", "a", Box(0, 0, 7, 9), "annotator")), range(12)))
    assert sum(written) == 1
    strict.close()


def test_four_writers_at_once_lose_and_double_nothing(url):
    barrier = Barrier(4)

    def write(writer: int) -> bool:
        store = LabelStore(url)
        barrier.wait()
        for number in range(10):
            shared = BoxLabel("shared", Box(0, 0, 2, 2))
            store.add_boxes([BoxLabel(f"{writer}-{number}", Box(0, 0, 1, 1)), shared], annotator=f"{writer}")
            store.add_triplets([TripletLabel("x", "y", f"z{number}")], annotator=f"{writer}")
        undone = store.undo(1, annotator=f"{writer}")
        store.close()
        return undone

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(write, range(4))) == 1
    with psycopg.connect(url) as connection:
        events = dict(connection.execute("SELECT action || kind, count(*) FROM label_event GROUP BY 1").fetchall())
    assert events == {"labelbox": 41, "labeltriplet": 10, "undobox": 1}


def test_many_labels_at_once(store):
    labels = [BoxLabel(f"{number:064}", Box(0, 0, 1, number + 1)) for number in range(2_500)]
    assert store.add_boxes(labels, annotator="ann", source="import") == 2_500
    assert store.add_boxes(labels, annotator="ann", source="import") == 0


def test_a_connection_that_the_server_cut_is_replaced(store, url):
    store.counts()
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.add_boxes([BoxLabel("a", Box(0, 0, 1, 1))], annotator="ann") == 1


def test_a_missing_database_is_told_without_the_password(url):
    missing = make_url(url).set(database="nowhere", password="secret").render_as_string(hide_password=False)
    with pytest.raises(LabelDatabaseError, match=r'database "nowhere" does not exist.*check that the server') as raised:
        LabelStore(missing).counts()
    assert "secret" not in str(raised.value)


def test_whoever_waits_for_an_answer_is_told_that_the_database_is_busy(store, url):
    impatient = LabelStore(url, patience_s=0)
    with store.database.writing(), pytest.raises(LabelDatabaseError, match="is busy"):
        impatient.database.written(lambda connection: None)
    assert impatient.database.written(lambda connection: "written") == "written"
    impatient.close()
