"""What starts by itself: the sensor asks for the plan's first step, once a state of the data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from typing import Any

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from hypothesis import given
from hypothesis import strategies as st

from tests import tiny
from tests.commands import wait_for
from tests.in_process_daemon import Daemon
from tests.tiny import RETRAIN_AFTER, label_boxes, write_photo
from tiefvision_assets.assets.groups import IMAGE_BATCH
from tiefvision_assets.assets.watching import HOST, this_host
from tiefvision_assets.box import Box
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage import embeddings, ranking
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.lineage.written_notes import note_photos
from tiefvision_assets.orchestration import automation
from tiefvision_assets.orchestration.automation import out_of_date, raw_folder_changed
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.orchestration.stretches import RANGE_END, RANGE_START, partition_ranges
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, run, boxes = tiny.settings, tiny.store, tiny.run, tiny.boxes
labelled, trained = tiny.labelled, tiny.trained


BROKEN = "no more of this"


def evaluate(store: Store, instance: dg.DagsterInstance) -> dg.SensorResult:
    return out_of_date(dg.build_sensor_context(instance=instance, resources={"store": store}))


def test_the_sensor_requests_the_first_step_of_the_plan_once_a_state(trained):
    instance = dg.DagsterInstance.ephemeral()
    for number in range(3):
        write_photo(trained, f"new{number}.png", 90 + number)
    (batch,) = trained.catalogue.scan().batches
    first = evaluate(trained, instance)
    (request,) = first.run_requests
    names = ["extracted_boxes", "object_encodings", "similarity_index"]
    assert request.asset_selection == [dg.AssetKey(name) for name in names], "nothing has to be decided in between"
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (batch, batch)
    assert request.tags["tiefvision/reason"].startswith("3 photos have no box by ")
    (added,) = first.dynamic_partitions_requests
    assert (added.partitions_def_name, batch in added.partition_keys) == (IMAGE_BATCH, True)

    trained.catalogue.file("00.png").unlink()
    trained.catalogue.scan()
    assert evaluate(trained, instance).run_requests[0].run_key == request.run_key, "the work is the same"
    keys = {request.run_key}
    write_photo(trained, "new3.png", 93)
    trained.catalogue.scan()
    keys.add(evaluate(trained, instance).run_requests[0].run_key)
    for path in ("06.png", "07.png"):
        label_boxes(trained, {path: Box(1, 2, 50, 60)})
        keys.add(evaluate(trained, instance).run_requests[0].run_key)
    trained.served.promote(trained.served.read().next.with_basis("another"))
    keys.add(evaluate(trained, instance).run_requests[0].run_key)
    assert len(keys) == 5, "a changed state is a new request"


def test_the_sensor_says_that_nothing_is_out_of_date(trained):
    result = evaluate(trained, dg.DagsterInstance.ephemeral())
    assert not result.run_requests
    assert result.skip_reason.skip_message == "Nothing is out of date."


def test_the_sensor_waits_for_a_run_that_is_on_its_way(store, boxes):
    instance = dg.DagsterInstance.ephemeral()
    instance.add_run(dg.DagsterRun(job_name="materialise", status=dg.DagsterRunStatus.STARTED))
    assert not evaluate(store, instance).run_requests


@pytest.fixture(autouse=True)
def check_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automation, "RECHECK_S", 1e-9)


@pytest.fixture
def daemon(store: Store) -> Daemon:
    return Daemon(store)


@pytest.fixture
def singles(store: Store, boxes, monkeypatch) -> Store:
    """Four photos in batches of one."""
    for path in list(boxes)[4:]:
        store.catalogue.file(path).unlink()
    store.catalogue.scan(batch_size=1)
    return store


def alerts(store: Store) -> list[dict[str, Any]]:
    return status_of(store)["alerts"]


class Breaking:
    """Lets the encoding of some batches fail, or any step's run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = embeddings.encode_objects
        self.batches: set[str] = set()

        def encode(store: Store, models: Any, embedding: str, batch: str, progress: Any) -> Any:
            if batch in self.batches:
                raise OSError(BROKEN)
            return real(store, models, embedding, batch, progress)

        monkeypatch.setattr(embeddings, "encode_objects", encode)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Breaking:
    return Breaking(monkeypatch)


def test_the_daemon_makes_everything_and_then_nothing(daemon, labelled):
    assert daemon.until_quiet() == "Nothing is out of date."
    assert plan(labelled) == []
    assert all(success for _, _, success in daemon.ran)
    done = len(daemon.ran)
    assert daemon.night() == "Nothing is out of date." and len(daemon.ran) == done


