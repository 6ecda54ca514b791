"""A PostgreSQL that is stopped while people label: they are told in a sentence, and go on when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.store.labels.postgres import postgres_server
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore


@pytest.fixture
def server() -> Iterator[Any]:
    """One that may be stopped, unlike the server that other tests share."""
    with postgres_server() as server:
        yield server


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
