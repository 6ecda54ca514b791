"""Automatic runs: the nightly scan, and the sensors that watch the raw folder and the plan."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from tiefvision_assets.assets.groups import IMAGE_BATCH, ON_DEMAND, image_batch
from tiefvision_assets.orchestration.checks import CHECKS
from tiefvision_assets.orchestration.run_outcomes import UNFINISHED, is_on_its_way, why_it_ended
from tiefvision_assets.orchestration.stretches import REASON, InProgress, stretches
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.stamp import stamp_of
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.orchestration.cancelled import Cancelled
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
ATTEMPT = "tiefvision/attempt"
STARTED_BY = "tiefvision/started_by"
"""The run tag that says `sensor`, `schedule`, `command` or `app`; runs that people start in Dagster's UI have none."""
LAUNCHED_BY = "user"
"""The run tag that Dagster's run list shows as *Launched by*, where neither sensor nor schedule did."""
PROCESS = uuid.uuid4().hex[:8]
RECHECK_S = 600
"""The plan is asked at least this often, even if nothing seems to have changed: a new process may have other settings,
and a file may have been removed by hand."""
ON_ITS_WAY = "A run is on its way; the plan is asked again when it has ended."
INDEX, CATALOGUE = dg.AssetKey("similarity_index"), dg.AssetKey("image_catalogue")


def nightly_catalogue_scan(settings: Settings) -> dg.ScheduleDefinition:
    """The schedule of the nightly scan; the sensor `out_of_date` then makes what is missing."""
    return dg.ScheduleDefinition(
        name="nightly_catalogue_scan",
        job=scan_catalogue,
        cron_schedule=settings.scan_cron,
        execution_timezone=settings.time_zone,
        run_config=_scan_config(settings),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        tags={STARTED_BY: "schedule"},
        description="Scans the raw folder; the out_of_date sensor then makes what is missing.",
    )


def _scan_config(settings: Settings) -> dict[str, Any]:
    """The scan's configuration: it looks at the list of changes that the settings name, or else at everything."""
    changes = settings.changes_path
    return {"ops": {"image_catalogue": {"config": {"changes": str(changes)}}}} if changes else {}


@dg.sensor(
    job=scan_catalogue,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Scans the raw folder as soon as files came or went and it has been quiet since the previous check.",
)
def raw_folder_changed(context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]) -> dg.SensorResult:
    """Request a scan when the folders' modification times have changed and then stayed the same for one interval.

    The interval avoids half-copied photos. Files that are overwritten in place change no folder; the nightly scan finds
    them. Where the settings name a list of changes, its file is watched instead, and what is written through the API.
    """
    seen = json.loads(context.cursor) if context.cursor else {}
    changes = store.settings.changes_path
    if changes and not changes.is_file():
        return dg.SensorResult(skip_reason=f"There is no list of changes at {changes}.", cursor=context.cursor)
    now = f"{stamp_of(changes)}{_written(store)}" if changes else store.raw.changes()
    cursor = json.dumps({"scanned": seen.get("scanned"), "last": now})
    if now == seen.get("scanned"):
        return dg.SensorResult(skip_reason="No file came or went.", cursor=cursor)
    if now != seen.get("last"):
        return dg.SensorResult(skip_reason="Files come or go; the scan waits until it is quiet.", cursor=cursor)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=now,
                run_config=_scan_config(store.settings),
                tags={STARTED_BY: "sensor", REASON: "files came or went"},
            )
        ],
        cursor=json.dumps({"scanned": now, "last": now}),
    )


def _written(store: Store) -> str:
    """A text that changes when photos are written through the API; empty once a scan has looked at all of them."""
    unscanned = store.unscanned_photos
    return f" {unscanned.version()}" if unscanned.values() else ""


@dg.sensor(
    # the UI names a run by its job where it has one, and by its assets where the sensor targets assets
    target=PLANNED,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the plan what is out of date and requests its first step; what fails is tried three times.",
)
def out_of_date(context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]) -> dg.SensorResult:
    """Request the first step of the plan, unless a run is in progress or the data folder is being written to.

    Batches go in as many runs at once as the settings allow, each with a stretch of its own.
    """
    from tiefvision_assets.store.lock import DataFolderBusy

    unfinished = context.instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))
    unfinished = [run for run in unfinished if is_on_its_way(context.instance, run)]
    in_progress = InProgress.of(unfinished, context.instance.get_dynamic_partitions(IMAGE_BATCH))
    if in_progress is None or len(unfinished) >= store.settings.parallel_runs:
        from tiefvision_assets.orchestration.cancelled import Cancelled

        # without a cursor it would not be known, once that run has been cancelled, since when to look for such
        return dg.SensorResult(skip_reason=ON_ITS_WAY, cursor=context.cursor or _cursor(Cancelled()))
    scanned = context.instance.get_latest_materialization_event(CATALOGUE)
    quiet = f"{PROCESS} {time.time() // RECHECK_S} {scanned.timestamp if scanned else None} {store.stamp()}"
    if context.cursor and json.loads(context.cursor).get("quiet") == quiet:
        return dg.SensorResult(skip_reason="Nothing has changed since nothing was out of date.", cursor=context.cursor)
    try:
        with store.writing("the sensor out_of_date", wait_s=0):
            return _request(context, store, quiet, in_progress)
    except DataFolderBusy as busy:
        return dg.SensorResult(skip_reason=str(busy), cursor=context.cursor)


