"""Whatever becomes of the storage, the disk or a process, nothing is half published, and a sentence tells it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data_bucket import DATA, Machines
from tiefvision_assets.store.atomic import atomic_folder
from tiefvision_assets.store.bucket import copies, hooks
from tiefvision_assets.store.bucket.objects import DataUnavailable
from tiefvision_assets.store.mending import set_damaged_aside
from tiefvision_assets.store.model_set import ModelSet
from tiefvision_assets.store.sealed import DamagedFile, read_json, read_parquet, write_json, write_parquet
from tiefvision_assets.store.store import Store

ROWS = pd.DataFrame({"sha256": [f"{number:064d}" for number in range(2_000)]})
LISTING = "list-type=2"


def batch(store: Store, number: int = 1) -> Path:
    return store.layout.encodings("e", f"b{number}")


def learn(store: Store) -> None:
    hooks.refresh(store.layout.root)


@pytest.fixture
def two(machines: Machines) -> Store:
    """A machine that knows of a batch which another one wrote, and has not read it."""
    write_parquet(batch(machines.store("one")), ROWS)
    return machines.store("two")


@pytest.mark.parametrize("fault", ["500", "503:SlowDown", "cut"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_fails_once_is_asked_for_again(two: Store, machines: Machines, method: str, fault: str):
    machines.bucket.storage.breaks(method, "b1.parquet", fault, times=1)
    if method == "GET":
        pd.testing.assert_frame_equal(read_parquet(batch(two)), ROWS)
        return
    write_parquet(batch(two), ROWS[:10])
    assert len(read_parquet(batch(machines.store("three")))) == 10


@pytest.mark.parametrize("fault", ["500", "cut", "403:AccessDenied"])
def test_an_object_that_cannot_be_fetched_is_no_damage(two: Store, machines: Machines, fault: str):
    machines.bucket.storage.breaks("GET", "b1.parquet", fault)
    with pytest.raises(DataUnavailable, match=r"s3://\S+/shop\b.*(fails|broke off|refused)") as raised:
        read_parquet(batch(two))
    assert "\n" not in str(raised.value)
    machines.bucket.storage.heals()
    pd.testing.assert_frame_equal(read_parquet(batch(two)), ROWS)


def test_a_put_that_fails_leaves_both_sides_as_they_were(two: Store, machines: Machines):
    machines.bucket.storage.breaks("PUT", "b1.parquet", "500")
    with pytest.raises(DataUnavailable, match="fails"):
        write_parquet(batch(two), ROWS[:10])
    machines.bucket.storage.heals()
    pd.testing.assert_frame_equal(read_parquet(batch(two)), ROWS)
    assert not list(batch(two).parent.glob(".*"))


def test_a_folder_without_its_record_is_not_there_for_anybody(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    folder = one.layout.index("supervised", "v1")

    def build() -> None:
        with atomic_folder(folder) as made:
            write_json(made / "index.json", {"files": {"vectors.npy": 0}})
            np.save(made / "vectors.npy", np.arange(4))

    machines.bucket.storage.breaks("PUT", "index.json", "500")
    with pytest.raises(DataUnavailable):
        build()
    machines.bucket.storage.heals()
    assert machines.objects() == ["index/supervised/v1/vectors.npy"]
    learn(two)
    assert not folder.exists() and not two.indexes.exists("supervised", "v1")
    build()
    learn(two)
    assert read_json(two.layout.index("supervised", "v1") / "index.json")["files"]


def test_a_decision_whose_answer_is_lost_was_made(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    one.served.promote(ModelSet(encoder="e"))
    machines.bucket.storage.breaks("PUT", "served.json", "lost", times=1)
    one.served.promote(ModelSet(encoder="f"))
    assert two.served.read().next.encoder == "f"


@pytest.mark.parametrize("fault", ["500", "cut", "403:AccessDenied"])
def test_a_listing_that_fails_changes_nothing(two: Store, machines: Machines, fault: str):
    machines.bucket.storage.breaks("GET", LISTING, fault)
    with pytest.raises(DataUnavailable):
        learn(two)
    machines.bucket.storage.heals()
    assert len(read_parquet(batch(two))) == len(ROWS)


def test_a_listing_that_lags_takes_nothing_away_and_what_it_lacks_is_found_by_name(machines: Machines):
    one, two = machines.store("one"), machines.store("two")
    machines.bucket.storage.breaks("GET", LISTING, "stale")
    learn(one), learn(two)
    write_parquet(batch(one), ROWS)
    learn(one), learn(two)
    assert hooks.is_here(batch(one)) and batch(one).exists()
    pd.testing.assert_frame_equal(read_parquet(batch(two)), ROWS)


def test_searches_go_on_while_the_storage_is_away(machines: Machines, caplog: pytest.LogCaptureFixture):
    one = machines.store("one")
    one.served.promote(ModelSet(encoder="e"))
    before = one.served.stamp()
    for method in ("GET", "HEAD", "PUT"):
        machines.bucket.storage.breaks(method, "", "503")
    assert one.served.stamp() == before and one.served.read().next.encoder == "e"
    assert "What was known before is used: The storage of s3://" in caplog.text
    hooks._copies.clear()  # as another process would begin
    assert machines.store("one").served.read().next.encoder == "e"
    with pytest.raises(DataUnavailable, match=r"The storage of s3://\S+ fails \(503 Service Unavailable\); try again"):
        machines.store("two")


def test_a_copy_that_is_damaged_on_the_disk_is_fetched_again(two: Store):
    with hooks.near(batch(two)).open("r+b") as file:
        file.seek(100)
        file.write(b"\0\1\2\3")
    assert set_damaged_aside(two.layout) == []
    pd.testing.assert_frame_equal(read_parquet(batch(two)), ROWS)


def test_an_object_that_is_damaged_is_set_aside_for_everybody(two: Store, machines: Machines):
    content = bytearray(hooks.near(batch(two)).read_bytes())
    content[100:104] = b"\0\1\2\3"
    status, _, _ = machines.bucket.storage.ask(
        "PUT", f"/{machines.bucket.name}/{DATA}/encodings/e/b1.parquet", bytes(content)
    )
    assert status == 200
    learn(two)
    with pytest.raises(DamagedFile, match="its checksum differs"):
        read_parquet(batch(two))
    (sentence,) = set_damaged_aside(two.layout)
    assert "was damaged" in sentence and not batch(two).exists()
    assert machines.objects() == ["damaged/encodings/e/b1.parquet"]


def test_an_object_that_somebody_removed_is_gone_with_a_sentence(two: Store, machines: Machines):
    machines.bucket.storage.ask("DELETE", f"/{machines.bucket.name}/{DATA}/encodings/e/b1.parquet")
    with pytest.raises(DamagedFile, match="it is gone"):
        read_parquet(batch(two))
    assert not batch(two).exists()


def test_few_bytes_are_kept_and_every_reader_finds_what_it_reads(machines: Machines, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copies, "GRACE_S", 0.0)
    one = machines.store("one", cache_gb=100_000 / 2**30)
    rows = [pd.DataFrame({"x": np.random.default_rng(number).random(5_000)}) for number in range(6)]
    for number, part in enumerate(rows):
        write_parquet(batch(one, number), part)
    array = one.layout.index("supervised", "v") / "vectors.npy"
    with atomic_folder(array.parent) as folder:
        np.save(folder / array.name, np.arange(9_000))
    mapped = np.load(hooks.near(array), mmap_mode="r")
    stamps = [one.layout.encodings("e", f"b{number}").stat().st_mtime_ns for number in range(6)]
    for _ in range(2):
        for number, part in enumerate(rows):
            pd.testing.assert_frame_equal(read_parquet(batch(one, number)), part)
            here = [file for file in one.layout.root.rglob("*.*") if file.is_file() and hooks.is_here(file)]
            assert sum(file.stat().st_blocks * 512 for file in here) < 200_000
    assert mapped[-1] == 8_999 and not hooks.is_here(array), "who has a file open keeps it"
    assert [batch(one, number).stat().st_mtime_ns for number in range(6)] == stamps
    assert sum(batch(one, number).stat().st_size for number in range(6)) > 200_000
