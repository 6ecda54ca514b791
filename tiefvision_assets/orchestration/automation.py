"""Automatic runs: the nightly scan, and the sensors that watch the raw folder and the plan."""

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tiefvision_assets.assets.groups import IMAGE_BATCH, ON_DEMAND, image_batch
from tiefvision_assets.orchestration.checks import CHECKS
from tiefvision_assets.orchestration.run_outcomes import UNFINISHED, is_on_its_way, why_it_ended
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.planning.steps import Step

scan_catalogue = dg.define_asset_job(
    "scan_catalogue",
    selection=dg.AssetSelection.assets("image_catalogue"),
    description="Find new, changed, renamed and deleted photos in the raw folder.",
)
PLANNED = dg.AssetSelection.all() - dg.AssetSelection.tag(*next(iter(ON_DEMAND.items())))
everything = dg.define_asset_job(
    "materialise", selection=PLANNED, description="All that a plan can ask for; choose the assets and batches."
)
JOBS = [scan_catalogue, everything]
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
REASON, REASON_LENGTH = "tiefvision/reason", 250
"""Run tag for the reason why a step was due, and the maximal length of its value."""
ATTEMPT = "tiefvision/attempt"
STARTED_BY = "tiefvision/started_by"
"""The run tag that says `sensor`, `schedule`, `command` or `app`; runs that people start in Dagster's UI have none."""
LAUNCHED_BY = "user"
"""The run tag that Dagster's run list shows as *Launched by*, where neither sensor nor schedule did."""
PROCESS = uuid.uuid4().hex[:8]
RECHECK_S = 600
"""The plan is asked at least this often, even if nothing seems to have changed: a new process may have other settings,
and a file may have been removed by hand."""
INDEX, CATALOGUE = dg.AssetKey("similarity_index"), dg.AssetKey("image_catalogue")


def nightly_catalogue_scan(cron: str, time_zone: str) -> dg.ScheduleDefinition:
    """The schedule of the nightly scan; the sensor `out_of_date` then makes what is missing."""
    return dg.ScheduleDefinition(
        name="nightly_catalogue_scan",
        job=scan_catalogue,
        cron_schedule=cron,
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        tags={STARTED_BY: "schedule"},
        description="Scans the raw folder; the out_of_date sensor then makes what is missing.",
    )


@dg.sensor(
    job=scan_catalogue,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Scans the raw folder as soon as files came or went and it has been quiet since the previous check.",
)
def raw_folder_changed(context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]) -> dg.SensorResult:
    """Request a scan when the folders' modification times have changed and then stayed the same for one interval.

    The interval avoids half-copied photos. Files that are overwritten in place change no folder; the nightly scan finds
    them.
    """
    seen = json.loads(context.cursor) if context.cursor else {}
    now = _times_of_folders(store.settings.raw_dir)
    cursor = json.dumps({"scanned": seen.get("scanned"), "last": now})
    if now == seen.get("scanned"):
        return dg.SensorResult(skip_reason="No file came or went.", cursor=cursor)
    if now != seen.get("last"):
        return dg.SensorResult(skip_reason="Files come or go; the scan waits until it is quiet.", cursor=cursor)
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=now, tags={STARTED_BY: "sensor", REASON: "files came or went"})],
        cursor=json.dumps({"scanned": now, "last": now}),
    )


def _times_of_folders(folder: Path) -> str:
    """A hash of the modification times of all visible folders below this one; it changes when files come or go."""
    found = []
    waiting = [folder] if folder.is_dir() else []
    while waiting:
        here = waiting.pop()
        found.append(f"{here} {here.stat().st_mtime_ns}")
        with os.scandir(here) as items:
            waiting += [
                here / item.name
                for item in items
                if not item.name.startswith(".") and item.is_dir(follow_symlinks=False)
            ]
    return hashlib.sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


@dg.sensor(
    # the UI names a run by its job where it has one, and by its assets where the sensor targets assets
    target=PLANNED,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the plan what is out of date and requests its first step; what fails is tried three times.",
)
def out_of_date(context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]) -> dg.SensorResult:
    """Request the first step of the plan, unless a run is in progress or the data folder is being written to."""
    from tiefvision_assets.store.lock import DataFolderBusy

    unfinished = context.instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))
    if [run for run in unfinished if is_on_its_way(context.instance, run)]:
        return dg.SensorResult(
            skip_reason="A run is on its way; the plan is asked again when it has ended.", cursor=context.cursor
        )
    scanned = context.instance.get_latest_materialization_event(CATALOGUE)
    quiet = f"{PROCESS} {time.time() // RECHECK_S} {scanned.timestamp if scanned else None} {store.stamp()}"
    if context.cursor and json.loads(context.cursor).get("quiet") == quiet:
        return dg.SensorResult(skip_reason="Nothing has changed since nothing was out of date.", cursor=context.cursor)
    try:
        with store.writing("the sensor out_of_date", wait_s=0):
            return _request(context, store, quiet)
    except DataFolderBusy as busy:
        return dg.SensorResult(skip_reason=str(busy), cursor=context.cursor)


