"""The budget of memory for decoding: shared by threads, and never a reason to wait for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from PIL import Image

from tiefvision_assets.store import memory, photos
from tiefvision_assets.store.memory import MemoryBudget, memory_limit
from tiefvision_assets.store.photos import BYTES_HELD_A_PIXEL, BadPhoto, photo_held


@pytest.mark.parametrize(("limit", "together"), [(10, 2), (5, 1)])
def test_threads_use_no_more_than_the_budget_together(limit: int, together: int):
    budget = MemoryBudget(10)
    budget.limit_to(limit)
    at_work, most = [0], []
    met = Barrier(2)

    def decode(_: int) -> None:
        with budget.reserved(5):
            at_work[0] += 1
            most.append(at_work[0])
            if together == 2:
                met.wait(30)
            at_work[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decode, range(4)))
    assert max(most) == together


def test_who_needs_more_than_there_is_gets_all_of_it_alone():
    budget, at_work = MemoryBudget(10), []

    def decode(number: int) -> None:
        with budget.reserved(1000):
            at_work.append(number)
            assert at_work == [number]
            at_work.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, range(200)))


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/\n", {"memory.max": "3000"}, 3000),
        ("0::/system.slice/app.service\n", {"system.slice/app.service/memory.max": "2000", "memory.max": "max"}, 2000),
        ("0::/a/b\n", {"a/memory.max": "1000", "a/b/memory.max": "5000"}, 1000),
        ("4:memory:/a\n1:cpu:/c\n0::/\n", {"memory/a/memory.limit_in_bytes": "7000"}, 7000),
        ("5:cpu,memory:/a:b\n", {"memory/a:b/memory.limit_in_bytes": "8000"}, 8000),
        ("0::/not/visible/here\n", {"memory.max": "4000"}, 4000),
    ],
)
def test_the_limit_of_the_control_group_and_of_those_above_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: str, files: dict[str, str], expected: int
):
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_MOUNTED", tmp_path / "mounted")
    (tmp_path / "cgroup").write_text(groups)
    for name, text in files.items():
        file = tmp_path / "mounted" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    assert memory_limit() == expected


@pytest.mark.parametrize("together", [1, 2])
def test_threads_hold_no_more_decoded_photos_than_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
):
    monkeypatch.setattr(photos, "HELD", MemoryBudget(together * BYTES_HELD_A_PIXEL * 40 * 50))
    file = tmp_path / "a.png"
    Image.new("RGB", (40, 50), "red").save(file)
    at_work, most = [0], []
    met = Barrier(together)

    def look(_: int) -> None:
        with photo_held(file, "a.png") as photo:
            assert photo.getpixel((0, 0)) == (255, 0, 0)
            at_work[0] += 1
            most.append(at_work[0])
            met.wait(30)
            at_work[0] -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    assert max(most) == together


@pytest.mark.parametrize("content", [b"", b"no photo", None])
def test_a_file_that_is_no_photo_is_told_as_elsewhere_and_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
):
    monkeypatch.setattr(photos, "HELD", MemoryBudget(1))
    file = tmp_path / "a.png"
    if content is not None:
        file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(BadPhoto, match=r"a\.png: "), photo_held(file, "a.png"):
            pass


def test_a_reduced_photo_takes_less_of_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photos, "HELD", MemoryBudget(2 * BYTES_HELD_A_PIXEL * 100 * 80))
    file = tmp_path / "a.jpg"
    Image.new("RGB", (800, 640), "red").save(file)
    with photo_held(file, "a.jpg", 8) as one, photo_held(file, "a.jpg", 8) as other:
        assert one.size == other.size == (100, 80)