def _request(context: dg.SensorEvaluationContext, store: Store, quiet: str, in_progress: InProgress) -> dg.SensorResult:
    """Request the next step; a step that was requested before and ran, but is still due, counts as a failed attempt."""
    from tiefvision_assets.orchestration.cancelled import Cancelled
    from tiefvision_assets.planning.left import Left
    from tiefvision_assets.planning.plan import failed, forget_what_is_past, next_step

    known = context.instance.get_dynamic_partitions(IMAGE_BATCH)
    missing = [key for key in store.catalogue.batch_keys() if key not in set(known)]
    order = [*known, *missing]
    seen = json.loads(context.cursor) if context.cursor else {}
    cancelled = Cancelled(**seen.get("cancelled", {})).and_since(context.instance, store, order)
    store.cancelled.keep(cancelled.inputs)
    requested: dict[str, str] = seen.get("requested", {})
    while True:
        forget_what_is_past(store)
        due = next_step(store, left=Left(in_progress.batches, cancelled.inputs))
        if due is None and not in_progress.batches:
            return _nothing_to_do(context, store, quiet, cancelled)
        if due is None or (in_progress.batches and set(due.assets) != set(in_progress.batches)):
            return dg.SensorResult(skip_reason=ON_ITS_WAY, cursor=_cursor(cancelled, requested=requested))
        parts = stretches(due, order, store.settings.parallel_runs - in_progress.runs)
        ended = [(part, run) for part, _ in parts for run in _requested_before(context.instance, requested, part)]
        if not ended:
            break
        for part, run in ended:
            if run.status != dg.DagsterRunStatus.CANCELED:
                failed(store, part, why_it_ended(context.instance, run))
            del requested[part.key]
    # a step can become due again on inputs that it has run on before, so its key alone may not be new
    newest = context.instance.get_runs(limit=1)
    since = newest[0].run_id[:8] if newest else "first"
    keys = {part.key: requested.get(part.key, f"{part.key}-{since}") for part, _ in parts}
    requests = [
        dg.RunRequest(
            run_key=keys[part.key],
            asset_selection=[dg.AssetKey(name) for name in part.selection],
            tags={**tags, STARTED_BY: "sensor", ATTEMPT: str(part.attempts + 1)},
        )
        for part, tags in parts
    ]
    in_mind = dict([*requested.items(), *keys.items()][-2 * store.settings.parallel_runs :])
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[image_batch.build_add_request(missing)] if missing else None,
        cursor=_cursor(cancelled, requested=in_mind),
    )


def _requested_before(
    instance: dg.DagsterInstance, requested: Mapping[str, str], part: "Step"
) -> Sequence[dg.DagsterRun]:
    """The run by which that step was requested on the same inputs; none where it was not, or the request was lost."""
    if part.key not in requested:
        return []
    return instance.get_runs(dg.RunsFilter(tags={"dagster/run_key": requested[part.key]}), limit=1)


def _cursor(cancelled: "Cancelled", **more: object) -> str:
    return json.dumps({"cancelled": asdict(cancelled), **more})


def _nothing_to_do(
    context: dg.SensorEvaluationContext, store: Store, quiet: str, cancelled: "Cancelled"
) -> dg.SensorResult:
    """Skip with the reason. After a scan that found nothing new, confirm the index, so that it is not late."""
    from tiefvision_assets.planning.left import Left
    from tiefvision_assets.planning.plan import plan

    cursor = _cursor(cancelled, quiet=quiet)
    steps = plan(store, Left(cancelled=cancelled.inputs))
    if steps:
        stopped = ", ".join(step.name for step in steps if step.left)
        names = ", ".join(step.name for step in steps)
        reason = f"What is out of date has failed too often ({names}); `tiefvision status` says why."
        if stopped:
            reason = f"What is out of date was cancelled ({stopped}), and is left until it is asked for or changes."
        return dg.SensorResult(skip_reason=reason, cursor=cursor)
    scanned, built = (context.instance.get_latest_materialization_event(key) for key in (CATALOGUE, INDEX))
    version = store.served.read().index.get("supervised")
    if not version or not scanned or (built and built.timestamp >= scanned.timestamp):
        return dg.SensorResult(skip_reason="Nothing is out of date.", cursor=cursor)
    confirmed = dg.AssetMaterialization(
        INDEX,
        description="The scan found nothing that the index does not know.",
        metadata={
            "dagster/row_count": store.catalogue.photo_count(),
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
