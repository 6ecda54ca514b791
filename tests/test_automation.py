"""What starts by itself: the sensor asks for the plan's first step, once a state of the data folder."""

from __future__ import annotations

from itertools import pairwise

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from tests import tiny
from tests.tiny import label_boxes, write_photo
from tiefvision_assets.assets.groups import IMAGE_BATCH
from tiefvision_assets.automation import RANGE_END, RANGE_START, out_of_date, partition_ranges
from tiefvision_assets.box import Box
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes, trained = tiny.settings, tiny.store, tiny.boxes, tiny.trained


def evaluate(store: Store, instance: dg.DagsterInstance) -> dg.SensorResult:
    return out_of_date(dg.build_sensor_context(instance=instance, resources={"store": store}))


def test_the_sensor_requests_the_first_step_of_the_plan_once_a_state(trained):
    instance = dg.DagsterInstance.ephemeral()
    for number in range(3):
        write_photo(trained, f"new{number}.png", 90 + number)
    (batch,) = trained.catalogue.scan().batches
    first = evaluate(trained, instance)
    (request,) = first.run_requests
    assert request.asset_selection == [dg.AssetKey("extracted_boxes")]
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (batch, batch)
    assert request.tags["tiefvision/reason"].startswith("3 photos have no box by ")
    (added,) = first.dynamic_partitions_requests
    assert (added.partitions_def_name, batch in added.partition_keys) == (IMAGE_BATCH, True)

    assert evaluate(trained, instance).run_requests[0].run_key == request.run_key
    keys = {request.run_key}
    trained.catalogue.file("00.png").unlink()
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
