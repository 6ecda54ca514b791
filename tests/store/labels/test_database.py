import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from sqlalchemy.exc import OperationalError

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

A, B, C = "a" * 64, "b" * 64, "c" * 64
SMALL = Box(1, 2, 3, 4)


@pytest.fixture
def store(labels):
    return labels


def test_nothing_is_created_before_the_first_use(tmp_path, url):
    LabelStore(url)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_nothing_behind(store, url):
    store.add_boxes([BoxLabel(A, SMALL)], annotator="ann")
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON label_event WHEN NEW.sha256 = '{C}' "
            "BEGIN SELECT RAISE(ABORT, 'no room left'); END"
        )
    with pytest.raises(LabelDatabaseError, match="no room left"):
        store.add_boxes([BoxLabel(B, SMALL), BoxLabel(C, SMALL)], annotator="ann")
    assert store.live_boxes().sha256.tolist() == [A]
    assert store.add_boxes([BoxLabel(B, SMALL)], annotator="ann") == 1


def test_each_database_has_an_id_of_its_own_for_good(store, tmp_path):
    name = store.database_id()
    store.close()
    assert store.database_id() == name
    other = LabelStore(f"sqlite:///{tmp_path}/other.db")
    assert other.database_id() != name
    other.close()


WRITER = """
import sys
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore, TripletLabel
url, me = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
store = LabelStore(url)
for number in range(25):
    store.add_boxes([BoxLabel(f"{me}-{number}", Box(0, 0, 1, 1)), BoxLabel("shared", Box(0, 0, 2, 2))], annotator=me)
    store.add_triplets([TripletLabel("x", "y", f"z{number}")], annotator=me)
"""


def test_four_processes_that_write_at_once_lose_nothing(store, url):
    command = [sys.executable, "-c", WRITER, url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([*command, f"writer{number}"], **pipes) for number in range(4)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0] * 4
    assert store.counts() == {"boxes": 101, "triplets": 25}
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        written = Counter(connection.execute("SELECT kind, sha256 FROM label_event"))
    assert written["box", "shared"] == 1
    assert written["triplet", "x"] == 25


def test_threads_share_a_store(store):
    with ThreadPoolExecutor(8) as threads:
        counts = threads.map(lambda n: store.add_boxes([BoxLabel(f"{n}", SMALL)], annotator="ann"), range(40))
    assert sum(counts) == 40
    assert store.counts()["boxes"] == 40


def test_reading_goes_on_while_another_writes(store, url):
    store.add_boxes([BoxLabel(A, SMALL)], annotator="ann")
    with sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None) as writer:
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        writer.execute("BEGIN IMMEDIATE")
        assert store.counts()["boxes"] == 1
        writer.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://ann:secret@db/labels", "not a URL that is understood"),
        ("postgres://ann:secret@db/labels", "not a URL that is understood"),
        ("labels.db", "not a URL that is understood"),
        ("postgresql+psycopg://ann:secret@127.0.0.1:1/labels", "check that the server runs"),
        ("postgresql://ann:secret@127.0.0.1:1/labels", "check that the server runs"),
        ("postgresql://127.0.0.1:1/labels?user=ann&password=secret", "check that the server runs"),
        ("sqlite:////proc/nowhere/labels.db", "check that its folder can be written to"),
        ("sqlite:////proc/labels.db", "check that its folder can be written to"),
    ],
)
def test_a_database_out_of_reach_is_told_without_its_password(url, says):
    with pytest.raises(LabelDatabaseError) as refused:
        LabelStore(url).counts()
    assert says in str(refused.value)
    assert "secret" not in str(refused.value)
    assert url.rpartition("/")[2].partition("?")[0] in str(refused.value)


def test_a_file_that_is_no_database_is_told(tmp_path):
    file = tmp_path / "labels.db"
    file.write_text("reference,positive,negative\n" * 100)
    with pytest.raises(LabelDatabaseError, match=r"labels\.db.*not a database"):
        LabelStore(f"sqlite:///{file}").live_boxes()
    assert file.read_text().startswith("reference")


@pytest.mark.parametrize("kind", [LockNotAvailable, SerializationFailure, DeadlockDetected])
def test_a_lock_of_postgresql_is_known_in_every_language(labels, kind):
    failures = [kind("kann Zeile nicht sperren"), kind("kann Zeile nicht sperren")]

    def write(connection):
        if failures:
            raise OperationalError("INSERT", {}, failures.pop())
        return "written"

    assert labels.database.written(write) == "written"
    with pytest.raises(LabelDatabaseError, match="is busy"), labels.database.writing():
        raise OperationalError("INSERT", {}, kind("kann Zeile nicht sperren"))


def test_whoever_waits_for_an_answer_is_told_that_the_database_is_busy(store, url):
    store.counts()
    impatient = LabelStore(url, patience_s=0)
    writer = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(LabelDatabaseError, match=r"labels\.db is busy.*try again"):
        impatient.database.written(lambda connection: None)
    writer.execute("ROLLBACK")
    assert impatient.database.written(lambda connection: "written") == "written"
    writer.close()
    impatient.close()
