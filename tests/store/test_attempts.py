import pytest

from tiefvision_assets.store.attempts import MAX_ATTEMPTS


def times(store) -> dict[tuple[str, str], int]:
    return {(failure.step, failure.batch): failure.times for failure in store.attempts.failures()}


def test_attempts_on_the_same_inputs_are_counted_and_others_begin_anew(store):
    assert store.attempts.failures() == []
    for number in range(1, MAX_ATTEMPTS + 1):
        store.attempts.failed("encodings", "b0", "x", "no more")
        (failure,) = store.attempts.failures()
        assert (failure.times, failure.given_up) == (number, number == MAX_ATTEMPTS)
    store.attempts.failed("encodings", "b0", "y", "no more")
    assert times(store) == {("encodings", "b0"): 1}


def test_steps_and_batches_are_counted_apart(store):
    for step, batch in (("encodings", "b0"), ("encodings", "b1"), ("boxes", "b0"), ("heads", "")):
        store.attempts.failed(step, batch, "x", "no more")
    store.attempts.failed("encodings", "b1", "x", "no more")
    assert times(store) == {("encodings", "b0"): 1, ("encodings", "b1"): 2, ("boxes", "b0"): 1, ("heads", ""): 1}
    assert set(store.attempts.of("encodings")) == {"b0", "b1"}


@pytest.mark.parametrize("kept", ["b0", "b1"])
def test_what_does_not_stand_any_more_is_forgotten(store, kept):
    store.attempts.failed("encodings", "b0", "x", "no more")
    store.attempts.failed("encodings", "b1", "x", "no more")
    store.attempts.keep(lambda failure: failure.batch == kept)
    assert times(store) == {("encodings", kept): 1}
    before = store.layout.attempts.stat().st_mtime_ns
    store.attempts.keep(lambda failure: True)
    assert store.layout.attempts.stat().st_mtime_ns == before, "nothing is written when nothing goes"
