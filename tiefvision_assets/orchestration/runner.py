"""Carrying out the plan through Dagster in this process, with the same assets as in the Dagster UI."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from tiefvision_assets.assets.groups import IMAGE_BATCH
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.automation import LAUNCHED_BY, STARTED_BY, first_stretch, partition_ranges
from tiefvision_assets.orchestration.run_outcomes import why_it_failed
from tiefvision_assets.orchestration.stopping import Stoppable
from tiefvision_assets.planning.plan import failed, next_step
from tiefvision_assets.planning.steps import Step
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import remove_leftovers
from tiefvision_assets.store.store import Store

SCAN = "image_catalogue"
SCAN_NUMBERS = ("new", "changed", "renamed", "deleted", "unchanged", "quarantined", "noted", "new_batches")
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
freshness:
  enabled: true
"""


class RunFailed(TiefVisionError):
    """A Dagster run failed; its log is in the Dagster UI."""

    def __init__(self, reason: str, at: str = "") -> None:
        """``at`` is the asset that failed first; empty if no asset did."""
        super().__init__(reason)
        self.at = at


class BadDagsterHome(TiefVisionError):
    """The environment's ``DAGSTER_HOME`` is no folder, and cannot be made one."""


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


def dagster_home(settings: Settings) -> str:
    """``DAGSTER_HOME``, absolute and created: from the environment, else in the data folder with its settings."""
    named = os.environ.get("DAGSTER_HOME")
    if named:
        try:
            home = Path(named).expanduser().resolve()
            home.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise BadDagsterHome(
                f"DAGSTER_HOME={named!r} cannot be used ({error}); name a folder, or unset it to use the data folder's."
            ) from error
        return str(home)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(DAGSTER_YAML, encoding="utf-8")
    return str(settings.dagster_home)


class Runner:
    """Materialises assets in this process; holds the data folder's lock while it does."""

    def __init__(
        self,
        settings: Settings,
        progress: Progress,
        say: Callable[[str], None],
        instance: dg.DagsterInstance | None = None,
    ) -> None:
        """Runs are recorded in ``instance``, or in that of ``DAGSTER_HOME``; ``say`` gets the reason of each step."""
        from tiefvision_assets.definitions import build_definitions

        self.store = Store(settings)
        self._progress = progress
        self._say = say
        self._definitions = build_definitions(store=self.store, progress=progress)
        self._instance = instance
        self._materialised = 0

    def scan(self) -> dict[str, Any]:
        """Bring the catalogue up to date with the raw folder; returns the numbers of the scan."""
        with self._writing() as instance:
            metadata = self._scanned(instance)
        found = {name: metadata[name].value for name in SCAN_NUMBERS}
        return {"photos": metadata["dagster/row_count"].value, **found}

    def run_plan(self, max_steps: int = 10_000) -> RunSummary:
        """Scan, then carry out the plan step by step until it is empty, or nothing is left that can be made.

        Steps that the daemon has given up are tried once more. A step that fails stops only the steps that depend on
        it; at the end `RunFailed` says what failed.
        """
        reasons: list[str] = []
        with self._writing() as instance:
            self._scanned(instance)
            self.store.attempts.keep(lambda failure: False)
            before: Step | None = None
            for _ in range(max_steps):
                step = next_step(self.store, attempts=1)
                if step is None:
                    break
                if before and step.key == before.key:
                    reasons.append(f"{step.name} ran, and is still out of date: {step.reason}.")
                    failed(self.store, step, reasons[-1])
                    continue
                step, tags = first_stretch(step, instance.get_dynamic_partitions(IMAGE_BATCH))
                self._say(f"{', '.join(step.selection)}: {step.reason}")
                try:
                    self._materialise(instance, step.selection, tags)
                except RunFailed as error:
                    reasons.append(str(error))
                    failed(self.store, step, str(error), error.at)
                    self._say(str(error))
                before = step
        if reasons:
            raise RunFailed(" ".join(reasons))
        return self._summary()

    def run_selection(self, selection: str) -> RunSummary:
        """Scan, then materialise these assets, whether out of date or not; ``selection`` is in Dagster's syntax."""
        with self._writing() as instance:
            self._scanned(instance)
            order = instance.get_dynamic_partitions(IMAGE_BATCH)
            for names, batches in self._selected(selection):
                for tags in partition_ranges(batches, order) or [{}]:
                    self._materialise(instance, names, tags)
        return self._summary()

    def _scanned(self, instance: dg.DagsterInstance) -> Mapping[str, dg.MetadataValue[Any]]:
        """Scan, and say what was found damaged; returns the scan's metadata."""
        (event,) = self._materialise(instance, [SCAN], {}).get_asset_materialization_events()
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
        self, instance: dg.DagsterInstance, assets: Sequence[str], tags: dict[str, str]
    ) -> dg.ExecuteInProcessResult:
        job = self._definitions.resolve_implicit_global_asset_job_def()
        run_id = str(uuid.uuid4())
        execute = partial(
            job.execute_in_process,
            run_id=run_id,
            instance=instance,
            asset_selection=[dg.AssetKey(name) for name in assets],
            tags={**tags, STARTED_BY: "command", LAUNCHED_BY: "command line"},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
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
        taken_over = ~is_among(self.store.catalogue.contents()["sha256"], computed)
        return RunSummary(self._materialised, len(computed), int(taken_over.sum()))

    @contextmanager
    def _writing(self) -> Iterator[dg.DagsterInstance]:
        with self.store.writing("tiefvision run", wait_s=60, on_wait=self._say):
            for folder in self.store.layout.made:
                remove_leftovers(folder)
            if self._instance:
                yield self._instance
            else:
                home = dagster_home(self.store.settings)
                with _known_trouble(home), dg.DagsterInstance.from_config(home) as instance:
                    yield instance


@contextmanager
def _known_trouble(home: str) -> Iterator[None]:
    """Turns errors of Dagster's database about a full or missing disk into the sentence of a `RunFailed`."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        if any(sign in str(error.orig) for sign in ("not a database", "malformed")):
            raise RunFailed(
                f"Dagster's notes in {home} are damaged ({error.orig}); move its folders history and schedules away "
                "and run again: only the history of runs is lost."
            ) from error
        left = shutil.disk_usage(home).free / 2**20
        raise RunFailed(
            f"Dagster's notes in {home} cannot be written ({error.orig}); is the disk full? {left:.1f} MiB are left on "
            "it. Make room and run again."
        ) from error