def test_a_failing_batch_is_tried_three_times_and_the_others_go_on(daemon, singles, breaking):
    bad, *good = singles.catalogue.batch_keys()
    breaking.batches = {bad}
    reason = daemon.until_quiet()
    assert reason.startswith("What is out of date has failed too often (object_encodings, similarity_index)")
    encoding = [(batches, success) for names, batches, success in daemon.ran if names[0] == "object_encodings"]
    assert encoding == [((bad, *good), False), ((bad,), False), ((bad,), False)]
    assert not singles.served.read().index, "an index without it hides it"
    (alert,) = alerts(singles)
    assert (alert["batches"], alert["attempts"], alert["given_up"]) == ([bad], 3, True)
    assert BROKEN in alert["said"] and "`tiefvision run`" in alert["said"]
    for batch in good:
        latest = daemon.instance.get_latest_materialization_event(dg.AssetKey("object_encodings"))
        assert latest is not None
        assert batch in daemon.instance.get_materialized_partitions(dg.AssetKey("object_encodings"))


def test_the_alert_goes_when_the_batch_succeeds(daemon, singles, breaking, run):
    breaking.batches = {singles.catalogue.batch_keys()[1]}
    daemon.until_quiet()
    assert alerts(singles)
    breaking.batches = set()
    run()
    assert alerts(singles) == [] and plan(singles) == []
    assert daemon.until_quiet() == "Nothing is out of date."
    assert singles.attempts.failures() == []


def test_the_alert_goes_when_the_inputs_change_and_the_daemon_tries_again(daemon, singles, breaking):
    bad = singles.catalogue.batch_keys()[2]
    breaking.batches = {bad}
    daemon.until_quiet()
    (path,) = singles.catalogue.contents().query("batch == @bad")["path"]
    singles.catalogue.file(path).unlink()
    assert daemon.night() == "Nothing is out of date."
    assert alerts(singles) == [] and singles.served.read().index


def test_a_batch_that_fails_once_is_made_at_the_second_attempt(daemon, singles, breaking, monkeypatch):
    bad = singles.catalogue.batch_keys()[0]
    breaking.batches = {bad}
    while not daemon.ran or daemon.ran[-1][0][0] != "object_encodings":
        daemon.tick()
    (alert,) = alerts(singles)
    assert (alert["attempts"], alert["given_up"]) == (1, False) and "tries 3 times" in alert["said"]
    breaking.batches = set()
    assert daemon.until_quiet() == "Nothing is out of date."
    assert alerts(singles) == []


def test_a_batch_that_kills_its_process_takes_no_other_with_it(daemon, singles):
    bad, *good = singles.catalogue.batch_keys()

    def die_on_bad(request: dg.RunRequest) -> bool:
        names, batches = daemon._named(request)
        return daemon.lost(request) if names[0] == "object_encodings" and bad in batches else daemon._run(request)

    for _ in range(30):
        if not daemon.tick(die_on_bad).run_requests:
            break
    encoding = [(batches, success) for names, batches, success in daemon.ran if names[0] == "object_encodings"]
    assert encoding[0] == ((bad, *good), False)
    assert {batches for batches, success in encoding if success} == {(batch,) for batch in good}
    assert sum((bad,) == batches for batches, _ in encoding) == 2, "three attempts with the first"
    (alert,) = alerts(singles)
    assert alert["batches"] == [bad] and "ended unexpectedly" in alert["said"]


