"""The whole lineage with its data folder in object storage: two machines make together what one folder has.

It starts moto's S3 server in this process, PostgreSQL, and for other machines processes of their own, each with a cache
of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import object_storage, tiny
from tests.data_bucket import Machines
from tests.object_storage import Bucket
from tiefvision_assets.box import Box
from tiefvision_assets.cli import app
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.search.request import ById, ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.bucket import hooks, working_copy
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api_routes
from tiefvision_ui.http.images import photo_routes

pytestmark = pytest.mark.acceptance

storage_server, storage, bucket = object_storage.storage_server, object_storage.storage, object_storage.bucket
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
A_BATCH = 2
WITHIN_S = 600
BEFORE = ("box_labels", "triplet_labels", "encoder", "extracted_boxes", "embedding_basis")
TIMED = ("index.json", "entries.parquet", "summary.json")
"""Files in which times are, of photos' files or of building."""


@pytest.fixture
def machines(bucket: Bucket, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    monkeypatch.setattr(hooks, "LOOKED_S", 0.0)
    monkeypatch.setattr(working_copy, "PATIENCE_S", 60.0)
    return Machines(bucket, tmp_path, postgres_url.replace("postgresql://", "postgresql+psycopg://", 1))


@pytest.fixture
def boxes(bucket: Bucket, tmp_path: Path) -> dict[str, Box]:
    """The boxes of twelve photos that lie in a folder, and in the bucket under the same paths."""
    local = Store(tiny.settings_in(tmp_path))
    boxes = tiny.write_photos(local)
    bucket.take(local.settings.raw_dir)
    return boxes


def store_of(machines: Machines, name: str) -> Store:
    """One machine's; its disk is the folder of that name."""
    folder = machines.folder / name
    folder.mkdir(exist_ok=True)
    weights = shutil.copyfile(machines.folder / "tiny.safetensors", folder / "tiny.safetensors")
    return machines.store(f"{name}/cache", weights=weights, retrain_after=tiny.RETRAIN_AFTER)


def labelled(store: Store, boxes: dict[str, Box]) -> Store:
    store.catalogue.scan(batch_size=A_BATCH)
    tiny.label_boxes(store, dict(list(boxes.items())[: tiny.BOXES]))
    tiny.label_triplets(store, tiny.TRIPLETS)
    return store


def runner(store: Store) -> Runner:
    return Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral())


def made(store: Store) -> dict[str, bytes]:
    """What is made of photos, with its content, wherever it lies."""
    hooks.refresh(store.layout.root)
    found = {}
    for name in ("catalogue/batches", "boxes", "models", "encodings", "index", "triplets"):
        for file in sorted((store.layout.root / name).rglob("*.*")):
            if file.is_file() and file.name not in TIMED and file.suffix != ".json":
                found[str(file.relative_to(store.layout.root))] = hooks.near(file).read_bytes()
    return found


def hits(store: Store) -> list[tuple[str, float]]:
    """Those of a search by id, and of one by a photo that the catalogue does not know."""
    searcher = Searcher(store.settings)
    image_id = store.catalogue.live()["image_id"].iloc[3]
    photo = Image.new("RGB", (tiny.WIDTH, tiny.HEIGHT), "teal")
    found = [*searcher.search(ById(image_id, k=5)).hits, *searcher.search(ByPhoto(photo, k=5)).hits]
    return [(hit.path, hit.score) for hit in found]


def command(machines: Machines, module: str, folder: Path, *arguments: str) -> list[str]:
    places = [machines.database_url, machines.url, str(machines.bucket.settings.raw)]
    return [sys.executable, "-m", module, str(folder), *arguments, *places]


