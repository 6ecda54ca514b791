"""A quiet night confirms the index: a new materialisation whose checks are evaluated, as Dagster shows them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.definitions.freshness_evaluator import TimeWindowFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

from tests import tiny
from tests.in_process_daemon import Daemon
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.orchestration import automation
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained

INDEX = dg.AssetKey("similarity_index")
WHOLE, RECALL = (dg.AssetCheckKey(INDEX, name) for name in ("each_live_photo_once", "index_recall"))


@pytest.fixture
def daemon(trained: Store, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """On a data folder in which everything was made, and scanned once since."""
    monkeypatch.setattr(automation, "RECHECK_S", 1e-6)
    daemon = Daemon(trained)
    assert daemon.night() == "Nothing is out of date."
    assert daemon.ran == []
    return daemon


def shown(instance: dg.DagsterInstance, check: dg.AssetCheckKey) -> dg.AssetCheckEvaluation | None:
    """The evaluation that the UI shows beside the newest materialisation; None: *Not evaluated*."""
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([check])[check]
    current = asyncio.run(record.targets_latest_materialization(LoadingContextForTest(instance)))
    return record.evaluation if current else None


def test_the_index_is_confirmed_once_a_scan(daemon):
    first = daemon.instance.get_latest_materialization_event(INDEX)
    daemon.until_quiet()
    assert daemon.instance.get_latest_materialization_event(INDEX).timestamp == first.timestamp
    daemon.night()
    confirmed = daemon.instance.get_latest_materialization_event(INDEX)
    assert confirmed.timestamp > first.timestamp
    metadata = confirmed.asset_materialization.metadata
    assert metadata["dagster/row_count"].value == tiny.PHOTOS
    assert metadata["night"].value == "Nothing was new; the index was confirmed as it is."


def test_the_checks_of_the_index_are_evaluated(daemon):
    for _ in range(2):
        for check in (WHOLE, RECALL):
            evaluation = shown(daemon.instance, check)
            assert evaluation is not None and evaluation.passed, check
            assert evaluation.blocking == (check == WHOLE)
        daemon.night()


def test_an_index_that_is_not_whole_fails_its_check(daemon, monkeypatch):
    monkeypatch.setattr("tiefvision_assets.lineage.index.index_problems", lambda *_: ["a photo is missing"])
    daemon.night()
    whole = shown(daemon.instance, WHOLE)
    assert whole is not None and not whole.passed and whole.description == "a photo is missing"


@pytest.mark.parametrize(("hours", "state"), [(35, FreshnessState.PASS), (37, FreshnessState.FAIL)])
def test_the_index_is_fresh_for_as_long_as_the_setting_says(daemon, hours, state):
    confirmed = daemon.instance.get_latest_materialization_event(INDEX).timestamp
    node = build_definitions(store=daemon.store).resolve_asset_graph().get(INDEX)
    with freeze_time(datetime.fromtimestamp(confirmed + hours * 3600, UTC)):
        context = LoadingContextForTest(daemon.instance)
        assert asyncio.run(TimeWindowFreshnessPolicyEvaluator().evaluate_freshness(context, node)) == state
