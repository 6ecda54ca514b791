from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tiefvision_assets.store import mending
from tiefvision_assets.store.mending import set_damaged_aside
from tiefvision_assets.store.sealed import write_json
from tiefvision_assets.store.store import Store


@pytest.mark.parametrize("across", [False, True])
def test_damaged_files_are_set_aside_from_other_file_systems_too(
    store: Store, monkeypatch: pytest.MonkeyPatch, across: bool
) -> None:
    file = store.layout.boxes("heads", "b0")
    for content in (b"damaged", b"damaged again"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        with monkeypatch.context() as patched:
            if across:
                patched.setattr(os, "rename", refuse)
                patched.setattr(os, "replace", refuse)
            (sentence,) = set_damaged_aside(store.layout)
        assert str(file) in sentence and not file.exists()
        assert (store.layout.damaged / "boxes" / "heads" / "b0.parquet").read_bytes() == content


def test_only_what_has_changed_is_read_again_until_a_week_has_passed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [store.layout.model("encoder", name) / "model.json" for name in ("a", "b")]
    for file in files:
        write_json(file, {"name": file.parent.name})
    read: list[Path] = []
    examine = mending.examine
    monkeypatch.setattr(mending, "examine", lambda file: (read.append(file), examine(file)))

    def scanned(days: float) -> list[Path]:
        read.clear()
        with days_later(days, monkeypatch):
            assert set_damaged_aside(store.layout) == []
        return sorted(read)

    assert scanned(0) == files
    assert scanned(1) == files  # they were too new to be told from what might be written at the same time
    assert scanned(2) == []
    write_json(files[1], {"name": "b"})
    assert scanned(3) == [files[1]]
    stamp = files[0].stat()
    files[0].write_bytes(files[0].read_bytes())
    os.utime(files[0], ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert scanned(4) == [files[0]]
    assert scanned(5) == []
    assert scanned(10.5) == [files[1]]
    store.layout.examined.write_text("{}", encoding="utf-8")
    assert scanned(11) == files


def test_damage_to_a_file_that_was_examined_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    file = store.layout.model("encoder", "a") / "model.json"
    write_json(file, {"name": "a"})
    for days in (1, 2):
        with days_later(days, monkeypatch):
            assert set_damaged_aside(store.layout) == []
    file.write_bytes(file.read_bytes().replace(b"a", b"b", 1))
    with days_later(2, monkeypatch):
        assert len(set_damaged_aside(store.layout)) == 1


@contextmanager
def days_later(days: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    now = time.time() + days * 24 * 3600
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now)
        yield


def refuse(source: Path, target: Path) -> None:
    raise OSError(errno.EXDEV, "Invalid cross-device link", source, target)
