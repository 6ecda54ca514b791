"""An empty label database on SQLite; `postgres_url` is one on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tiefvision_assets.store.labels.store import LabelStore


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A SQLite database whose folder is not there yet."""
    return f"sqlite:///{tmp_path}/not/yet there/labels.db"


@pytest.fixture
def labels(url: str) -> Iterator[LabelStore]:
    """The label store on that database."""
    store = LabelStore(url)
    yield store
    store.close()