def encoded_together(machines: Machines, names: list[str]) -> list[tuple[str, str, float, float, int]]:
    """Let these machines encode; batch, process, begin, end and photos of each batch that one took up."""
    meeting = machines.folder / "meeting"
    meeting.mkdir()
    running = []
    for name in names:
        store_of(machines, name)
        started = command(machines, "tests.orchestration.worker", machines.folder / name, str(meeting), str(len(names)))
        running.append(subprocess.Popen(started, stderr=subprocess.PIPE, text=True))
    for worker in running:
        _, said = worker.communicate(timeout=WITHIN_S)
        assert worker.returncode == 0, said[-3000:]
    lines = [line.split() for line in (meeting / "log").read_text().splitlines()]
    return [(batch, pid, float(begun), float(ended), int(made)) for batch, pid, begun, ended, made in lines]


def test_two_machines_make_together_what_one_folder_has(
    machines: Machines, boxes: dict[str, Box], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = labelled(Store(tiny.settings_in(tmp_path)), boxes)
    alone = runner(local)
    for asset in (*BEFORE, "object_encodings"):
        alone.run_selection(asset)
    alone.run_plan()

    one = labelled(store_of(machines, "one"), boxes)
    first = runner(one)
    for asset in BEFORE:
        first.run_selection(asset)
    lines = encoded_together(machines, ["two", "three"])
    assert sorted(batch for batch, *_, photos in lines if photos) == one.catalogue.batch_keys(), "each once"
    overlaps = [
        (this, other)
        for this, other in combinations([line for line in lines if line[4]], 2)
        if this[1] != other[1] and this[2] < other[3] and other[2] < this[3]
    ]
    assert overlaps, "different machines at the same time"
    runner(one).run_plan()
    assert made(one) == made(local)

    four = store_of(machines, "four")
    assert hits(four) == hits(local) == hits(one)
    for name, value in four.settings.model_dump(
        include={"data", "raw", "cache", "database_url", "encoder", "weights"}
    ).items():
        monkeypatch.setenv(f"TIEFVISION_{name.upper()}", str(value))
    told: Any = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)
    assert (told["photos"], told["batches"], told["boxes"], told["alerts"]) == (12, 6, tiny.BOXES, [])


@pytest.mark.usefixtures("boxes")
def test_whoever_is_killed_while_an_index_is_published_leaves_none_and_the_next_one_makes_it(
    machines: Machines,
) -> None:
    one = store_of(machines, "one")
    killed: list[subprocess.Popen[bytes]] = []
    machines.bucket.storage.breaks("PUT", "scores.npy", "lost", then=lambda: killed[0].kill())
    killed.append(subprocess.Popen(command(machines, "tests.e2e.machine", machines.folder / "one")))
    assert killed[0].wait(timeout=WITHIN_S) == -9
    machines.bucket.storage.heals()
    left = [key for key in machines.objects() if key.startswith("index/")]
    assert any(key.endswith("scores.npy") for key in left) and not any(key.endswith("index.json") for key in left)

    two = store_of(machines, "two")
    assert not two.served.read().index
    runner(two).run_plan()
    hooks.refresh(one.layout.root)
    assert one.served.read().index and len(hits(one)) == 10
    assert [path for path in machines.objects() if ".tmp-" in path] == []


@pytest.mark.usefixtures("boxes")
def test_an_open_app_serves_the_next_version_of_another_machine(machines: Machines, tmp_path: Path) -> None:
    two = store_of(machines, "two")
    runner(two).run_plan()
    one = store_of(machines, "one")
    client = TestClient(Starlette(routes=[*api_routes(Searcher(one.settings)), *photo_routes(one)]))
    query = {"id": one.catalogue.live()["image_id"].iloc[3], "k": 50}
    hit, *others = client.get("/api/search", params=query).json()["hits"]
    assert client.get(hit["thumbnail"]).status_code == 200 and len(others) == tiny.PHOTOS - 2
    local = Store(tiny.settings_in(tmp_path))
    tiny.write_photo(local, "new.png", 77)
    machines.bucket.put("new.png", (local.settings.raw_dir / "new.png").read_bytes())
    runner(two).run_plan()
    paths = [each["path"] for each in client.get("/api/search", params=query).json()["hits"]]
    assert len(paths) == tiny.PHOTOS and "new.png" in paths
