"""Stored files with checksums: what is changed in them is noticed, and those of before are taken as they are."""

from __future__ import annotations

import contextlib
import errno
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from tiefvision_assets.store import atomic, sealed
from tiefvision_assets.store.sealed import (
    DamagedFile,
    checksum,
    examine,
    load_tensors,
    read_json,
    read_parquet,
    save_tensors,
    verify,
    write_json,
    write_parquet,
)

FRAME = pd.DataFrame({"path": [f"gowns/{number}.jpg" for number in range(50)], "x": np.arange(50.0)})
TENSORS = {"bias": np.zeros(0, np.float32), "weight": np.arange(600, dtype=np.float32).reshape(20, 30)}
DOCUMENT = {"b": [1.5, None], "a": {"é": "ü"}, "nan": float("inf")}
Kind = tuple[str, Callable[[Path], None], Callable[[Path], object]]
KINDS: tuple[Kind, ...] = (
    ("a.parquet", lambda file: write_parquet(file, FRAME), lambda file: read_parquet(file).to_dict("list")),
    ("a.safetensors", lambda file: save_tensors(file, TENSORS), lambda file: str(load_tensors(file))),
    ("a.json", lambda file: write_json(file, DOCUMENT), read_json),
)


@pytest.mark.parametrize(("name", "write", "read"), KINDS, ids=[kind[0] for kind in KINDS])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), changed=st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_changes_nothing(tmp_path, name, write, read, place, changed):
    file = tmp_path / name
    write(file)
    before = read(file)
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= changed
    file.unlink()
    file.write_bytes(content)
    with contextlib.suppress(DamagedFile):
        assert read(file) == before


@pytest.mark.parametrize(("name", "write", "read"), KINDS, ids=[kind[0] for kind in KINDS])
def test_a_shortened_file_is_damaged_and_one_that_is_gone_too(tmp_path, name, write, read):
    file = tmp_path / name
    write(file)
    content = file.read_bytes()
    for kept in (0, 1, len(content) // 2, len(content) - 2):
        file.write_bytes(content[:kept])
        with pytest.raises(DamagedFile):
            read(file)
    file.unlink()
    with pytest.raises(DamagedFile, match="gone"):
        verify(file)


def test_files_of_before_have_no_checksum_and_need_only_be_readable(tmp_path):
    FRAME.to_parquet(tmp_path / "a.parquet", index=False)
    save_file(TENSORS, tmp_path / "a.safetensors")
    atomic.write_json(tmp_path / "a.json", {"a": 1})
    atomic.write_json(tmp_path / "list.json", [1, 2])
    for name in ("a.parquet", "a.safetensors", "a.json"):
        examine(tmp_path / name)
    assert read_parquet(tmp_path / "a.parquet", ["x"]).equals(FRAME[["x"]])
    examine(tmp_path / "list.json")
    assert read_json(tmp_path / "list.json", "entries") == {"entries": [1, 2]}
    with pytest.raises(DamagedFile, match="no JSON object"):
        read_json(tmp_path / "list.json")
    for name in ("a.parquet", "a.safetensors"):
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(DamagedFile):
            examine(tmp_path / name)


def test_other_programs_read_the_files_as_before(tmp_path):
    write_parquet(tmp_path / "a.parquet", FRAME)
    assert pd.read_parquet(tmp_path / "a.parquet").equals(FRAME)
    write_json(tmp_path / "a.json", DOCUMENT)
    assert set(atomic.read_json(tmp_path / "a.json")) == {*DOCUMENT, "checksum"}


def test_a_document_without_the_keys_wanted_is_damaged(tmp_path):
    write_json(tmp_path / "a.json", {"version": "v"})
    with pytest.raises(DamagedFile, match="labels is missing"):
        read_json(tmp_path / "a.json", "version", "labels")


class Unreadable(io.FileIO):
    """A file on a disk that has lost its blocks: opened, but not read."""

    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    def readall(self) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize(("name", "write", "read"), KINDS, ids=[kind[0] for kind in KINDS])
def test_what_the_disk_cannot_read_is_damaged(tmp_path, monkeypatch, name, write, read):
    write(tmp_path / name)
    monkeypatch.setattr(Path, "open", lambda file, *_, **__: io.BufferedReader(Unreadable(file)))
    for use in (read, verify, examine):
        with pytest.raises(DamagedFile, match="the disk cannot read it"):
            use(tmp_path / name)


@pytest.mark.parametrize(("name", "write", "read"), KINDS[:2], ids=[kind[0] for kind in KINDS[:2]])
def test_a_file_that_is_replaced_while_it_is_verified_is_no_damage(tmp_path, monkeypatch, name, write, read):
    file, other = tmp_path / name, tmp_path / f"other-{name}"
    write(file)
    if other.suffix == ".parquet":
        write_parquet(other, FRAME[:7])
    else:
        save_tensors(other, {"weight": np.ones(7, np.float32)})
    really_open = Path.open

    def opened_before_it_is_replaced(path: Path, *args: Any, **others: Any) -> Any:
        opened = really_open(path, *args, **others)
        if other.exists():
            other.replace(file)
        return opened

    monkeypatch.setattr(Path, "open", opened_before_it_is_replaced)
    verify(file)
    assert not other.exists()
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(DamagedFile):
        read(file)


def test_a_file_under_two_names_is_hashed_once_and_again_when_it_changes(tmp_path, monkeypatch):
    hashed: list[int] = []
    really = sealed.xxhash.xxh3_64
    monkeypatch.setattr(sealed.xxhash, "xxh3_64", lambda: hashed.append(1) or really())
    file, link = tmp_path / "a.npy", tmp_path / "b.npy"
    file.write_bytes(b"numbers")
    link.hardlink_to(file)
    assert checksum(file) == checksum(link) == checksum(file) and len(hashed) == 1
    before = checksum(file)
    file.write_bytes(b"other numbers")
    assert checksum(link) == checksum(file) != before
