"""`tiefvision database copy` as people and scripts call it; what it copies is tested with the label store."""

import sqlite3

import pytest

from tests import commands
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

tiefvision = commands.in_process


@pytest.fixture
def original(tmp_path):
    url = f"sqlite:///{tmp_path}/labels.db"
    labels = LabelStore(url)
    labels.add_boxes([BoxLabel("a", Box(0, 0, 1, 1)), BoxLabel("b", Box(0, 0, 1, 1))], annotator="ann")
    labels.close()
    return url


def test_a_copy_is_reported_for_people_and_for_scripts(tiefvision, original, tmp_path):
    first, second = (f"sqlite:///{tmp_path}/{name}.db" for name in ("first", "second"))
    told = tiefvision("database", "copy", original, first, "--json").json
    assert (told["source"], told["target"], told["rows"]["label_event"]) == (original, first, 2)
    assert len(told["sha256"]) == 64
    assert "label_event: 2" in tiefvision("database", "copy", first, second).out
    with sqlite3.connect(tmp_path / "second.db") as connection:
        assert connection.execute("SELECT count(*) FROM label_event").fetchone() == (2,)


def test_a_copy_that_cannot_be_is_one_sentence_without_passwords(tiefvision, original, tmp_path):
    nowhere = "postgresql://ann:secret@127.0.0.1:1/labels"
    failed = tiefvision("database", "copy", original, nowhere)
    assert failed.code == 1
    assert "check that the server runs" in failed.err
    assert "secret" not in failed.err
    assert "Traceback" not in failed.err
