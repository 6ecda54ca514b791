"""The whole lineage on photos of a server that fsspec reads makes what it makes of the same photos in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import commands, ftp_server, tiny
from tests.commands import InProcess
from tests.ftp_server import PASSWORD, Far
from tests.orchestration.test_bucket_run import hits, made, run
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

server, far = ftp_server.server, ftp_server.far
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
in_process = commands.in_process


@pytest.fixture
def local(tmp_path: Path) -> Store:
    """A data folder with its photos beside it; nothing was scanned."""
    store = Store(tiny.settings_in(tmp_path))
    for number in range(tiny.PHOTOS):
        tiny.write_photo(store, f"sub {number % 3}/{number:02d}.png", number)
    return store


@pytest.fixture
def settings(local: Store, far: Far) -> Settings:
    """Another one, which is the same but for its place, and where its photos lie."""
    changes = {"data": local.settings.data_dir.with_name("remote"), "raw": far.settings.raw}
    return Settings.model_validate(local.settings.model_dump() | changes)


def test_photos_that_are_ingested_into_a_server_give_the_same_index_as_those_of_a_folder(
    local: Store, settings: Settings, far: Far, in_process: InProcess, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TIEFVISION_RAW", str(settings.raw))
    there = Store(settings)
    found = in_process("ingest", local.settings.raw_dir, "--json").json
    assert (found["photos"], len(far.paths())) == (tiny.PHOTOS, tiny.PHOTOS)
    local.catalogue.scan()
    for store in (local, there):
        run(store)
    assert made(local) and made(there) == made(local)
    assert hits(there) == hits(local)
    assert len(far.server.fetched()) == tiny.PHOTOS
    files = [file for file in settings.data_dir.rglob("*") if file.is_file()]
    assert files and not [file for file in files if PASSWORD.encode() in file.read_bytes()]
