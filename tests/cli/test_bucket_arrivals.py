"""`ingest` where photos lie in object storage: as into a folder, or one sentence and nothing is left behind."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests import commands, object_storage, tiny
from tests.commands import InProcess
from tests.object_storage import Bucket
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
tiny_encoder = tiny.tiny_encoder
in_process = commands.in_process


def png(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def settings(bucket: Bucket) -> Settings:
    return bucket.settings


@pytest.fixture
def tiefvision(in_process: InProcess, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    monkeypatch.setenv("TIEFVISION_RAW", str(bucket.settings.raw))
    return in_process


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three photos, one of which is none."""
    with zipfile.ZipFile(tmp_path / "arrived.zip", "w") as target:
        target.writestr("a.png", png("teal"))
        target.writestr("sub/b.png", png("red"))
        target.writestr("bad.jpg", b"no photo")
    return tmp_path / "arrived.zip"


def left_by(bucket: Bucket) -> list[Path]:
    """Files of the archive that were left in the data folder."""
    return list(Store(bucket.settings).layout.arrivals.rglob("*"))


def test_a_dry_run_tells_what_would_become_of_an_archive_and_writes_nothing(
    tiefvision: InProcess, bucket: Bucket, archive: Path
) -> None:
    bucket.put("a.png", png("blue"))
    found = tiefvision("ingest", archive, "--dry-run", "--json").json
    assert (found["new"], found["replaced"]) == (1, ["a.png"])
    assert [one["path"] for one in found["unreadable"]] == ["bad.jpg"]
    assert bucket.paths() == ["a.png"] and left_by(bucket) == []


def test_an_archive_goes_into_the_bucket_and_the_catalogue(
    tiefvision: InProcess, bucket: Bucket, archive: Path
) -> None:
    found = tiefvision("ingest", archive, "--json").json
    assert (found["photos"], found["new"], found["quarantined"]) == (2, 2, 1)
    assert bucket.paths() == ["a.png", "bad.jpg", "sub/b.png"] and left_by(bucket) == []
    assert tiefvision("ingest", archive, "--dry-run", "--json").json["unchanged"] == 2


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("source", ["archive", "folder"])
def test_where_the_bucket_takes_nothing_one_sentence_says_so_and_nothing_is_left(
    tiefvision: InProcess, bucket: Bucket, archive: Path, tmp_path: Path, method: str, source: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.png").write_bytes(png("teal"))
    bucket.storage.breaks(method, bucket.name, "403:AccessDenied")
    sentence = tiefvision("ingest", archive if source == "archive" else tmp_path / "folder").sentence
    assert f"Access to {bucket.settings.raw} is refused (403 Forbidden AccessDenied)" in sentence
    assert bucket.paths() == [] and left_by(bucket) == []
    assert not Store(bucket.settings).layout.catalogue.exists()


def test_a_password_in_the_url_is_refused_and_not_repeated(
    tiefvision: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEFVISION_RAW", "sftp://me:sec/r@t@shop/photos")
    answer = tiefvision("status")
    assert "TIEFVISION_RAW='sftp://***@shop/photos' cannot be used" in answer.sentence and "sec" not in answer.sentence


def test_a_demo_is_refused_before_anything_is_written(tiefvision: InProcess, bucket: Bucket) -> None:
    assert f"The photos lie at {bucket.settings.raw}" in tiefvision("demo", "--images", "3").sentence
    assert bucket.paths() == [] and not Store(bucket.settings).layout.demo.exists()
