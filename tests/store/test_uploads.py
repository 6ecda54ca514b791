"""Kept uploads while several processes keep and remove them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from tiefvision_assets.store import uploads as storing
from tiefvision_assets.store.uploads import KEPT_S, Uploader, Uploads

ANN = Uploader("Ann", "viewer", "dress.jpg")


def aged(folder: Path) -> None:
    long_ago = time.time() - KEPT_S - 60
    os.utime(folder, (long_ago, long_ago))


def test_an_upload_that_is_kept_again_is_not_removed_as_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = Uploads(tmp_path)
    digest = uploads.keep(b"a photo", ANN)
    aged(tmp_path / digest)
    clock = time.time

    def kept_meanwhile() -> float:
        os.utime(tmp_path / digest)  # as another process keeps it between the look at all uploads and the removal
        return clock()

    monkeypatch.setattr(storing.time, "time", kept_meanwhile)
    uploads.remove_old()
    assert uploads.get(digest)


def test_an_upload_that_is_removed_while_it_is_kept_again_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = Uploads(tmp_path)
    digest = uploads.keep(b"a photo", ANN)
    aged(tmp_path / digest)
    write, removals = storing.write_json, [tmp_path / digest]

    def removed_before(file: Path, document: dict[str, str]) -> None:
        if removals:
            shutil.rmtree(removals.pop())
            file.parent.mkdir()
        write(file, document)

    monkeypatch.setattr(storing, "write_json", removed_before)
    uploads.keep(b"a photo", ANN)
    found = uploads.get(digest)
    assert found and found.data == b"a photo" and found.uploaders == (ANN,)


def test_old_uploads_are_removed(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    old = uploads.keep(b"an old photo", ANN)
    aged(tmp_path / old)
    uploads.keep(b"a photo", ANN)
    assert uploads.get(old) is None
