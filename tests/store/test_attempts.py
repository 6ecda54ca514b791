from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from tiefvision_assets.settings import Settings
from tiefvision_assets.store import atomic
from tiefvision_assets.store.attempts import Attempts
from tiefvision_assets.store.attempts_table import AttemptsTable
from tiefvision_assets.store.mending import set_damaged_aside
from tiefvision_assets.store.store import Store


@pytest.fixture(params=["file", "table"])
def opened(request: pytest.FixtureRequest, settings: Settings) -> Callable[[], Store]:
    """Opens the data folder, with its failures in a file or in PostgreSQL."""
    if request.param == "table":
        settings = settings.model_copy(update={"database_url": request.getfixturevalue("postgres_url")})
    return lambda: Store(settings)


@pytest.fixture
def attempts(opened: Callable[[], Store]) -> Attempts:
    return opened().attempts


def times(attempts: Attempts) -> dict[tuple[str, str], int]:
    return {(failure.step, failure.batch): failure.times for failure in attempts.failures()}


def test_attempts_on_the_same_inputs_are_counted_and_others_begin_anew(attempts, opened):
    assert attempts.failures() == []
    for number in range(1, 6):
        attempts.failed("encodings", "b0", "x", "no more")
        (failure,) = opened().attempts.failures()
        assert (failure.times, failure.given_up) == (number, number >= 3)
        assert abs(datetime.fromisoformat(failure.failed_at) - datetime.now(UTC)).total_seconds() < 60
    for inputs in ("y", "w"):
        attempts.failed("encodings", "b0", inputs, "no more")
        assert times(attempts) == {("encodings", "b0"): 1}


def test_steps_and_batches_are_counted_apart(attempts):
    for step, batch in (("encodings", "b0"), ("encodings", "b1"), ("boxes", "b0"), ("heads", "")):
        attempts.failed(step, batch, "x", "no more")
    attempts.failed("encodings", "b1", "x", "no more")
    assert times(attempts) == {("encodings", "b0"): 1, ("encodings", "b1"): 2, ("boxes", "b0"): 1, ("heads", ""): 1}
    for step in ("encodings", "boxes", "heads", "index"):
        of_step = {failure.batch: failure for failure in attempts.failures() if failure.step == step}
        assert attempts.of(step) == of_step


@pytest.mark.parametrize("past", ["b0", "b1"])
def test_what_is_past_is_forgotten_unless_it_failed_again_since(attempts, opened, past):
    for batch in ("b0", "b1"):
        attempts.failed("encodings", batch, "x", "no more")
    known = [failure for failure in attempts.failures() if failure.batch == past]
    opened().attempts.failed("encodings", past, "x", "no more")
    attempts.forget(known)
    assert times(attempts) == {("encodings", "b0"): 1, ("encodings", "b1"): 1} | {("encodings", past): 2}
    attempts.forget(attempts.of("encodings")[past] for _ in range(1))
    assert set(times(attempts)) == {("encodings", "b0"), ("encodings", "b1")} - {("encodings", past)}
    before = attempts.stamp()
    attempts.forget([])
    assert attempts.stamp() == before, "nothing is written when nothing goes"


def test_the_stamp_of_a_data_folder_changes_with_its_failures(opened):
    stamps = [opened().stamp()]
    for _ in range(2):
        opened().attempts.failed("encodings", "b0", "x", "no more")
        stamps.append(opened().stamp())
    opened().attempts.forget(opened().attempts.failures())
    stamps.append(opened().stamp())
    assert len(set(stamps[:3])) == 3
    assert stamps[3] != stamps[2]


def test_machines_that_fail_at_once_are_all_counted(store, postgres_url):
    settings = store.settings.model_copy(update={"database_url": postgres_url})
    stores = [Store(settings) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: one.attempts.failed("encodings", "b0", "x", "no more"), stores))
    assert times(stores[0].attempts) == {("encodings", "b0"): 8}
    assert not store.layout.attempts.exists()


def test_folders_that_share_a_database_are_counted_apart(store):
    here, there = (AttemptsTable(store.labels.database, folder) for folder in ("/here", "/there"))
    here.failed("encodings", "b0", "x", "no more")
    assert there.failures() == []
    there.failed("encodings", "b0", "x", "no more")
    there.forget(there.failures())
    assert times(here) == {("encodings", "b0"): 1}


def test_a_reason_that_cannot_be_stored_as_it_is_stays_readable(attempts):
    attempts.failed("encodings", "b0", "x", "no photo: a\0b\udcff")
    (failure,) = attempts.failures()
    assert failure.reason.startswith("no photo: a")


@pytest.mark.parametrize("damaged", [b"", b'{"failures": 1'])
def test_where_the_record_is_damaged_counting_begins_again(store, damaged):
    store.attempts.failed("encodings", "b0", "x", "no more")
    store.layout.attempts.write_bytes(damaged)
    assert store.attempts.failures() == []
    store.attempts.failed("encodings", "b1", "x", "no more")
    assert times(store.attempts) == {("encodings", "b1"): 1}


def test_the_record_of_before_is_read_and_no_damage(store):
    store.attempts.failed("encodings", "b0", "x", "no more")
    (failure,) = store.attempts.failures()
    atomic.write_json(store.layout.attempts, [asdict(failure)])
    assert set_damaged_aside(store.layout) == []
    assert store.attempts.failures() == [failure]
