"""`tiefvision ingest --changes`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import commands, tiny
from tests.commands import InProcess
from tiefvision_assets.store.raw.folder import RawFolder
from tiefvision_assets.store.store import Store

tiny_encoder = tiny.tiny_encoder
settings, store = tiny.settings, tiny.store
tiefvision = commands.in_process


def test_ingest_takes_the_listed_changes(
    tiefvision: InProcess,
    store: Store,
    save_photo: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save_photo("a.png")
    save_photo("b.png", "red")
    monkeypatch.setattr(RawFolder, "listed", None)
    changes = tmp_path / "tonight.csv"
    changes.write_text("path,change\na.png,added\n")
    found = tiefvision("ingest", "--changes", changes, "--json").json
    assert (found["photos"], found["new"], found["new_batches"]) == (1, 1, store.catalogue.batch_keys())
    changes.write_text("path,change\nb.png,added\nc.png,added\n")
    refused = tiefvision("ingest", "--changes", changes)
    assert refused.code == 1 and "Traceback" not in refused.err
    assert "tonight.csv, line 3: 'c.png' is said to be added, and there is no such file in" in refused.err
    assert list(store.catalogue.live()["path"]) == ["a.png"]


def test_a_list_beside_a_folder_is_wrong_usage_and_a_bad_one_a_sentence(tiefvision: InProcess, tmp_path: Path) -> None:
    changes = tmp_path / "tonight.csv"
    changes.write_text("path\na.png\n")
    assert tiefvision("ingest", tmp_path, "--changes", changes).code == 2
    answer = tiefvision("ingest", "--changes", changes)
    reason = "it has no column change, and needs path and change; nothing of it was taken."
    assert (answer.code, answer.err.strip()) == (1, f"The list of changes {changes} cannot be read: {reason}")
