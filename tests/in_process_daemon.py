"""The sensors and their runs as the daemon would drive them, in this process and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg

from tiefvision_assets.assets.groups import IMAGE_BATCH
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.automation import out_of_date, scan_catalogue
from tiefvision_assets.store.store import Store

RUN_KEY = "dagster/run_key"


class Daemon:
    """One sensor's ticks; what a tick requests is carried out at once, and no run key twice."""

    def __init__(self, store: Store, instance: dg.DagsterInstance | None = None) -> None:
        self.store = store
        self.instance = instance or dg.DagsterInstance.ephemeral()
        self.progress = Progress()
        self.cursor: str | None = None
        self.ran: list[tuple[tuple[str, ...], tuple[str, ...], bool]] = []
        """Assets, batches and success of every run."""
        self._definitions = build_definitions(store=store, progress=self.progress)

    def evaluate(self) -> dg.SensorResult:
        """A tick without what follows."""
        context = dg.build_sensor_context(self.instance, cursor=self.cursor, resources={"store": self.store})
        return out_of_date(context)

    def tick(self, run: Callable[[dg.RunRequest], bool] | None = None) -> dg.SensorResult:
        """A tick, and the runs that it requests; ``run`` stands for the process that would carry them out."""
        result = self.evaluate()
        for request in result.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(IMAGE_BATCH, list(request.partition_keys))
        for event in result.asset_events:
            self.instance.report_runless_asset_event(event)
        for request in result.run_requests or []:
            if not self.instance.get_runs(dg.RunsFilter(tags={RUN_KEY: request.run_key})):
                (run or self._run)(request)
        self.cursor = result.cursor
        return result

    def until_quiet(self, ticks: int = 60) -> str:
        """Tick until nothing is requested; returns why."""
        for _ in range(ticks):
            result = self.tick()
            if not result.run_requests:
                assert result.skip_reason
                return str(result.skip_reason.skip_message)
        raise AssertionError(f"still requesting after {ticks} ticks: {self.ran[-5:]}")

    def night(self) -> str:
        """The nightly scan, and what follows from it."""
        job = self._definitions.resolve_job_def(scan_catalogue.name)
        job.execute_in_process(instance=self.instance, resources={"store": self.store, "progress": self.progress})
        return self.until_quiet()

    def lost(self, request: dg.RunRequest) -> bool:
        """A run whose process died before it did anything, as the code server reports it."""
        run = dg.DagsterRun(job_name=out_of_date.job_name, tags={**request.tags, RUN_KEY: str(request.run_key)})
        self.instance.add_run(run)
        self.instance.report_run_failed(run)
        self.ran.append((*self._named(request), False))
        return False

    def _run(self, request: dg.RunRequest) -> bool:
        job = self._definitions.resolve_job_def(out_of_date.job_name)
        result = job.execute_in_process(
            instance=self.instance,
            asset_selection=request.asset_selection,
            tags={**request.tags, RUN_KEY: str(request.run_key)},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
        self.ran.append((*self._named(request), result.success))
        return result.success

    def _named(self, request: dg.RunRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
        names = tuple(key.to_user_string() for key in request.asset_selection or [])
        ends: Any = [request.tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end")]
        order = self.instance.get_dynamic_partitions(IMAGE_BATCH)
        return names, tuple(order[order.index(ends[0]) : order.index(ends[1]) + 1]) if ends[0] else ()
