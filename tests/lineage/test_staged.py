"""What is dropped in the app: staged outside of the raw folder, looked at, and taken once."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from tiefvision_assets.lineage import staged
from tiefvision_assets.lineage.staged import (
    CannotBeTaken,
    Dropped,
    look_at_labels,
    look_at_photos,
    name_of,
    outcome_of,
    photos_of,
    stage_files,
    take,
)
from tiefvision_assets.store.archives import BadArchive
from tiefvision_assets.store.labels.choices import Choices, Pick
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.staging import Stage, Staging
from tiefvision_assets.store.store import Store

ANN = Choices(annotator="ann")


@pytest.fixture
def staging(store: Store) -> Staging:
    return Staging(store.layout.arrivals)


def png(colour: str, size: tuple[int, int] = (80, 60)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def coco(*names: str, boxes: int = 1) -> bytes:
    images = [{"id": count, "file_name": name} for count, name in enumerate(names)]
    labels = [
        {"image_id": count, "bbox": [5, 5, 30 + more, 20]} for count in range(len(names)) for more in range(boxes)
    ]
    return json.dumps({"images": images, "annotations": labels}).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def dropped(store: Store, files: Mapping[str, bytes], *, is_folder: bool = False) -> Stage:
    given = [Dropped(name, content) for name, content in files.items()]
    stage = stage_files(Staging(store.layout.arrivals), given, is_folder=is_folder)
    look_at_photos(store, stage)
    return stage


def raw_files(store: Store) -> list[str]:
    raw = store.settings.raw_dir
    return sorted(file.relative_to(raw).as_posix() for file in raw.rglob("*") if file.is_file())


BOTH = {"a.png": png("red"), "sub/b.png": png("blue"), "labels/boxes.json": coco("a.png", "sub/b.png", "gone.png")}


@pytest.mark.parametrize(
    ("files", "is_folder", "name"),
    [({"both.zip": zipped(BOTH)}, False, "both.zip"), ({f"both/{name}": c for name, c in BOTH.items()}, True, "both")],
)
def test_photos_and_their_labels_are_taken_together(
    store: Store, files: dict[str, bytes], is_folder: bool, name: str
) -> None:
    stage = dropped(store, files, is_folder=is_folder)
    photos, labels = photos_of(stage), look_at_labels(store, stage, None, ANN)
    assert photos and labels and labels.document
    assert (name_of(stage), photos["new"], photos["passed_over"]) == (name, 2, {})
    assert (labels.file_format, labels.document["labels"], labels.document["imported"]) == (LabelFormat.coco, 2, 2)
    assert raw_files(store) == [] and store.labels.counts()["boxes"] == 0

    taken = take(store, stage, None, ANN, next_step=lambda: "What next.")
    assert (taken["photos"], taken["labels"]["imported"], taken["next"]) == (2, 2, "What next.")
    assert raw_files(store) == ["a.png", "sub/b.png"]
    store.catalogue.scan()
    assert set(store.labels.live_boxes()["sha256"]) == set(store.catalogue.live()["sha256"])
    assert set(store.labels.live_boxes()["annotator"]) == {"ann"}
    assert json.loads(store.layout.label_report.read_text())["file"] == name


def test_taking_twice_takes_once(store: Store) -> None:
    stage = dropped(store, {"both.zip": zipped(BOTH)})
    first = take(store, stage, None, ANN)
    (store.settings.raw_dir / "a.png").unlink()
    assert take(store, stage, None, ANN) == first == outcome_of(stage)
    assert raw_files(store) == ["sub/b.png"]
    assert not stage.files.exists()


def test_what_another_tab_takes_is_not_taken_meanwhile(store: Store) -> None:
    stage = dropped(store, {"a.png": png("red")})
    with stage.held(), pytest.raises(CannotBeTaken, match="they are being taken already"):
        take(store, stage, None, ANN)
    assert take(store, stage, None, ANN)["photos"] == 1


def test_what_was_removed_is_not_taken(store: Store) -> None:
    stage = dropped(store, {"a.png": png("red")})
    stage.remove()
    with pytest.raises(CannotBeTaken, match="taken or removed already"):
        take(store, stage, None, ANN)
    assert raw_files(store) == []


def test_a_full_disk_leaves_whole_photos_and_a_second_confirmation_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = dropped(store, {"a.png": png("red"), "b.png": png("blue"), "boxes.json": coco("a.png")})
    copy = staged.copy_below

    def full(source: Path, raw: Path, *arguments: object) -> None:
        (source / "b.png").rename(source.parent / "b.png")
        copy(source, raw)
        (source.parent / "b.png").rename(source / "b.png")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staged, "copy_below", full)
    with pytest.raises(CannotBeTaken, match=r"Not all photos .* \(No space left on device\); .* Make room"):
        take(store, stage, None, ANN)
    assert raw_files(store) == ["a.png"] and store.labels.counts()["boxes"] == 0
    monkeypatch.setattr(staged, "copy_below", copy)
    assert take(store, stage, None, ANN)["photos"] == 1
    assert raw_files(store) == ["a.png", "b.png"] and store.labels.counts()["boxes"] == 1


def test_choices_count_in_the_report_and_when_it_is_taken(store: Store) -> None:
    stage = dropped(store, {"a.png": png("red"), "boxes.json": coco("a.png", boxes=2)})
    refused = look_at_labels(store, stage, None, ANN)
    assert refused and refused.document and refused.document["labels"] == 0
    assert "--pick" in refused.document["problems"][0]["way_out"]
    largest = Choices(annotator="ann", pick=Pick.largest)
    chosen = look_at_labels(store, stage, None, largest)
    assert chosen and chosen.document and chosen.document["labels"] == 1
    assert take(store, stage, None, largest)["labels"]["imported"] == 1


def test_labels_that_cannot_be_read_are_refused_under_their_own_name(store: Store) -> None:
    stage = dropped(store, {"boxes.json": coco("a.png")})
    look = look_at_labels(store, stage, LabelFormat.voc, ANN)
    assert look and look.document is None
    assert look.refusal.startswith("boxes.json: there is no .xml file")
    assert str(stage.folder) not in look.refusal


def test_hostile_names_stay_inside_and_hidden_files_outside(store: Store, staging: Staging) -> None:
    names = ("../../a.png", "/etc/b.png", "c:\\d.png", "x/.git/e.png", "x/.f.png", "x/run.exe", "x/g.png", "y/g.png")
    stage = dropped(store, {name: png("red") for name in names}, is_folder=True)
    found = photos_of(stage)
    assert found
    assert found["passed_over"] == {
        "named outside of the archive": 1,
        "hidden": 2,
        "not taken by its name (.exe)": 1,
        "a second file of that name": 1,
    }  # fmt: skip
    inside = {file.relative_to(stage.files).as_posix() for file in stage.files.rglob("*") if file.is_file()}
    assert inside == {"g.png", "etc/b.png", "d.png"}
    outside = [file for file in store.layout.root.rglob("*.png") if not file.is_relative_to(stage.files)]
    assert outside == []


def test_nothing_is_left_of_what_cannot_be_staged(
    store: Store, staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadArchive, match=r"^x\.zip cannot be unpacked"):
        stage_files(staging, [Dropped("x.zip", b"no archive")], is_folder=False)
    monkeypatch.setattr(staged, "MAX_FILES", 1)
    with pytest.raises(CannotBeTaken, match="2 files with 0 MiB were dropped, the limit is 1 files"):
        stage_files(staging, [Dropped("a.png", b""), Dropped("b.png", b"")], is_folder=False)
    assert list(store.layout.arrivals.iterdir()) == []
