"""Labels in and out of the store, in every format."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.label_exchange import BOX_FORMATS, Imported, download, export_labels, import_labels
from tiefvision_assets.store.labels.files import LabelFileError
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store

BOXES = {"red/a.png": Box(1 / 3, 2, 40.7, 45), "b.png": Box(0, 0, 64, 48), "c.png": Box(10.25, 9, 30, 40)}


@pytest.fixture
def labelled(store: Store, save_photo: Callable[..., Path]) -> Store:
    """Three photos with a box each, and a triplet of them."""
    for path, colour in zip(BOXES, ("red", "green", "blue"), strict=True):
        save_photo(path, colour)
    store.catalogue.scan()
    contents = dict(store.catalogue.live()[["path", "sha256"]].itertuples(index=False))
    store.labels.add_boxes([BoxLabel(contents[path], box) for path, box in BOXES.items()], annotator="ann")
    store.labels.add_triplets([TripletLabel(*contents.values())], annotator="ann")
    return store


@pytest.mark.parametrize("kind", LabelFormat)
def test_what_comes_back_is_known(labelled: Store, tmp_path: Path, kind: LabelFormat) -> None:
    count = export_labels(labelled, tmp_path / "out", kind).labels
    assert count == (3 if kind in BOX_FORMATS else 1)
    assert import_labels(labelled, tmp_path / "out", kind, "someone") == Imported(count, 0)


def test_shares_that_another_program_rounded_are_no_new_boxes(labelled: Store, tmp_path: Path) -> None:
    version = labelled.labels.box_version()
    export_labels(labelled, tmp_path / "yolo", LabelFormat.yolo)
    file = tmp_path / "yolo" / "labels" / "red" / "a.txt"
    kind, *shares = file.read_text().split()
    file.write_text(" ".join([kind, *(f"{float(share):.6f}" for share in shares)]))
    assert import_labels(labelled, tmp_path / "yolo", LabelFormat.yolo, "ann") == Imported(3, 0)
    export_labels(labelled, tmp_path / "tasks.json", LabelFormat.labelstudio)
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    assert import_labels(labelled, tmp_path / "tasks.json", LabelFormat.labelstudio, "ann") == Imported(3, 0)
    assert labelled.labels.box_version() == version


def test_a_box_that_was_moved_is_new(labelled: Store, tmp_path: Path) -> None:
    export_labels(labelled, tmp_path / "yolo", LabelFormat.yolo)
    (tmp_path / "yolo" / "labels" / "b.txt").write_text("0 0.5 0.5 0.99 1")
    assert import_labels(labelled, tmp_path / "yolo", LabelFormat.yolo, "ann") == Imported(3, 1)


def test_one_bad_box_keeps_all_others_out_when_that_is_wanted(labelled: Store, tmp_path: Path) -> None:
    export_labels(labelled, tmp_path / "voc", LabelFormat.voc)
    for file in (tmp_path / "voc" / "Annotations").rglob("*.xml"):
        file.write_text(file.read_text().replace("<ymin>1<", "<ymin>7<"))
    bad = tmp_path / "voc" / "Annotations" / "c.xml"
    bad.write_text(bad.read_text().replace("<xmax>30<", "<xmax>300<"))
    version = labelled.labels.box_version()
    with pytest.raises(LabelFileError, match="outside the photo"):
        import_labels(labelled, tmp_path / "voc", LabelFormat.voc, "ann", strict=True)
    assert labelled.labels.box_version() == version


@pytest.mark.parametrize("kind", LabelFormat)
def test_a_download_is_the_export_and_a_folder_comes_as_an_archive(
    labelled: Store, tmp_path: Path, kind: LabelFormat
) -> None:
    name, content = download(labelled, kind)
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(tmp_path)
        target = tmp_path / name.removesuffix(".zip")
    else:
        target = tmp_path / name
        target.write_bytes(content)
    assert import_labels(labelled, target, kind, "someone").added == 0
    assert import_labels(labelled, target, kind, "someone").labels > 0
