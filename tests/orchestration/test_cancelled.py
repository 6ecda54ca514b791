"""What somebody cancelled is left alone until it is asked for again or its inputs change, and is no failed attempt."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from tests import tiny
from tests.in_process_daemon import Daemon
from tests.orchestration.waiting_run import Waiting
from tests.tiny import label_boxes, write_photo
from tiefvision_assets.box import Box
from tiefvision_assets.lineage import embeddings
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration import automation
from tiefvision_assets.orchestration.cancelled import Cancelled
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.orchestration.stopping import Interrupted, signals_interrupt
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes, labelled = tiny.settings, tiny.store, tiny.boxes, tiny.labelled

LEFT = "What is out of date was cancelled (object_encodings"


@pytest.fixture(autouse=True)
def check_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automation, "RECHECK_S", 1e-9)


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


def cancel_while_encoding(daemon: Daemon, batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tick until a run comes to that batch, and cancel it there."""
    real = embeddings.encode_objects
    with monkeypatch.context() as cancelling:
        cancelling.setattr("tiefvision_assets.assets.watching.ASKED_EVERY_S", 0.0)

        def encode(store: Store, models: Any, embedding: str, now: str, progress: Any) -> Any:
            if now == batch:
                daemon.instance.report_run_canceling(daemon.instance.get_runs(limit=1)[0])
            return real(store, models, embedding, now, progress)

        cancelling.setattr(embeddings, "encode_objects", encode)
        while not daemon.instance.get_runs(dg.RunsFilter(statuses=[DagsterRunStatus.CANCELED])):
            daemon.tick()
    daemon.progress._stop.clear()  # what the next run's process begins with


def test_a_cancelled_run_is_not_started_again_and_nothing_has_failed(daemon, singles, monkeypatch):
    cancel_while_encoding(daemon, singles.catalogue.batch_keys()[1], monkeypatch)
    ran = len(daemon.ran)
    for _ in range(3):
        assert daemon.until_quiet().startswith(LEFT)
    assert len(daemon.ran) == ran
    assert singles.attempts.failures() == [] and status_of(singles)["alerts"] == []
    told, index = status_of(singles)["cancelled"]
    assert (told["assets"], told["batches"]) == (["object_encodings"], singles.catalogue.batch_keys()[1:])
    assert (index["assets"], index["batches"]) == (["similarity_index"], [])
    assert plan(singles)[0].batches == tuple(singles.catalogue.batch_keys()[1:]), "the first batch is kept"


def test_other_inputs_are_made_and_what_was_cancelled_is_not(daemon, singles, monkeypatch):
    first, second, *rest = singles.catalogue.batch_keys()
    cancel_while_encoding(daemon, second, monkeypatch)
    assert daemon.until_quiet().startswith(LEFT)
    ran = len(daemon.ran)
    write_photo(singles, "new.png", 90)
    assert daemon.night().startswith(LEFT)
    (new,) = set(singles.catalogue.batch_keys()) - {first, second, *rest}
    assert {batches for names, batches, _ in daemon.ran[ran:] if names[0] == "object_encodings"} == {(new,)}

    (path,) = singles.catalogue.contents().query("batch == @second")["path"]
    label_boxes(singles, {path: Box(1, 2, 50, 60)})
    assert daemon.until_quiet().startswith(LEFT)
    assert (("object_encodings",), (second,), True) in daemon.ran, "its box is another one"


def test_what_becomes_due_in_the_second_of_a_cancellation_was_not_cancelled(daemon, singles, monkeypatch):
    """Times of runs may be whole seconds, so the cancelled run is found once more."""
    order = singles.catalogue.batch_keys()
    cancel_while_encoding(daemon, order[0], monkeypatch)
    (record,) = daemon.instance.get_run_records(dg.RunsFilter(statuses=[DagsterRunStatus.CANCELED]))
    known = Cancelled(until=record.end_time).and_since(daemon.instance, singles, order)
    assert set(known.inputs) == {f"object_encodings {batch}" for batch in order} | {"similarity_index"}
    (path,) = singles.catalogue.contents().query("batch == @order[1]")["path"]
    label_boxes(singles, {path: Box(1, 2, 50, 60)})
    again = replace(known, until=record.end_time).and_since(daemon.instance, singles, order)
    assert again.inputs == known.inputs, "it was cancelled with the box of before"
    assert again.seen == known.seen


