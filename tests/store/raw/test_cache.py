"""The cache of photos stays within its bounds, and gives back what was put in or nothing."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from tiefvision_assets.store.raw.cache import PhotoCache

LIMIT = 100_000
SIZE = 1_000


def content(number: int) -> tuple[str, bytes]:
    data = number.to_bytes(4, "big") * (SIZE // 4)
    return hashlib.sha256(data).hexdigest(), data


def bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_what_was_put_in_is_given_back(tmp_path: Path):
    cache = PhotoCache(tmp_path / "cache", LIMIT)
    name, data = content(1)
    assert cache.get(name) is None
    cache.put(name, data)
    assert cache.get(name) == data and PhotoCache(tmp_path / "cache", LIMIT).get(name) == data


def test_two_processes_together_stay_below_the_limit(tmp_path: Path):
    caches = PhotoCache(tmp_path, LIMIT), PhotoCache(tmp_path, LIMIT)
    for number in range(300):
        caches[number % 2].put(*content(number))
        assert bytes_in(tmp_path) <= LIMIT
    assert bytes_in(tmp_path) > 0.8 * LIMIT


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path):
    cache = PhotoCache(tmp_path, LIMIT)
    for number in range(80):
        cache.put(*content(number))
    for time, file in enumerate(sorted(tmp_path.rglob("*"))):
        if file.is_file():
            os.utime(file, (time, time))
    used = [content(number) for number in range(0, 80, 10)]
    assert all(cache.get(name) == data for name, data in used)
    for number in range(80, 140):
        cache.put(*content(number))
    assert all(cache.get(name) == data for name, data in used)


def test_a_damaged_file_counts_as_none(tmp_path: Path):
    cache = PhotoCache(tmp_path, LIMIT)
    name, data = content(1)
    cache.put(name, data)
    (file,) = (file for file in tmp_path.rglob("*") if file.is_file())
    file.write_bytes(data[: SIZE // 2])
    assert cache.get(name) is None
    cache.put(name, data)
    assert cache.get(name) == data


def test_a_full_disk_only_means_that_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = PhotoCache(tmp_path, LIMIT)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    cache.put(*content(1))
    assert cache.get(content(1)[0]) is None and bytes_in(tmp_path) == 0


def test_a_limit_of_nothing_keeps_nothing_and_a_huge_photo_is_not_kept(tmp_path: Path):
    for limit in (0, SIZE):
        cache = PhotoCache(tmp_path, limit)
        cache.put(*content(1))
        assert cache.get(content(1)[0]) is None and bytes_in(tmp_path) == 0


def test_other_people_of_the_machine_may_not_read_the_photos(tmp_path: Path):
    cache = PhotoCache(tmp_path / "photos", LIMIT)
    cache.put(*content(1))
    assert stat.S_IMODE((tmp_path / "photos").stat().st_mode) == 0o700
