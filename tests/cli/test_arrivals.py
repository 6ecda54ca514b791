"""`ingest` and `labels import` of archives, formats that are recognised, and dry runs that store nothing."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests import commands, tiny
from tests.commands import InProcess
from tiefvision_assets.store.store import Store

tiny_encoder = tiny.tiny_encoder
settings, store = tiny.settings, tiny.store
tiefvision = commands.in_process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos, one that is none, and labels of the photos and of an unknown one."""
    folder = tmp_path / "arrived"
    (folder / "sub").mkdir(parents=True)
    for name, colour in (("a.png", "teal"), ("sub/b.png", "red")):
        Image.new("RGB", (80, 60), colour).save(folder / name)
    (folder / "bad.jpg").write_bytes(b"no photo")
    images = [{"id": number, "file_name": name} for number, name in enumerate(("a.png", "sub/b.png", "gone.png"))]
    boxes = [{"image_id": number, "bbox": [5, 5, 30, 20]} for number in range(3)]
    (folder / "boxes.json").write_text(json.dumps({"images": images, "annotations": boxes}))
    return folder


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "arrived.zip", "w") as target:
        for file in folder.rglob("*.*"):
            target.write(file, file.relative_to(folder))
        target.writestr("../out.png", b"x")
    return tmp_path / "arrived.zip"


def stored(store: Store) -> list[Path]:
    """All photos, and what was left of what arrived."""
    places = (store.settings.raw_dir, store.layout.arrivals)
    return sorted(file for place in places for file in place.rglob("*") if file.is_file())


def test_a_dry_run_tells_what_ingest_would_do(tiefvision: InProcess, store: Store, folder: Path, archive: Path) -> None:
    expected: dict[str, Any] = {"new": 2, "twins": 0, "unchanged": 0, "replaced": [], "dry_run": True}
    expected["unreadable"] = [{"path": "bad.jpg", "reason": "not a photo, or damaged at its beginning"}]
    for source, passed_over in (
        (folder, {"not a photo by its name (.json)": 1}),
        (archive, {"not taken by its name (.json)": 1, "named outside of the archive": 1}),
    ):
        found = tiefvision("ingest", source, "--dry-run", "--json").json
        found["unreadable"][0]["reason"] = found["unreadable"][0]["reason"].partition(" (")[0]
        assert found == expected | {"passed_over": passed_over}
        assert stored(store) == []
    assert "for the quarantine" in tiefvision("ingest", folder, "--dry-run").out


def test_an_archive_is_ingested_as_its_folder_would_be(tiefvision: InProcess, store: Store, archive: Path) -> None:
    found = tiefvision("ingest", archive, "--json").json
    assert (found["photos"], found["new"], found["quarantined"]) == (2, 2, 1)
    assert found["passed_over"]["named outside of the archive"] == 1
    assert sorted(store.catalogue.live()["path"]) == ["a.png", "sub/b.png"]
    assert not (store.settings.raw_dir.parent / "out.png").exists()
    assert list(store.layout.arrivals.iterdir()) == []
    assert tiefvision("ingest", archive, "--dry-run", "--json").json["unchanged"] == 2


def test_labels_in_an_archive_are_recognised_and_a_dry_run_stores_none(
    tiefvision: InProcess, store: Store, folder: Path, archive: Path
) -> None:
    tiefvision("ingest", folder)
    tried = tiefvision("labels", "import", archive, "--dry-run", "--skip-invalid", "--json").json
    assert (tried["format"], tried["labels"], tried["imported"], tried["report"]) == ("coco", 2, 2, None)
    assert tried["file"] == str(archive)
    assert "gone.png" in tried["problems"][0]["reason"]
    assert tried["passed_over"] == {"files of the archive (named outside of the archive)": 1}
    assert store.labels.counts()["boxes"] == 0
    assert not store.layout.label_report.exists()
    done = tiefvision("labels", "import", archive, "--skip-invalid", "--json").json
    assert {**done, "report": None, "dry_run": True} == tried
    assert store.labels.counts()["boxes"] == 2
    again = tiefvision("labels", "import", folder, "--dry-run", "--skip-invalid", "--json").json
    assert (again["imported"], again["unchanged"]) == (0, 2)


def test_errors_name_the_archive_and_nothing_is_left(
    tiefvision: InProcess, store: Store, tmp_path: Path, archive: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as target:
        target.writestr("readme.txt", "no labels")
    sentence = tiefvision("labels", "import", tmp_path / "none.zip").sentence
    assert sentence.startswith(f"{tmp_path / 'none.zip'}: no format of labels was recognised")
    sentence = tiefvision("labels", "import", archive, "--format", "voc").sentence
    assert sentence.startswith(f"{archive}: there is no .xml file")
    assert "there is no such file" in tiefvision("labels", "import", tmp_path / "gone.zip").sentence
    assert "not a folder" in tiefvision("ingest", tmp_path / "gone.zip").sentence
    assert list(store.layout.arrivals.iterdir()) == []


def test_a_dry_run_needs_something_to_look_at(tiefvision: InProcess) -> None:
    assert tiefvision("ingest", "--dry-run").code == 2
