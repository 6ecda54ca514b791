"""Annotators at once, and a database of an older version, on a real PostgreSQL."""

import psycopg
import pytest

from tests.store.labels.eight_annotators import check_that_nothing_was_lost_or_doubled, label_at_once
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore


@pytest.fixture
def url(postgres_url):
    return postgres_url


@pytest.mark.acceptance
def test_eight_annotators_at_once(url):
    check_that_nothing_was_lost_or_doubled(url, label_at_once(url))


def test_an_old_database_opens_and_keeps_its_labels(url):
    labels = LabelStore(url)
    labels.add_boxes([BoxLabel("a", Box(0, 0, 1, 1))], annotator="ann")
    labels.close()
    with psycopg.connect(url) as connection:
        others = "FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'label_event'"
        later = f"SELECT string_agg(tablename, ', ') {others}"
        connection.execute(f"DROP TABLE {connection.execute(later).fetchone()[0]}")
        connection.execute("ALTER TABLE label_event DROP COLUMN commit_id, DROP COLUMN method, DROP COLUMN session")
    labels = LabelStore(url)
    annotation = Annotation(labels.database, overlap=0)
    assert annotation.claim("box", Queue(["a", "b"]), "ann", "tab").photos == ("b",)
    for written in (True, False):
        decision = Decision.box("1", BoxLabel("b", Box(0, 0, 5, 5)), "drawn")
        assert annotation.commit(decision, annotator="ann") == written
    history = LabelHistory(labels.database)
    assert [event.sha256 for event in history.page()] == ["b", "a"]
    assert history.pace("box", "ann").decisions == 2
    assert labels.counts()["boxes"] == 2
    name = labels.database_id()
    labels.close()
    assert LabelStore(url).database_id() == name
