"""Carrying out the plan through Dagster in this process, with the same assets as in the Dagster UI."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dagster as dg

from tiefvision_assets.assets.groups import IMAGE_BATCH
from tiefvision_assets.assets.watching import HOST, this_host
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.automation import LAUNCHED_BY, STARTED_BY
from tiefvision_assets.orchestration.dagster_home import dagster_home
from tiefvision_assets.orchestration.instances import opened_instance
from tiefvision_assets.orchestration.run_outcomes import RunFailed, why_it_failed
from tiefvision_assets.orchestration.stopping import Stoppable
from tiefvision_assets.orchestration.stretches import partition_ranges, stretches
from tiefvision_assets.planning.plan import failed, next_step
from tiefvision_assets.planning.steps import Step
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import remove_leftovers
from tiefvision_assets.store.store import Store

SCAN = "image_catalogue"
SCAN_NUMBERS = ("new", "changed", "renamed", "deleted", "unchanged", "quarantined", "noted", "new_batches")


class BadSelection(TiefVisionError):
    """An asset selection that Dagster cannot read, or that selects nothing."""


@dataclass(frozen=True)
class RunSummary:
    """What a `tiefvision run` did, in numbers."""

    materialised: int
    """Asset materialisations besides the scan; a batch counts as one."""
    computed: int
    """Number of distinct photos that were located or encoded."""
    reused: int
    """Number of live photos whose boxes and encodings were reused."""


class Runner:
    """Materialises assets in this process; others may work on the same data folder at the same time."""

    def __init__(
        self,
        settings: Settings,
        progress: Progress,
        say: Callable[[str], None],
        instance: dg.DagsterInstance | None = None,
    ) -> None:
        """Runs are recorded in ``instance``, or in that of ``DAGSTER_HOME``; ``say`` gets the reason of each step."""
        self.store = Store(settings)
        self._progress = progress
        self._say = say
        self._instance = instance
        self._materialised = 0

    @cached_property
    def _definitions(self) -> dg.Definitions:
        """Made when the first run is: a demo writes its feed of products before that."""
        from tiefvision_assets.definitions import build_definitions

        return build_definitions(store=self.store, progress=self._progress)

    def scan(self, changes: Path | None = None) -> dict[str, Any]:
        """Bring the catalogue up to date with the raw folder, or with the paths of a list of ``changes``; returns the
        numbers of the scan."""
        with self._recorded() as instance:
            metadata = self._scanned(instance, {"changes": str(changes.absolute())} if changes else {})
        found = {name: metadata[name].value for name in SCAN_NUMBERS}
        return {"photos": metadata["dagster/row_count"].value, **found}

    def run_plan(self, max_steps: int = 10_000) -> RunSummary:
        """Scan, then carry out the plan step by step until it is empty, or nothing is left that can be made.

        Steps that the daemon has given up are tried once more, and what was cancelled is made. A step that fails stops
        only the steps that depend on it; at the end `RunFailed` says what failed.
        """
        reasons: list[str] = []
        with self._recorded() as instance:
            self._scanned(instance)
            with self.store.writing("tiefvision run"):
                self.store.attempts.forget(self.store.attempts.failures())
                self.store.cancelled.keep({})
            before: Step | None = None
            for _ in range(max_steps):
                step = next_step(self.store, attempts=1)
                if step is None:
                    break
                if before and step.key == before.key:
                    reasons.append(f"{step.name} ran, and is still out of date: {step.reason}.")
                    failed(self.store, step, reasons[-1])
                    continue
                ((step, tags),) = stretches(step, instance.get_dynamic_partitions(IMAGE_BATCH))
                self._say(f"{', '.join(step.selection)}: {step.reason}")
                try:
                    self._materialise(instance, step.selection, tags)
                except RunFailed as error:
                    reasons.append(str(error))
                    failed(self.store, step, str(error), error.at)
                    self._say(str(error))
                before = step
        self._announce()
        if reasons:
            raise RunFailed(" ".join(reasons))
        return self._summary()

    def run_selection(self, selection: str) -> RunSummary:
        """Scan, then materialise these assets, whether out of date or not; ``selection`` is in Dagster's syntax."""
        with self._recorded() as instance:
            self._scanned(instance)
            order = instance.get_dynamic_partitions(IMAGE_BATCH)
            for names, batches in self._selected(selection):
                for tags in partition_ranges(batches, order) or [{}]:
                    self._materialise(instance, names, tags)
        self._announce()
        return self._summary()

    def _announce(self) -> None:
        """Tell the webhook, if there is one, what of all that was written through the API searches know by now."""
        from tiefvision_assets.lineage.announcements import announce

        if problem := announce(self.store).problem:
            self._say(f"{problem} The daemon, or the next run, tries again.")

    def _scanned(
        self, instance: dg.DagsterInstance, config: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, dg.MetadataValue[Any]]:
        """Scan, and say what was found damaged; returns the scan's metadata."""
        (event,) = self._materialise(instance, [SCAN], {}, config).get_asset_materialization_events()
        metadata = event.step_materialization_data.materialization.metadata
        damaged = metadata["damaged"].value if "damaged" in metadata else ()
        for sentence in damaged if isinstance(damaged, Sequence) else ():
            self._say(str(sentence))
        return metadata

    def _selected(self, selection: str) -> Iterator[tuple[list[str], list[str]]]:
        """The selected assets in the order of the lineage; successive ones with the same partitions are grouped."""
        graph = self._definitions.resolve_asset_graph()
        try:
            keys = dg.AssetSelection.from_string(selection).resolve(graph)
        except Exception as error:
            raise BadSelection(f"--select {selection!r} is no selection of assets ({error}).") from error
        ordered = [key for level in graph.toposorted_asset_keys_by_level for key in sorted(level) if key in keys]
        ordered = [key for key in ordered if graph.get(key).is_materializable and key.to_user_string() != SCAN]
        together: list[str] = []
        for key in ordered:
            if graph.get(key).is_partitioned:
                if together:
                    yield together, []
                    together = []
                yield [key.to_user_string()], self.store.catalogue.batch_keys()
            else:
                together.append(key.to_user_string())
        if together:
            yield together, []

    def _materialise(
        self,
        instance: dg.DagsterInstance,
        assets: Sequence[str],
        tags: dict[str, str],
        config: Mapping[str, str] = MappingProxyType({}),
    ) -> dg.ExecuteInProcessResult:
        """Make the assets; ``config`` is that of each of them."""
        job = self._definitions.resolve_implicit_global_asset_job_def()
        run_id = str(uuid.uuid4())
        execute = partial(
            job.execute_in_process,
            run_id=run_id,
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in assets],
            tags={**tags, STARTED_BY: "command", LAUNCHED_BY: "command line", HOST: this_host()},
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": {name: {"config": dict(config)} for name in assets if config},
            },
            raise_on_error=False,
        )
        result = Stoppable(instance, run_id, execute).result(self._progress.stop)
        materialised = result.get_asset_materialization_events()
        self._materialised += sum(event.asset_key != dg.AssetKey(SCAN) for event in materialised)
        if not result.success:
            at = next((event.step_key for event in result.all_events if event.is_step_failure), None)
            raise RunFailed(why_it_failed(result.run_id, result.all_events), at or "")
        return result

    def _summary(self) -> RunSummary:
        from tiefvision_assets.store.columns import is_among

        computed = self._progress.computed
        taken_over = ~is_among(self.store.catalogue.live(["sha256"])["sha256"].drop_duplicates(), computed)
        return RunSummary(self._materialised, len(computed), int(taken_over.sum()))

    @contextmanager
    def _recorded(self) -> Iterator[dg.DagsterInstance]:
        with self.store.writing("tiefvision run", wait_s=60, on_wait=self._say):
            nobody_works = self.store.claims.alone()
            if nobody_works:
                with nobody_works:
                    for folder in self.store.layout.made:
                        remove_leftovers(folder)
        if self._instance:
            yield self._instance
        else:
            with opened_instance(dagster_home(self.store.settings)) as instance:
                yield instance
