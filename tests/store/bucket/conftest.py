"""Machines whose data folder lies in a bucket of their own; what they read is looked for at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data_bucket import Machines
from tests.object_storage import Bucket, bucket, storage, storage_server
from tiefvision_assets.store.bucket import hooks, working_copy

__all__ = ["bucket", "storage", "storage_server"]


@pytest.fixture
def machines(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    monkeypatch.setattr(hooks, "LOOKED_S", 0.0)
    monkeypatch.setattr(working_copy, "PATIENCE_S", 60.0)
    return Machines(bucket, tmp_path)
