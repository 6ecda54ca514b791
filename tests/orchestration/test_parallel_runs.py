"""Several runs at once: stretches that share no batch, as many as the setting allows, and the rest after them."""

from __future__ import annotations

from itertools import chain

import dagster as dg
import pytest

from tests import tiny
from tests.in_process_daemon import Daemon
from tiefvision_assets.lineage import batches as batching
from tiefvision_assets.orchestration import automation, stretches
from tiefvision_assets.planning import batches as due_batches
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
store, boxes = tiny.store, tiny.boxes

AT_ONCE, A_RUN = 3, 2


@pytest.fixture
def settings(tmp_path, tiny_encoder) -> Settings:
    return tiny.settings_in(tmp_path).model_copy(update={"parallel_runs": AT_ONCE})


@pytest.fixture(autouse=True)
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automation, "RECHECK_S", 1e-9)
    for module in (batching, stretches, due_batches):
        monkeypatch.setattr(module, "MAX_BATCHES_A_RUN", A_RUN)


@pytest.fixture
def daemon(store: Store, boxes) -> Daemon:
    """Nine photos in batches of one; labels, encoder, boxes and basis are made."""
    for path in list(boxes)[9:]:
        store.catalogue.file(path).unlink()
    store.catalogue.scan(batch_size=1)
    daemon = Daemon(store)
    while daemon.ran[-1:] != [(("embedding_basis",), (), True)]:
        daemon.tick()
    return daemon


def asked_for(daemon: Daemon, result: dg.SensorResult) -> list[tuple[str, ...]]:
    return [daemon._named(request)[1] for request in result.run_requests or []]


def begin(daemon: Daemon, request: dg.RunRequest) -> bool:
    """The run has begun and goes on, in a process of another host."""
    run = dg.DagsterRun(
        job_name=automation.out_of_date.job_name,
        asset_selection=frozenset(request.asset_selection or ()),
        tags={**request.tags, "dagster/run_key": str(request.run_key)},
        status=dg.DagsterRunStatus.STARTED,
    )
    daemon.instance.add_run(run)
    return True


def test_as_many_runs_as_allowed_are_asked_for_at_once_and_share_no_batch(daemon, store):
    keys = store.catalogue.batch_keys()
    result = daemon.tick(lambda request: begin(daemon, request))
    assert asked_for(daemon, result) == [(keys[0], keys[1]), (keys[2], keys[3]), (keys[4], keys[5])]
    for request in result.run_requests:
        assert request.asset_selection == [dg.AssetKey("object_encodings")], "the index waits for all"
    assert len({request.run_key for request in result.run_requests}) == AT_ONCE
    assert not daemon.tick().run_requests, "no run more"


def test_when_one_of_them_has_ended_the_next_stretch_is_asked_for(daemon, store):
    keys = store.catalogue.batch_keys()
    daemon.tick(lambda request: begin(daemon, request))
    first = daemon.instance.get_runs(ascending=True)[-AT_ONCE]
    made = dg.RunRequest(asset_selection=[dg.AssetKey("object_encodings")], tags=first.tags)
    daemon._run(made)
    daemon.instance.report_run_canceled(first)  # the run that stood for it
    daemon.instance.delete_run(first.run_id)
    assert asked_for(daemon, daemon.tick(lambda request: begin(daemon, request))) == [(keys[6], keys[7])]
    assert not daemon.tick().run_requests


def test_nothing_else_is_asked_for_while_batches_are_made(daemon, store):
    daemon.tick(lambda request: begin(daemon, request))
    tiny.label_triplets(store, 30)
    result = daemon.tick()
    assert not result.run_requests
    assert result.skip_reason.skip_message == automation.ON_ITS_WAY


def test_together_they_make_everything_once(daemon, store):
    assert daemon.until_quiet() == "Nothing is out of date."
    assert plan(store) == []
    encoded = list(chain.from_iterable(batches for names, batches, _ in daemon.ran if names[0] == "object_encodings"))
    assert sorted(encoded) == store.catalogue.batch_keys()


def test_what_lost_runs_leave_is_asked_for_batch_by_batch_as_many_at_once(daemon, store):
    keys = store.catalogue.batch_keys()
    daemon.tick(daemon.lost)
    after = asked_for(daemon, daemon.tick())
    assert after == [(keys[6], keys[7]), (keys[8],)], "those that never failed come first"
    assert asked_for(daemon, daemon.tick()) == [(keys[0],), (keys[1],), (keys[2],)]
    assert daemon.until_quiet() == "Nothing is out of date."
