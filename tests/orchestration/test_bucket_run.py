"""The whole lineage on photos in object storage makes what it makes of the same photos in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from tests import object_storage, tiny
from tests.object_storage import Bucket
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import RunFailed, Runner
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
PHOTOS = 20
TIMED = ("index.json", "entries.parquet", "summary.json")


@pytest.fixture
def local(tmp_path: Path, bucket: Bucket) -> Store:
    """A data folder whose photos, 20, lie in a folder and in the bucket under the same paths; nothing was scanned."""
    store = Store(tiny.settings_in(tmp_path))
    for number in range(PHOTOS):
        tiny.write_photo(store, f"sub {number % 3}/{number:02d}.png", number)
    bucket.take(store.settings.raw_dir)
    return store


def remote(local: Store, bucket: Bucket, folder: str = "remote") -> Store:
    """A data folder that is the same but for its place, and where its photos lie."""
    changes = {"data": local.settings.data_dir.with_name(folder), "raw": bucket.settings.raw}
    return Store(Settings.model_validate(local.settings.model_dump() | changes))


def run(store: Store) -> None:
    Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()


def labelled_and_run(store: Store) -> None:
    store.catalogue.scan()
    tiny.label_boxes(store, {path: Box(10, 20, 70, 100) for path in store.catalogue.live()["path"][: tiny.BOXES]})
    tiny.label_triplets(store, tiny.TRIPLETS)
    run(store)


def made(store: Store) -> dict[str, bytes]:
    """The files of all that is made of photos, but those in which times are, of files or of building."""
    root = store.settings.data_dir
    files = [
        file for folder in ("boxes", "encodings", "index", "catalogue/batches") for file in (root / folder).rglob("*.*")
    ]
    return {
        str(file.relative_to(root)): file.read_bytes() for file in files if file.is_file() and file.name not in TIMED
    }


def hits(store: Store) -> list[tuple[str, float]]:
    image_id = store.catalogue.live()["image_id"].iloc[3]
    found = Searcher(store.settings).search(ById(image_id, k=5))
    return [(hit.path, hit.score) for hit in found.hits]


@pytest.mark.acceptance
def test_photos_of_a_bucket_give_the_same_index_as_those_of_a_folder(local: Store, bucket: Bucket):
    labelled_and_run(local)
    there = remote(local, bucket)
    labelled_and_run(there)
    columns = ["image_id", "path", "sha256", "width", "height", "batch"]
    pd.testing.assert_frame_equal(there.catalogue.live()[columns], local.catalogue.live()[columns])
    assert made(local) and made(there) == made(local)
    ours, theirs = (Searcher(store.settings).entries().drop(columns="mtime_ns") for store in (local, there))
    pd.testing.assert_frame_equal(theirs, ours)
    assert hits(there) == hits(local)
    assert sorted(bucket.storage.gets()) == sorted(f"{number:02d}.png" for number in range(PHOTOS))


@pytest.mark.acceptance
def test_a_data_folder_whose_photos_move_into_a_bucket_is_taken_over(local: Store, bucket: Bucket):
    labelled_and_run(local)
    before = made(local)
    shutil.copytree(local.settings.data_dir, local.settings.data_dir.with_name("moved"))
    moved = remote(local, bucket, "moved")
    summary = Runner(moved.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
    assert (summary.computed, made(moved)) == (0, before)


def test_an_outage_while_photos_are_encoded_leaves_no_trace(local: Store, bucket: Bucket):
    there = remote(local, bucket)
    there.catalogue.scan()
    shutil.rmtree(there.settings.cache_dir / "photos")
    bucket.storage.breaks("GET", "05.png", "500")
    with pytest.raises(RunFailed, match=r"The storage of s3://.* fails \(500 Internal Server Error\); try again later"):
        run(there)
    assert not any(name.startswith("encodings") for name in made(there))
    bucket.storage.heals()
    run(there)
    assert len(hits(there)) == 5 and not len(there.catalogue.quarantined())
