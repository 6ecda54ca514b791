"""A file's stamp differs once the file was replaced, and only then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.stamp import stamp_of, stamps_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    return file


def test_it_stays_while_the_file_does(file: Path) -> None:
    before = stamp_of(file)
    file.read_bytes()
    assert stamp_of(file) == before


def test_another_time_shows(file: Path) -> None:
    before = stamp_of(file)
    os.utime(file, ns=(0, 1))
    assert stamp_of(file) != before


def test_another_size_shows_at_the_same_time(file: Path) -> None:
    os.utime(file, ns=(1, 1))
    before = stamp_of(file)
    file.write_bytes(b"more")
    os.utime(file, ns=(1, 1))
    assert stamp_of(file) != before


def test_a_replaced_file_shows_although_size_and_time_are_the_same(file: Path) -> None:
    os.utime(file, ns=(1, 1))
    before = stamp_of(file)
    with atomic_path(file) as temporary:
        temporary.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert stamp_of(file) != before


def test_files_that_are_missing_have_none(file: Path) -> None:
    missing = file.with_name("b")
    assert stamp_of(missing) is None
    assert stamps_of([missing, file]) == ((str(file), stamp_of(file)),)
