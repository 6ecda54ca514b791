from dataclasses import asdict

import pytest

from tiefvision_assets.store import atomic
from tiefvision_assets.store.mending import set_damaged_aside


def times(store) -> dict[tuple[str, str], int]:
    return {(failure.step, failure.batch): failure.times for failure in store.attempts.failures()}


def test_attempts_on_the_same_inputs_are_counted_and_others_begin_anew(store):
    assert store.attempts.failures() == []
    for number in range(1, 6):
        store.attempts.failed("encodings", "b0", "x", "no more")
        (failure,) = store.attempts.failures()
        assert (failure.times, failure.given_up) == (number, number >= 3)
    for inputs in ("y", "w"):
        store.attempts.failed("encodings", "b0", inputs, "no more")
        assert times(store) == {("encodings", "b0"): 1}


def test_steps_and_batches_are_counted_apart(store):
    for step, batch in (("encodings", "b0"), ("encodings", "b1"), ("boxes", "b0"), ("heads", "")):
        store.attempts.failed(step, batch, "x", "no more")
    store.attempts.failed("encodings", "b1", "x", "no more")
    assert times(store) == {("encodings", "b0"): 1, ("encodings", "b1"): 2, ("boxes", "b0"): 1, ("heads", ""): 1}
    for step in ("encodings", "boxes", "heads", "index"):
        of_step = {failure.batch: failure for failure in store.attempts.failures() if failure.step == step}
        assert store.attempts.of(step) == of_step


@pytest.mark.parametrize("kept", ["b0", "b1"])
def test_what_does_not_stand_any_more_is_forgotten(store, kept):
    store.attempts.failed("encodings", "b0", "x", "no more")
    store.attempts.failed("encodings", "b1", "x", "no more")
    store.attempts.keep(lambda failure: failure.batch == kept)
    assert times(store) == {("encodings", kept): 1}
    before = store.layout.attempts.stat().st_mtime_ns
    store.attempts.keep(lambda failure: True)
    assert store.layout.attempts.stat().st_mtime_ns == before, "nothing is written when nothing goes"


@pytest.mark.parametrize("damaged", [b"", b'{"failures": 1'])
def test_where_the_record_is_damaged_counting_begins_again(store, damaged):
    store.attempts.failed("encodings", "b0", "x", "no more")
    store.layout.attempts.write_bytes(damaged)
    assert store.attempts.failures() == []
    store.attempts.failed("encodings", "b1", "x", "no more")
    assert times(store) == {("encodings", "b1"): 1}


def test_the_record_of_before_is_read_and_no_damage(store):
    store.attempts.failed("encodings", "b0", "x", "no more")
    (failure,) = store.attempts.failures()
    atomic.write_json(store.layout.attempts, [asdict(failure)])
    assert set_damaged_aside(store.layout) == []
    assert store.attempts.failures() == [failure]
