"""What Dagster's UI calls *Unsynced*: nothing after a night without news, and what hangs on a photo that came."""

from __future__ import annotations

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from tests import tiny
from tests.in_process_daemon import Daemon
from tests.tiny import write_photo
from tiefvision_assets.assets.groups import IMAGE_BATCH
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.orchestration import automation
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes, labelled = tiny.settings, tiny.store, tiny.boxes, tiny.labelled


def unsynced(daemon: Daemon) -> set[str]:
    """The assets that have a badge, or whose batches have one."""
    graph = build_definitions(store=daemon.store).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(daemon.instance, graph, LoadingContextForTest(daemon.instance))
    batches = daemon.instance.get_dynamic_partitions(IMAGE_BATCH)

    def is_stale(key: dg.AssetKey) -> bool:
        keys = batches if graph.get(key).is_partitioned else [None]
        return any(resolver.get_status(key, batch) == StaleStatus.STALE for batch in keys)

    return {key.to_user_string() for key in graph.get_all_asset_keys() if is_stale(key)}


@pytest.mark.acceptance
def test_a_night_without_news_leaves_everything_in_sync(labelled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automation, "RECHECK_S", 1e-6)
    daemon = Daemon(labelled)
    assert daemon.night() == daemon.night() == "Nothing is out of date."
    assert unsynced(daemon) == set()
    write_photo(labelled, "new.png", 99)
    job = build_definitions(store=labelled).resolve_job_def("scan_catalogue")
    assert job.execute_in_process(instance=daemon.instance).success
    assert {"embedding_basis", "similarity_index"} <= unsynced(daemon)
