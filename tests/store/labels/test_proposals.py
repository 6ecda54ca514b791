"""What models propose: read from every format that can say so, and kept apart from labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.store.labels.one_box import entries, save
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.box_rows import BoxRows
from tiefvision_assets.store.labels.choices import Choices
from tiefvision_assets.store.labels.files import LabelFileError, read_boxes, read_coco
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.proposals import Proposal, Proposals
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore

BLAZER, IMG_0001 = "0" * 64, "1" * 64
BOX = Box(100, 200, 300, 500)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/labels.db"
    return str(request.getfixturevalue("postgres_url"))


def read(files: dict[str, str], kind: LabelFormat, folder: Path, **choices: Any) -> BoxRows:
    return read_boxes(save(files, folder), kind, entries(), Choices(**choices))


def results(*detections: dict[str, Any]) -> dict[str, str]:
    return {"labels": json.dumps([{"bbox": [100, 200, 200, 300], "score": 0.5} | one for one in detections])}


def prediction(score: float | None = None, model: str | None = None, width: float = 50) -> dict[str, Any]:
    value = {"x": 25, "y": 20, "width": width, "height": 50, "rectanglelabels": ["dress"]}
    return {"result": [{"type": "rectanglelabels", "value": value}], "score": score, "model_version": model}


def task(**more: Any) -> dict[str, str]:
    return {"labels": json.dumps([{"data": {"image": "blazer.jpg"}} | more])}


def test_coco_results_name_the_photo_by_their_image_id(tmp_path: Path) -> None:
    detections = ({"image_id": "blazer"}, {"image_id": 7, "file_name": "IMG_0001.JPG", "score": 0.25})
    rows = read(results(*detections), LabelFormat.coco, tmp_path)
    assert rows.boxes == [] and rows.report.problems == []
    assert rows.proposals == [Proposal(BLAZER, BOX, 0.5), Proposal(IMG_0001, BOX, 0.25)]


def test_an_unknown_photo_of_a_detection_is_reported(tmp_path: Path) -> None:
    rows = read(results({"image_id": 12}, {"image_id": "blazer"}, {"score": 0.1}), LabelFormat.coco, tmp_path)
    assert [problem.place for problem in rows.report.problems] == ["annotations[2]", "annotations[0]"]
    assert "'12' is not in the catalogue" in rows.report.problems[1].reason
    assert len(rows.proposals) == 1


def test_of_several_proposals_the_surest_counts(tmp_path: Path) -> None:
    detections = ({"image_id": "blazer", "score": 0.3}, {"image_id": "blazer", "score": 0.8})
    rows = read(results(*detections), LabelFormat.coco, tmp_path)
    assert [one.score for one in rows.proposals] == [0.8]
    assert rows.report.passed_over["proposals that are not the surest of their photo"] == 1


def test_label_studios_predictions_keep_their_models_and_annotations_stay_labels(tmp_path: Path) -> None:
    files = task(annotations=[prediction()], predictions=[prediction(0.4, "v1"), prediction(0.7, "v2", 60), 12])
    rows = read(files, LabelFormat.labelstudio, tmp_path)
    assert [one.box for one in rows.boxes] == [Box(100, 142.2, 300, 497.7)]
    assert rows.proposals == [Proposal(BLAZER, Box(100, 142.2, 340, 497.7), 0.7, "v2")]
    assert rows.report.passed_over["predictions of which the file has no regions"] == 1


def test_an_odd_score_is_none(tmp_path: Path) -> None:
    for number, score in enumerate((87, "high", -1, True)):
        rows = read(results({"image_id": "blazer", "score": score}), LabelFormat.coco, tmp_path / str(number))
        assert [one.score for one in rows.proposals] == [None]


def test_nothing_is_judged_by_a_models_boxes(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match="these are a model's boxes, not a person's"):
        read_coco(save(results({"image_id": "blazer"}), tmp_path), entries())


def test_proposals_are_no_labels_and_the_newest_import_wins(labels: LabelStore) -> None:
    proposals = Proposals(labels.database)
    first, second = Proposal("a", BOX, 0.5, "v1", "x.json"), Proposal("b", BOX, None, "", "x.json")
    before = labels.newest_event(), labels.box_version()
    assert add(labels, first, second) == 0
    assert proposals.of(["a", "b", "c"]) == {"a": first, "b": second}
    newer = Proposal("a", Box(1, 2, 30, 40), 0.1, "v2", "y.json")
    assert add(labels, newer) == 0
    assert proposals.of(["a"]) == {"a": newer} and proposals.count() == 2
    assert (labels.newest_event(), labels.box_version()) == before
    assert labels.counts() == {"boxes": 0, "triplets": 0}


def test_a_dry_run_keeps_none(labels: LabelStore) -> None:
    label = ("import", BoxLabel("a", BOX))
    proposal = Proposal("a", BOX)
    counted = labels.add_boxes_of_several(
        [label], annotator="import", source="import", proposals=[proposal], dry_run=True
    )
    assert counted == 1
    assert labels.counts()["boxes"] == 0 and Proposals(labels.database).count() == 0


def test_more_proposals_than_a_query_may_name_are_replaced(labels: LabelStore) -> None:
    many = [Proposal(f"{number:064x}", BOX, 0.5) for number in range(2_500)]
    add(labels, *many)
    add(labels, *(Proposal(one.sha256, BOX, 0.6) for one in many))
    assert {one.score for one in Proposals(labels.database).of(one.sha256 for one in many).values()} == {0.6}


def add(labels: LabelStore, *proposals: Proposal) -> int:
    return labels.add_boxes_of_several([], annotator="import", source="import", proposals=proposals)