def test_whoever_asks_again_gets_it_and_the_daemon_goes_on(daemon, singles, monkeypatch):
    _, second, third, fourth = singles.catalogue.batch_keys()
    cancel_while_encoding(daemon, second, monkeypatch)
    assert daemon.until_quiet().startswith(LEFT)
    lost = dg.DagsterRun(
        job_name=automation.out_of_date.job_name,
        asset_selection=frozenset([dg.AssetKey("object_encodings"), dg.AssetKey("similarity_index")]),
        tags={"dagster/asset_partition_range_start": second, "dagster/asset_partition_range_end": third},
    )
    daemon.instance.add_run(lost)  # somebody's run, by hand, whose process dies
    daemon.instance.report_run_failed(lost)
    assert daemon.until_quiet().startswith("What is out of date was cancelled (object_encodings), and")
    assert {batches for names, batches, _ in daemon.ran if names == ("object_encodings",)} >= {(second, third)}
    assert status_of(singles)["cancelled"][0]["batches"] == [fourth]
    assert plan(singles)[0].batches == (fourth,), "nobody asked for that"


def test_a_run_makes_all_that_was_cancelled(daemon, singles, monkeypatch):
    cancel_while_encoding(daemon, singles.catalogue.batch_keys()[1], monkeypatch)
    Runner(singles.settings, Progress(), lambda _: None, daemon.instance).run_plan()
    assert daemon.until_quiet() == "Nothing is out of date." and plan(singles) == []
    assert not singles.layout.cancelled.exists()


def test_a_run_that_was_stopped_by_a_signal_is_not_gone_on_with_by_the_daemon(daemon, singles):
    def stop() -> None:
        assert not daemon.tick().run_requests, "the daemon was started meanwhile"
        os.kill(os.getpid(), signal.SIGTERM)

    progress = Waiting("Encoding objects", stop)
    with pytest.raises(Interrupted), signals_interrupt():
        Runner(singles.settings, progress, lambda _: None, daemon.instance).run_plan()
    assert daemon.until_quiet().startswith(LEFT)
    assert daemon.ran == []


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance in files, as users have it: one in memory refuses to be written to while another thread reads."""
    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


def test_a_training_ends_in_all_its_threads_when_its_run_is_cancelled(labelled, kept, monkeypatch):
    monkeypatch.setattr("tiefvision_assets.assets.watching.ASKED_EVERY_S", 0.0)
    daemon, steps = Daemon(labelled, kept), []
    before = set(threading.enumerate())

    def cancel(stage: str, done: int, total: int) -> None:
        if stage.startswith("Training x_min"):
            steps.append(done)
            if len(steps) == 1:
                daemon.instance.report_run_canceling(daemon.instance.get_runs(limit=1)[0])

    daemon.progress._show = cancel
    while not steps:
        daemon.tick()
    (run,) = daemon.instance.get_runs(limit=1)
    assert run.status == DagsterRunStatus.CANCELED
    assert not {thread for thread in set(threading.enumerate()) - before if thread.name.startswith("ThreadPool")}
    assert labelled.models.latest("x_min_regressor") is None, "it was not trained to its end"
    assert labelled.attempts.failures() == []
    daemon.progress._stop.clear()
    assert "was cancelled (" in daemon.until_quiet(), "other models were promoted meanwhile"
    assert any("foreground_classifier" in told["said"] for told in status_of(labelled)["cancelled"])