def test_a_step_that_fails_is_given_up_and_what_does_not_need_it_goes_on(daemon, labelled, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(BROKEN)

    monkeypatch.setattr(ranking, "train_ranking_head", broken)
    reason = daemon.until_quiet()
    assert "ranking_head" in reason
    training = [success for names, _, success in daemon.ran if "ranking_head" in names]
    assert training == [False] * 3
    served = labelled.served.read()
    assert served.index and served.models.ranking_head is None, "searching goes without the head"
    (alert,) = alerts(labelled)
    assert alert["given_up"] and BROKEN in alert["said"]


def test_new_labels_retrain_once_and_an_undone_one_does_nothing(daemon, trained):
    daemon.until_quiet()
    before, done = trained.snapshots.current("boxes"), len(daemon.ran)
    label_boxes(trained, {"09.png": Box(1, 2, 50, 60)})
    trained.labels.undo(int(trained.labels.live_boxes()["event_id"].max()), annotator="ann")
    assert daemon.until_quiet() == "Nothing is out of date."
    assert len(daemon.ran) == done and trained.snapshots.current("boxes") == before

    for number in range(RETRAIN_AFTER):
        label_boxes(trained, {f"{6 + number:02d}.png": Box(1, 2, 50 + number, 60)})
        daemon.until_quiet()
        trainings = [names for names, _, _ in daemon.ran[done:] if "x_min_regressor" in names]
        assert len(trainings) == (1 if number == RETRAIN_AFTER - 1 else 0)


def test_the_same_work_due_again_is_requested_again(daemon, singles):
    daemon.until_quiet()
    for _ in range(5):
        for file in (singles.layout.root / "encodings").rglob("*.parquet"):
            file.unlink()
        assert daemon.until_quiet() == "Nothing is out of date."
        assert plan(singles) == []


def test_the_run_list_names_the_assets_of_the_sensors_runs_and_says_who_started_them(daemon, singles):
    (request,) = daemon.tick().run_requests
    (run,) = daemon.instance.get_runs(limit=1)
    assert run.job_name.startswith("__anonymous_asset_job"), "Dagster shows the assets of such runs, not their job"
    assert run.asset_selection == set(request.asset_selection)
    assert run.tags["tiefvision/started_by"] == "sensor"


def test_the_plan_is_not_asked_again_until_something_changes(daemon, singles, monkeypatch):
    monkeypatch.setattr(automation, "RECHECK_S", 1e9)
    daemon.until_quiet()
    quiet = "Nothing has changed since nothing was out of date."
    assert daemon.until_quiet() == quiet
    label_boxes(singles, {"00.png": Box(1, 2, 50, 60)})
    assert daemon.tick().run_requests
    assert daemon.until_quiet() == "Nothing is out of date." and daemon.until_quiet() == quiet
    assert daemon.night() == "Nothing is out of date." and daemon.until_quiet() == quiet


def test_every_batch_says_what_it_took(daemon, singles):
    daemon.until_quiet()
    for asset in ("extracted_boxes", "object_encodings"):
        records = daemon.instance.fetch_materializations(dg.AssetKey(asset), limit=10).records
        assert {record.partition_key for record in records} == set(singles.catalogue.batch_keys())
        for record in records:
            numbers = {name: value.value for name, value in record.asset_materialization.metadata.items()}
            assert (numbers["photos"], numbers["reused"], numbers["dagster/row_count"]) == (1, 0, 1)
            assert numbers["computed"] == (1 if asset == "object_encodings" else 0)
            assert numbers["seconds"] > 0 and numbers["photos_per_second"] > 0


def started(instance: dg.DagsterInstance, pid: int, host: str | None = None) -> dg.DagsterRun:
    """A run that says that it is carried out by that process, of that host."""
    tags = {HOST: host} if host else {}
    run = dg.DagsterRun(job_name="materialise", status=dg.DagsterRunStatus.STARTING, tags=tags)
    instance.add_run(run)
    process = EngineEventData({"pid": dg.MetadataValue.text(str(pid))})
    for kind, data in (("PIPELINE_START", None), ("ENGINE_EVENT", process)):
        event = dg.DagsterEvent(kind, "materialise", event_specific_data=data, message="")
        instance.report_dagster_event(event, run.run_id)
    return run


def test_a_run_that_lost_its_process_does_not_hold_up_the_next(daemon, singles):
    alive = started(daemon.instance, os.getpid())
    assert not daemon.evaluate().run_requests
    assert daemon.instance.get_run_by_id(alive.run_id).status == dg.DagsterRunStatus.STARTED
    daemon.instance.report_run_canceled(alive)

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lost = started(daemon.instance, gone.pid)
    assert daemon.evaluate().run_requests
    assert daemon.instance.get_run_by_id(lost.run_id).status == dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize(("host", "status"), [(this_host(), "FAILURE"), ("node-2 pid:[4026531836]", "STARTED")])
def test_a_run_of_another_host_is_not_taken_for_dead(daemon, singles, host, status):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run = started(daemon.instance, gone.pid, host)
    assert bool(daemon.evaluate().run_requests) == (status == "FAILURE")
    assert daemon.instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus[status]


def test_a_run_says_where_its_process_is(daemon, singles):
    daemon.tick()
    (run,) = daemon.instance.get_runs(limit=1)
    assert run.tags[HOST] == this_host()


def test_a_process_that_got_the_id_of_a_lost_one_is_another(daemon, singles, monkeypatch):
    run = started(daemon.instance, os.getpid())
    monkeypatch.setattr(os, "sysconf", lambda name: 1e-3)  # the process seems to be born long after the run's start
    assert daemon.evaluate().run_requests
    assert daemon.instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE


def test_the_sensor_leaves_a_data_folder_that_is_written_to_alone(daemon, singles, tmp_path):
    ready = tmp_path / "ready"
    script = (
        "import sys, pathlib; from tiefvision_assets.store.lock import writer_lock\n"
        "with writer_lock(pathlib.Path(sys.argv[1]), 'a test', wait_s=0):\n"
        "    pathlib.Path(sys.argv[2]).touch(); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(singles.layout.lock), str(ready)], stdin=subprocess.PIPE
    )
    try:
        wait_for("the lock", ready.exists, 30, every_s=0.1)
        result = daemon.evaluate()
        assert not result.run_requests
        assert "is being written to by a test (process" in result.skip_reason.skip_message
    finally:
        holder.communicate(timeout=30)


def folder_sensor(store: Store, cursor: str | None) -> dg.SensorResult:
    return raw_folder_changed(dg.build_sensor_context(cursor=cursor, resources={"store": store}))


def test_the_folder_is_scanned_when_files_came_and_it_is_quiet_again(store, boxes):
    first = folder_sensor(store, None)
    assert not first.run_requests and "waits until it is quiet" in first.skip_reason.skip_message
    second = folder_sensor(store, first.cursor)
    (request,) = second.run_requests
    assert request.tags["tiefvision/started_by"] == "sensor"
    third = folder_sensor(store, second.cursor)
    assert not third.run_requests and third.skip_reason.skip_message == "No file came or went."
    write_photo(store, "sub/folder/new.png", 99)
    fourth = folder_sensor(store, third.cursor)
    assert not fourth.run_requests
    write_photo(store, "sub/folder/other.png", 98)
    fifth = folder_sensor(store, fourth.cursor)
    assert not fifth.run_requests, "still copying"
    sixth = folder_sensor(store, fifth.cursor)
    assert sixth.run_requests[0].run_key != request.run_key
    (store.settings.raw_dir / ".hidden").mkdir()
    store.catalogue.file("sub/folder/new.png").unlink()
    seventh = folder_sensor(store, sixth.cursor)
    assert folder_sensor(store, seventh.cursor).run_requests


def test_a_list_of_changes_is_watched_instead_of_the_folder_and_scanned_by(settings, tmp_path):
    changes = tmp_path / "tonight.csv"
    store = Store(settings.model_copy(update={"changes": changes}))
    config = {"ops": {"image_catalogue": {"config": {"changes": str(changes)}}}}
    schedule = build_definitions(store=store).resolve_schedule_def("nightly_catalogue_scan")
    (nightly,) = schedule.evaluate_tick(dg.build_schedule_context(resources={"store": store})).run_requests
    assert nightly.run_config == config
    nothing = folder_sensor(store, None)
    assert nothing.skip_reason.skip_message == f"There is no list of changes at {changes}."
    changes.write_text("path,change\n")
    first = folder_sensor(store, None)
    write_photo(store, "new.png", 99)
    (request,) = folder_sensor(store, first.cursor).run_requests
    assert request.run_config == config


def test_what_the_api_wrote_is_scanned_beside_a_list_of_changes(settings, tmp_path):
    changes = tmp_path / "tonight.csv"
    changes.write_text("path,change\n")
    store = Store(settings.model_copy(update={"changes": changes}))
    for name in ("told.png", "untold.png"):
        write_photo(store, name, 99)
    scanned = folder_sensor(store, folder_sensor(store, None).cursor)
    note_photos(store, {"told.png": "0" * 64, "removed.png": None})
    quiet = folder_sensor(store, folder_sensor(store, scanned.cursor).cursor)
    assert len(quiet.run_requests) == 1
    Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).scan(changes)
    assert store.catalogue.live()["path"].tolist() == ["told.png"] and not Store(settings).unscanned_photos.values()


def test_a_missing_raw_folder_requests_one_scan_at_most(store):
    first = folder_sensor(store, None)
    second = folder_sensor(store, first.cursor)
    assert not folder_sensor(store, second.cursor).run_requests


@given(st.sets(st.integers(0, 39)))
def test_ranges_name_the_batches_and_no_others(chosen):
    order = [f"b{number:06d}" for number in range(40)]
    batches = tuple(order[number] for number in chosen)
    ranges = [
        (order.index(tags[RANGE_START]), order.index(tags[RANGE_END])) for tags in partition_ranges(batches, order)
    ]
    named = [number for first, last in ranges for number in range(first, last + 1)]
    assert named == sorted(chosen)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges)), "neighbours apart"
