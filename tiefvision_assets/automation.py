"""What starts runs by itself: the nightly scan of the raw folder, and the sensor that follows the plan."""

import hashlib

import dagster as dg

from tiefvision_assets.assets.groups import IMAGE_BATCH, ON_DEMAND, image_batch
from tiefvision_assets.store.store import Store

scan_catalogue = dg.define_asset_job(
    "scan_catalogue",
    selection=dg.AssetSelection.assets("image_catalogue"),
    description="Find new, changed, renamed and deleted photos in the raw folder.",
)
everything = dg.define_asset_job(
    "materialise",
    selection=dg.AssetSelection.all() - dg.AssetSelection.tag(*next(iter(ON_DEMAND.items()))),
    description="What the plan finds out of date; the sensor chooses the assets and batches.",
)
JOBS = [scan_catalogue, everything]
RANGE_START = "dagster/asset_partition_range_start"
REASON, REASON_LENGTH = "tiefvision/reason", 250
"""The run tag that says why a step was due, and how much of the sentence it holds."""
RANGE_END = "dagster/asset_partition_range_end"


def nightly_catalogue_scan(cron: str) -> dg.ScheduleDefinition:
    """The schedule that looks for new photos; what follows from them is the sensor's."""
    return dg.ScheduleDefinition(
        name="nightly_catalogue_scan",
        job=scan_catalogue,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Scans the raw folder; the out_of_date sensor then makes what is missing.",
    )


@dg.sensor(
    job=everything,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the plan what is out of date and requests its first step; the same step is requested once.",
)
def out_of_date(context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]) -> dg.SensorResult:
    """Request the first step of the plan, unless a run is on its way."""
    from tiefvision_assets.plan import next_step

    unfinished = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    if context.instance.get_runs_count(dg.RunsFilter(statuses=unfinished)):
        return dg.SensorResult(skip_reason="A run is on its way; the plan is asked again when it has ended.")
    step = next_step(store)
    if step is None:
        return dg.SensorResult(skip_reason="Nothing is out of date.")
    known = set(context.instance.get_dynamic_partitions(IMAGE_BATCH))
    missing = [key for key in store.catalogue.batch_keys() if key not in known]
    order = [*context.instance.get_dynamic_partitions(IMAGE_BATCH), *missing]
    requests = [
        dg.RunRequest(
            run_key=_run_key(store, step.assets, tags),
            asset_selection=[dg.AssetKey(name) for name in step.assets],
            tags={**tags, REASON: step.reason[:REASON_LENGTH]},
        )
        for tags in partition_ranges(step.batches, order) or [{}]
    ]
    return dg.SensorResult(
        run_requests=requests[:1],
        dynamic_partitions_requests=[image_batch.build_add_request(missing)] if missing else None,
    )


def partition_ranges(batches: tuple[str, ...], order: list[str]) -> list[dict[str, str]]:
    """The run tags that name these batches, one range for each stretch of neighbours in ``order``."""
    positions = sorted(order.index(batch) for batch in batches)
    stretches: list[list[int]] = []
    for position in positions:
        if stretches and position == stretches[-1][-1] + 1:
            stretches[-1].append(position)
        else:
            stretches.append([position])
    return [{RANGE_START: order[stretch[0]], RANGE_END: order[stretch[-1]]} for stretch in stretches]


def _run_key(store: Store, assets: tuple[str, ...], tags: dict[str, str]) -> str:
    """Equal for the same step on the same state of the data folder: a failing step is not requested for ever."""
    state = [*assets, *sorted(tags.values())]
    for file in (store.layout.catalogue, store.layout.served):
        state.append(hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "")
    state += [str(store.snapshots.current(kind)) for kind in ("boxes", "triplets")]
    state += [store.labels.box_version(), store.labels.triplet_version()]
    return hashlib.sha256("\n".join(state).encode()).hexdigest()[:16]