def _request(context: dg.SensorEvaluationContext, store: Store, quiet: str) -> dg.SensorResult:
    """Request the next step; a step that was requested before and ran, but is still due, counts as a failed attempt."""
    from tiefvision_assets.planning.plan import failed, forget_what_is_past, next_step

    known = context.instance.get_dynamic_partitions(IMAGE_BATCH)
    missing = [key for key in store.catalogue.batch_keys() if key not in set(known)]
    requested = json.loads(context.cursor) if context.cursor else {}
    while True:
        forget_what_is_past(store)
        due = next_step(store)
        if due is None:
            return _nothing_to_do(context, store, quiet)
        step, tags = first_stretch(due, [*known, *missing])
        again = step.key == requested.get("step")
        runs = context.instance.get_runs(dg.RunsFilter(tags={"dagster/run_key": requested["run_key"]})) if again else []
        if not runs:
            break
        failed(store, step, why_it_ended(context.instance, runs[0]))
        requested = {}
    # a step can become due again on inputs that it has run on before, so its key alone may not be new
    newest = context.instance.get_runs(limit=1)
    run_key = requested["run_key"] if again else f"{step.key}-{newest[0].run_id[:8] if newest else 'first'}"
    request = dg.RunRequest(
        run_key=run_key,
        asset_selection=[dg.AssetKey(name) for name in step.selection],
        tags={**tags, STARTED_BY: "sensor", ATTEMPT: str(step.attempts + 1)},
    )
    return dg.SensorResult(
        run_requests=[request],
        dynamic_partitions_requests=[image_batch.build_add_request(missing)] if missing else None,
        cursor=json.dumps({"step": step.key, "run_key": run_key}),
    )


def _nothing_to_do(context: dg.SensorEvaluationContext, store: Store, quiet: str) -> dg.SensorResult:
    """Skip with the reason. After a scan that found nothing new, confirm the index, so that it is not late."""
    from tiefvision_assets.planning.plan import plan

    cursor = json.dumps({"quiet": quiet})
    steps = plan(store)
    if steps:
        names = ", ".join(step.name for step in steps)
        reason = f"What is out of date has failed too often ({names}); `tiefvision status` says why."
        return dg.SensorResult(skip_reason=reason, cursor=cursor)
    scanned, built = (context.instance.get_latest_materialization_event(key) for key in (CATALOGUE, INDEX))
    version = store.served.read().index.get("supervised")
    if not version or not scanned or (built and built.timestamp >= scanned.timestamp):
        return dg.SensorResult(skip_reason="Nothing is out of date.", cursor=cursor)
    confirmed = dg.AssetMaterialization(
        INDEX,
        description="The scan found nothing that the index does not know.",
        metadata={
            "dagster/row_count": len(store.catalogue.live()),
            "night": "Nothing was new; the index was confirmed as it is.",
        },
        tags={"dagster/data_version": version},
    )
    return dg.SensorResult(
        asset_events=[confirmed, *_checked(store, INDEX)], skip_reason="Nothing is out of date.", cursor=cursor
    )


def _checked(store: Store, asset: dg.AssetKey) -> Iterator[dg.AssetCheckEvaluation]:
    """The asset's checks, carried out now: after a new materialisation Dagster counts none of before as evaluated."""
    for definition in CHECKS:
        for spec in definition.check_specs:
            if spec.asset_key != asset:
                continue
            result = definition(store)
            assert isinstance(result, dg.AssetCheckResult), spec.name
            yield dg.AssetCheckEvaluation(
                asset_key=asset,
                check_name=spec.name,
                passed=result.passed,
                severity=result.severity,
                metadata=result.metadata,
                description=result.description,
                blocking=spec.blocking,
            )


def first_stretch(step: "Step", order: Sequence[str]) -> tuple["Step", dict[str, str]]:
    """The part of the step that one run can take (neighbours in ``order``), and the tags of that run."""
    ranges = partition_ranges(step.batches, order)
    if ranges:
        first, last = (order.index(ranges[0][name]) for name in (RANGE_START, RANGE_END))
        step = step.only(order[first : last + 1])
    return step, {**(ranges[0] if ranges else {}), REASON: step.reason[:REASON_LENGTH]}


def partition_ranges(batches: Sequence[str], order: Sequence[str]) -> list[dict[str, str]]:
    """Run tags that select these batches: one range for each stretch of neighbours in ``order``."""
    place = {batch: position for position, batch in enumerate(order)}
    positions = sorted(place[batch] for batch in batches)
    stretches: list[list[int]] = []
    for position in positions:
        if stretches and position == stretches[-1][-1] + 1:
            stretches[-1].append(position)
        else:
            stretches.append([position])
    return [{RANGE_START: order[stretch[0]], RANGE_END: order[stretch[-1]]} for stretch in stretches]
