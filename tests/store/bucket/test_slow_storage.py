"""A storage that is slow is waited for, and one that falls silent is asked again and then given up with a sentence.

What a request waits for is shortened here: see `tiefvision_assets.store.raw.client`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data_bucket import Machines
from tests.object_storage import PAUSE_S, PIECES
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.bucket.objects import DataUnavailable
from tiefvision_assets.store.model_set import ModelSet
from tiefvision_assets.store.raw import client
from tiefvision_assets.store.sealed import read_parquet, write_parquet
from tiefvision_assets.store.store import Store

pytestmark = pytest.mark.acceptance

ROWS = pd.DataFrame({"x": np.random.default_rng(0).random(20_000)})
ONCE = timedelta(milliseconds=300)
SHORTER_THAN_SLOW = timedelta(seconds=0.75 * PIECES * PAUSE_S)
LISTING = "list-type=2"


def batch(store: Store) -> Path:
    return store.layout.encodings("e", "b1")


def read(store: Store) -> None:
    read_parquet(batch(store))


def learn(store: Store) -> None:
    hooks.refresh(store.layout.root)


def write(store: Store) -> None:
    write_parquet(batch(store), ROWS[:10])


def write_much(store: Store) -> None:
    write_parquet(batch(store), pd.DataFrame({"x": np.random.default_rng(1).random(client.SMALL // 4)}))


@pytest.fixture
def two(machines: Machines) -> Store:
    """A machine that knows of a batch which another one wrote, and has not read it."""
    write_parquet(batch(machines.store("one")), ROWS)
    return machines.store("two")


def impatient(machine: str, machines: Machines, monkeypatch: pytest.MonkeyPatch, silence: timedelta) -> Store:
    """A machine whose requests wait so long for the next sign of life."""
    monkeypatch.setattr(client, "SILENCE", silence)
    monkeypatch.setattr(client, "UPLOADING", silence)
    hooks._copies.clear()  # as another process would begin
    return machines.store(machine)


@pytest.mark.parametrize("fault", ["silent", "stall"])
@pytest.mark.parametrize(("method", "about", "act"), [("GET", "b1.parquet", read), ("GET", LISTING, learn)])
def test_what_falls_silent_once_is_asked_for_again(
    two: Store,
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    about: str,
    act: Callable[[Store], None],
    fault: str,
):
    again = impatient("two", machines, monkeypatch, ONCE)
    machines.bucket.storage.breaks(method, about, fault, times=1)
    act(again)
    pd.testing.assert_frame_equal(read_parquet(batch(again)), ROWS)


@pytest.mark.parametrize(
    ("method", "about", "act"),
    [
        ("GET", "b1.parquet", read),
        ("GET", LISTING, learn),
        ("PUT", "b1.parquet", write),
        ("PUT", "b1.parquet", write_much),
    ],
)
def test_a_storage_that_says_nothing_is_given_up_with_a_sentence(
    two: Store,
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    about: str,
    act: Callable[[Store], None],
):
    again = impatient("two", machines, monkeypatch, ONCE)
    machines.bucket.storage.heals()
    machines.bucket.storage.breaks(method, about, "silent")
    with pytest.raises(
        DataUnavailable, match=r"^The storage of s3://\S+/shop at http://\S+ does not answer; check the net"
    ) as raised:
        act(again)
    assert "\n" not in str(raised.value)
    asked = [line for line in machines.bucket.storage.requests if line.startswith(method) and about in line]
    assert len(asked) == 1 + client.RETRIES
    machines.bucket.storage.heals()
    pd.testing.assert_frame_equal(read_parquet(batch(again)), ROWS)


def test_a_slow_storage_is_waited_for_as_long_as_something_moves(
    two: Store, machines: Machines, monkeypatch: pytest.MonkeyPatch
):
    again = impatient("two", machines, monkeypatch, SHORTER_THAN_SLOW)
    machines.bucket.storage.breaks("GET", "b1.parquet", "slow")
    pd.testing.assert_frame_equal(read_parquet(batch(again)), ROWS)


def test_what_is_written_over_a_slow_line_is_sent_once(
    two: Store, machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    again = impatient("two", machines, monkeypatch, SHORTER_THAN_SLOW)
    monkeypatch.setattr(client, "UPLOADING", timedelta(minutes=1))
    machines.bucket.storage.heals()
    machines.bucket.storage.breaks("PUT", "", "slow")
    write_much(again)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "large.png").write_bytes(b"any")
    Store(machines.bucket.settings).raw.copy_from(photos, [photos / "large.png"], lambda *_: None)
    assert [line.rpartition("/")[2] for line in machines.bucket.storage.requests if line.startswith("PUT")] == [
        "b1.parquet",
        "large.png",
    ]


def test_searches_go_on_beside_a_storage_that_says_nothing(
    two: Store, machines: Machines, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    one = impatient("one", machines, monkeypatch, ONCE)
    one.served.promote(ModelSet(encoder="e"))
    before = one.served.stamp()
    for method in ("GET", "HEAD", "PUT"):
        machines.bucket.storage.breaks(method, "", "silent")
    assert one.served.stamp() == before and one.served.read().next.encoder == "e"
    assert "What was known before is used: The storage of s3://" in caplog.text
