"""Steps of the plan against their rules written out naively."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.planning.steps import Step, first_due
from tiefvision_assets.store.attempts import Failure

ASSETS = ("boxes", "encodings", "index")
BATCHES = ("b0", "b1", "b2")

some_batches = st.lists(st.sampled_from(BATCHES), unique=True).map(tuple)
some_assets = st.lists(st.sampled_from(ASSETS), unique=True).map(tuple)


def failure(batch: str, times: int) -> Failure:
    return Failure("boxes", batch, f"inputs of {batch}", times, "it is so", "2026-01-01T00:00:00+00:00")


@st.composite
def steps(draw: st.DrawFn) -> Step:
    batches = draw(some_batches)
    failed = draw(st.dictionaries(st.sampled_from(("", *BATCHES)), st.integers(1, 4), max_size=3))
    return Step(
        draw(some_assets.filter(bool)),
        "it is so",
        batches,
        tuple(f"inputs of {batch}" for batch in batches or ("",)),
        tuple(failure(batch, times) for batch, times in failed.items()),
        draw(some_assets),
        draw(some_assets),
    )


@given(steps())
def test_attempts_are_those_of_the_batch_that_failed_most_often(step):
    counted = [0]
    for known in step.failures:
        if known.batch in step.batches or (not step.batches and known.batch == ""):
            counted.append(known.times)
    assert step.attempts == max(counted)


@given(steps().filter(lambda step: step.batches), some_batches)
def test_a_part_of_a_step_keeps_its_batches_inputs_and_goes_on_only_if_it_is_the_whole(step, batches):
    part = step.only(batches)
    assert part.batches == tuple(batch for batch in step.batches if batch in batches)
    assert part.inputs == tuple(f"inputs of {batch}" for batch in part.batches)
    assert (part.assets, part.failures, part.after) == (step.assets, step.failures, step.after)
    assert part.then == (step.then if set(step.batches) <= set(batches) else ())
    assert part.selection == (*part.assets, *part.then)


@given(steps(), st.lists(steps(), max_size=3))
def test_a_run_goes_on_only_to_what_no_other_step_holds_up(step, others):
    """Each other step is about to be done by this run, on its batches, and is not left half done."""
    alone = True
    for other in others:
        own_assets = all(asset in step.then for asset in other.assets)
        own_batches = all(batch in step.batches for batch in other.batches)
        last = not other.then and bool(other.batches)
        alone = alone and own_assets and own_batches and not last
    found = step.alone_unless(others)
    assert found.then == (step.then if alone else ())
    assert (found.assets, found.batches, found.inputs) == (step.assets, step.batches, step.inputs)


@given(st.lists(steps(), max_size=4), st.integers(1, 4))
def test_the_first_step_due_waits_for_none_before_it_and_was_not_given_up(planned, attempts):
    fitting = [
        step
        for number, step in enumerate(planned)
        if step.attempts < attempts
        and not any(asset in step.after for before in planned[:number] for asset in before.assets)
    ]
    assert first_due(planned, attempts) is (fitting[0] if fitting else None)


def test_failures_are_recorded_under_the_names_of_all_assets_together():
    """Files of failures from before hold these names."""
    assert [Step(assets, "").name for assets in (("boxes",), ("boxes", "index"))] == ["boxes", "boxes, index"]


def test_a_step_is_given_up_after_three_attempts():
    twice, thrice = (Step(("boxes",), "it is so", failures=(failure("", times),)) for times in (2, 3))
    assert first_due([thrice]) is None
    assert first_due([thrice, twice]) is twice


def test_the_key_tells_attempts_inputs_and_batches_apart():
    """The daemon starts no second run of one key, and does start one after a failure."""
    tried = [Step(("boxes",), "", ("b0",), ("x",), (failure("b0", times),) if times else ()) for times in range(3)]
    others = [Step(("boxes",), "", ("b0",), ("y",)), Step(("boxes",), "", ("b1",), ("x",)), Step(("index",), "")]
    assert len({step.key for step in (*tried, *others)}) == 6
    assert Step(("boxes",), "in other words", ("b0",), ("x",)).key == tried[0].key
