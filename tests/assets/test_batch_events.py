"""Batches are told to Dagster one by one, as soon as they are written, and each once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterEventType, DagsterRunStatus
from dagster._core.definitions.data_version import extract_data_provenance_from_entry

from tests import tiny
from tests.in_process_daemon import Daemon
from tiefvision_assets.lineage import embeddings
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes = tiny.settings, tiny.store, tiny.boxes

BATCHED = ("extracted_boxes", "object_encodings")


@pytest.fixture
def singles(store: Store, boxes) -> Store:
    """Four photos in batches of one."""
    for path in list(boxes)[4:]:
        store.catalogue.file(path).unlink()
    store.catalogue.scan(batch_size=1)
    return store


@pytest.fixture
def daemon(singles: Store) -> Daemon:
    return Daemon(singles)


def told(instance: dg.DagsterInstance, asset: str) -> list[dg.EventLogEntry]:
    found = instance.fetch_materializations(dg.AssetKey(asset), limit=100, ascending=True).records
    return [record.event_log_entry for record in found]


def test_each_batch_is_told_once_with_its_numbers_and_versions(daemon: Daemon, singles: Store) -> None:
    assert daemon.until_quiet() == "Nothing is out of date."
    for asset in BATCHED:
        entries = told(daemon.instance, asset)
        assert Counter(entry.dagster_event.partition for entry in entries) == dict.fromkeys(
            singles.catalogue.batch_keys(), 1
        )
        for entry in entries:
            assert entry.asset_materialization.metadata["photos"].value == 1
            provenance = extract_data_provenance_from_entry(entry)
            assert provenance and provenance.code_version
            assert dg.AssetKey("image_catalogue") in provenance.input_data_versions


def test_a_batch_is_told_before_the_next_one_is_begun(daemon: Daemon, singles: Store, monkeypatch) -> None:
    real, seen = embeddings.encode_objects, []

    def encode(*arguments: Any) -> Any:
        seen.append(len(told(daemon.instance, "object_encodings")))
        return real(*arguments)

    monkeypatch.setattr(embeddings, "encode_objects", encode)
    daemon.until_quiet()
    assert seen == [0, 1, 2, 3]


def test_a_cancelled_run_leaves_the_events_of_what_it_wrote(daemon: Daemon, singles: Store, monkeypatch) -> None:
    first = singles.catalogue.batch_keys()[0]
    real, begun = embeddings.encode_objects, []

    def encode(store: Store, models: Any, embedding: str, batch: str, progress: Any) -> Any:
        begun.append(batch)
        if batch != first:
            daemon.instance.report_run_canceling(daemon.instance.get_runs(limit=1)[0])
        return real(store, models, embedding, batch, progress)

    monkeypatch.setattr(embeddings, "encode_objects", encode)
    monkeypatch.setattr("tiefvision_assets.assets.watching.ASKED_EVERY_S", 0.0)
    while not begun:
        daemon.tick()
    (run,) = daemon.instance.get_runs(limit=1)
    assert run.status == DagsterRunStatus.CANCELED
    assert len(begun) == 2, "the second batch was cancelled, and none was begun after it"
    (event,) = daemon.instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
    assert event.dagster_event.partition == first
    assert singles.attempts.failures() == []


def test_a_run_says_in_its_log_how_far_it_is(daemon: Daemon, singles: Store, monkeypatch) -> None:
    monkeypatch.setattr("tiefvision_assets.assets.watching.TOLD_EVERY_S", 0.0)
    daemon.until_quiet()
    said = [log.user_message for run in daemon.instance.get_runs() for log in daemon.instance.all_logs(run.run_id)]
    for sentence in ("Finding objects: 1 of 1", "Fitting the basis: 4 of 4", "Encoding objects: 1 of 1"):
        assert sentence in said
    for sentence in ("Gathering unsupervised vectors: 4 of 4", "Finding unsupervised neighbours: 4 of 4"):
        assert sentence in said
