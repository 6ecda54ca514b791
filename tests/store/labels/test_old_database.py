"""Databases made before there were leases and commits still open, and lose nothing."""

import sqlite3

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

OLD_SQLITE = """
CREATE TABLE label_event (
    id INTEGER NOT NULL, kind VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, payload JSON, action VARCHAR NOT NULL,
    annotator VARCHAR NOT NULL, role VARCHAR NOT NULL, source VARCHAR NOT NULL, created_at DATETIME NOT NULL,
    seconds FLOAT, reverts INTEGER, PRIMARY KEY (id), UNIQUE (reverts),
    FOREIGN KEY(reverts) REFERENCES label_event (id)
);
CREATE INDEX label_event_content ON label_event (kind, sha256);
INSERT INTO label_event VALUES
    (1, 'box', 'a', '{"left": 1.0, "top": 2.0, "right": 3.0, "bottom": 4.0}', 'label', 'ann', 'annotator', 'app',
     '2026-01-02 03:04:05.000006', 2.5, NULL),
    (2, 'box', 'b', '{"left": 0.0, "top": 0.0, "right": 9.0, "bottom": 9.0}', 'label', 'ann', 'annotator', 'import',
     '2026-01-02 03:04:06.000006', NULL, NULL),
    (3, 'box', 'b', NULL, 'undo', 'bob', 'annotator', 'app', '2026-01-02 03:04:07.000006', NULL, 2);
"""


@pytest.fixture
def url(tmp_path):
    with sqlite3.connect(tmp_path / "labels.db") as connection:
        connection.executescript(OLD_SQLITE)
    return f"sqlite:///{tmp_path}/labels.db"


def test_an_old_database_opens_and_keeps_its_labels(url):
    labels = LabelStore(url)
    assert labels.live_boxes().sha256.tolist() == ["a"]
    annotation = Annotation(labels.database, overlap=0)
    assert annotation.claim("box", Queue(["a", "b"]), "ann", "tab").photos == ("b",)
    assert annotation.commit(Decision.box("1", BoxLabel("b", Box(0, 0, 5, 5)), "drawn"), annotator="ann")
    assert not annotation.commit(Decision.box("1", BoxLabel("b", Box(0, 0, 5, 5)), "drawn"), annotator="ann")
    assert labels.counts()["boxes"] == 2
    events = LabelHistory(labels.database).page()
    assert [(event.event_id, event.method, event.undone_by) for event in events] == [
        (4, "drawn", None),
        (2, None, "bob"),
        (1, None, None),
    ]
    assert events[-1].created_at.isoformat() == "2026-01-02T03:04:05.000006+00:00"
    assert annotation.undo_last("2", "box", annotator="ann", session="tab") is None, "no tab of today made these"
    labels.close()


def test_it_is_brought_up_to_date_once(url):
    ids = set()
    for _ in range(2):
        labels = LabelStore(url)
        ids.add(labels.database_id())
        labels.close()
    assert len(ids) == 1
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(label_event)")]
        indexes = {row[1] for row in connection.execute("PRAGMA index_list(label_event)")}
    assert columns[-3:] == ["commit_id", "method", "session"]
    assert {"label_event_commit", "label_event_content", "label_event_annotator"} <= indexes
