"""What an import takes and what it reports: partly sound files, several annotators, and what is known already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.label_exchange import Exported, Imported, export_labels, import_labels, read_labels
from tiefvision_assets.store.labels.agreement import box_pairs
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.choices import Choices, Pick
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.files import LabelFileError
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.name_map import read_name_map
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.store import Store


@pytest.fixture
def photos(store: Store, save_photo: Callable[..., Path]) -> Store:
    for path, colour in (("red/a.png", "red"), ("b.png", "green")):
        save_photo(path, colour)
    store.catalogue.scan()
    return store


def annotation(width: float, **more: Any) -> dict[str, Any]:
    value = {"x": 10, "y": 10, "width": width, "height": 50, "rectanglelabels": ["x"]}
    return {"result": [{"type": "rectanglelabels", "value": value}]} | more


def tasks(file: Path, *annotations: dict[str, Any], photo: str = "b.png") -> Path:
    file.write_text(json.dumps([{"data": {"image": photo}, "annotations": annotations}]))
    return file


def coco(file: Path, *names: str) -> Path:
    images = [{"id": count, "file_name": name} for count, name in enumerate(names)]
    boxes = [{"image_id": count, "bbox": [5, 5, 30, 20]} for count in range(len(names))]
    file.write_text(json.dumps({"images": images, "annotations": boxes}))
    return file


def test_what_is_sound_is_imported_and_the_rest_is_listed(photos: Store, tmp_path: Path) -> None:
    found = import_labels(photos, coco(tmp_path / "x.json", "gone.png", "b.png"), LabelFormat.coco, "ann")
    assert found == Imported(1, 1) and not found.complete
    (problem,) = found.document()["problems"]
    assert problem["place"] == "annotations[0]" and "gone.png" in problem["reason"] and "ingest" in problem["way_out"]
    again = import_labels(photos, tmp_path / "x.json", LabelFormat.coco, "ann")
    assert again == Imported(1, 0)


def test_strict_takes_nothing_from_a_file_with_a_problem(photos: Store, tmp_path: Path) -> None:
    file = coco(tmp_path / "x.json", "b.png", "gone.png")
    with pytest.raises(LabelFileError, match=r"annotations\[1\]: 'gone\.png' is not in the catalogue"):
        import_labels(photos, file, LabelFormat.coco, "ann", strict=True)
    assert photos.labels.counts()["boxes"] == 0


def test_strict_takes_no_bold_guess(photos: Store, tmp_path: Path) -> None:
    for count, name in enumerate(("images/b.png", "/home/ann/red/a.png", "red/a.jpg")):
        file = coco(tmp_path / f"{count}.json", name)
        assert import_labels(photos, file, LabelFormat.coco, "ann", strict=True).complete
    for name in ("a.png", "old/b.png", "RED/A.PNG"):
        with pytest.raises(LabelFileError, match=rf"annotations\[0\]: '{name}' would be the photo .* by a guess alone"):
            import_labels(photos, coco(tmp_path / "x.json", name), LabelFormat.coco, "ann", strict=True)
        assert import_labels(photos, tmp_path / "x.json", LabelFormat.coco, "ann").complete


def test_reading_stores_nothing(photos: Store, tmp_path: Path) -> None:
    assert read_labels(photos, coco(tmp_path / "x.json", "b.png"), LabelFormat.coco).labels == 1
    assert photos.labels.counts()["boxes"] == 0


def test_two_annotators_keep_their_boxes_and_agreement_sees_both(photos: Store, tmp_path: Path) -> None:
    file = tasks(tmp_path / "x.json", annotation(50, completed_by=1), annotation(60, completed_by={"email": "b@x.org"}))
    assert import_labels(photos, file, LabelFormat.labelstudio, "import") == Imported(2, 2)
    (pair,) = box_pairs(LabelHistory(photos.labels.database).standing("box"))
    assert {pair.first.annotator, pair.second.annotator} == {"labelstudio-1", "b@x.org"}
    assert pair.iou == pytest.approx(50 / 60, abs=0.01)
    assert import_labels(photos, file, LabelFormat.labelstudio, "import") == Imported(2, 0)
    tasks(file, annotation(50, completed_by=1), annotation(70, completed_by={"email": "b@x.org"}))
    assert import_labels(photos, file, LabelFormat.labelstudio, "import") == Imported(2, 1)


def test_boxes_of_nobody_and_of_one_whose_name_is_given_are_one_list(photos: Store, tmp_path: Path) -> None:
    file = tasks(tmp_path / "x.json", annotation(50, completed_by={"email": "anna"}), annotation(60))
    found = import_labels(photos, file, LabelFormat.labelstudio, "anna")
    assert found == Imported(0, 0) and "another box" in found.report.problems[0].reason
    largest = import_labels(photos, file, LabelFormat.labelstudio, "anna", Choices(pick=Pick.largest))
    assert largest == Imported(1, 1) and photos.labels.live_boxes()["right"].tolist() == [pytest.approx(44.8)]
    tasks(file, annotation(40, completed_by={"email": "anna"}), annotation(50, completed_by=1), annotation(60))
    found = import_labels(photos, file, LabelFormat.labelstudio, "anna", Choices(pick=Pick.first))
    assert found == Imported(2, 2) and found.report.passed_over.total() == 1


def widths(store: Store) -> list[float]:
    boxes = store.labels.live_boxes()
    return (100 * (boxes["right"] - boxes["left"]) / 64).round().tolist()


@pytest.mark.parametrize("order", [(1, 2, None), (2, 1, None), (None, 1, 2), (1, None, 2), (2, 1, 2)])
def test_the_last_in_the_file_counts(photos: Store, tmp_path: Path, order: tuple[int | None, ...]) -> None:
    """On a first photo the annotators come in another order, so that each name's place is not that of its boxes."""
    size = {1: 50, 2: 60, None: 70}
    drawn = [annotation(size[who]) | ({"completed_by": who} if who else {}) for who in order]
    file = tmp_path / "x.json"
    others = [annotation(30, completed_by=who) for who in (1, 2)] + [annotation(30)]
    listed = (("red/a.png", others), ("b.png", drawn))
    file.write_text(json.dumps([{"data": {"image": name}, "annotations": boxes} for name, boxes in listed]))
    import_labels(photos, file, LabelFormat.labelstudio, "import")
    assert sorted(widths(photos)) == [30, size[order[-1]]]
    assert import_labels(photos, file, LabelFormat.labelstudio, "import").added == 0


def test_the_last_in_the_file_counts_although_another_was_corrected(photos: Store, tmp_path: Path) -> None:
    file = tasks(tmp_path / "x.json", annotation(50, completed_by=1), annotation(60, completed_by=2))
    import_labels(photos, file, LabelFormat.labelstudio, "import")
    tasks(file, annotation(40, completed_by=1), annotation(60, completed_by=2))
    import_labels(photos, file, LabelFormat.labelstudio, "import")
    assert widths(photos) == [60]
    assert import_labels(photos, file, LabelFormat.labelstudio, "import") == Imported(2, 0)


def test_unnamed_boxes_beside_named_ones_are_known_if_they_are(photos: Store, tmp_path: Path) -> None:
    """The export of what somebody drew in the app, to which a colleague added a box on another photo."""
    contents = dict(photos.catalogue.live()[["path", "sha256"]].itertuples(index=False))
    photos.labels.add_boxes([BoxLabel(contents["red/a.png"], Box(1 / 3, 2, 40.7, 45))], annotator="ann")
    export_labels(photos, tmp_path / "x.json", LabelFormat.labelstudio)
    listed = json.loads((tmp_path / "x.json").read_text())
    listed.append({"data": {"image": "b.png"}, "annotations": [annotation(50, completed_by=1)]})
    listed.append({"data": {"image": "b.png"}, "annotations": [annotation(60, completed_by=2)]})
    (tmp_path / "x.json").write_text(json.dumps(listed))
    assert import_labels(photos, tmp_path / "x.json", LabelFormat.labelstudio, "import") == Imported(3, 2)
    assert set(photos.labels.live_boxes()["annotator"]) == {"ann", "labelstudio-2"}


def test_lone_surrogates_in_the_names_of_annotators_are_escaped(photos: Store, tmp_path: Path) -> None:
    drawn = (annotation(50, completed_by={"email": "a\ud800"}), annotation(60, completed_by={"email": "b"}))
    assert import_labels(photos, tasks(tmp_path / "x.json", *drawn), LabelFormat.labelstudio, "import").added == 2
    names = {event.annotator for event in LabelHistory(photos.labels.database).standing("box")}
    assert names == {r"a\ud800", "b"}


def test_one_annotator_is_the_one_who_is_named(photos: Store, tmp_path: Path) -> None:
    file = tasks(tmp_path / "x.json", annotation(50, completed_by=1))
    import_labels(photos, file, LabelFormat.labelstudio, "anna")
    assert photos.labels.live_boxes()["annotator"].tolist() == ["anna"]


def test_a_map_says_which_photo_is_meant(photos: Store, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("name;path\n4711;red/a.png\n")
    choices = Choices(names=read_name_map(tmp_path / "map.csv"))
    assert import_labels(photos, coco(tmp_path / "x.json", "4711"), LabelFormat.coco, "ann", choices).complete
    wrong = Choices(names={"4711": "gone.png"})
    found = import_labels(photos, coco(tmp_path / "x.json", "4711"), LabelFormat.coco, "ann", wrong)
    assert "the map names 'gone.png'" in found.report.problems[0].reason


BAD_MAPS = {
    "4711\n": "fill in both",
    "a,b\na,c\n": "'a' stands for two photos",
    "\ufeff": "the file is empty",
    "\ufeff\n \n": "the file is empty",
}


@pytest.mark.parametrize(("text", "reason"), BAD_MAPS.items())
def test_a_map_that_is_none_is_told(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "map.csv").write_text(text)
    with pytest.raises(LabelFileError, match=reason):
        read_name_map(tmp_path / "map.csv")


def test_a_box_that_a_reviewer_decided_is_not_written_again(photos: Store, tmp_path: Path) -> None:
    file = tasks(tmp_path / "x.json", annotation(50, completed_by=1), annotation(60, completed_by=2))
    (_, one), (_, other) = read_labels(photos, file, LabelFormat.labelstudio).boxes
    photos.labels.add_boxes([one], annotator="rev", role="reviewer")
    assert import_labels(photos, file, LabelFormat.labelstudio, "import") == Imported(2, 1)
    assert isinstance(other.box, Box) and photos.labels.live_boxes()["annotator"].tolist() == ["rev"]


def test_an_export_says_what_it_leaves_out(photos: Store, tmp_path: Path) -> None:
    contents = dict(photos.catalogue.live()[["path", "sha256"]].itertuples(index=False))
    import_labels(photos, coco(tmp_path / "x.json", "b.png"), LabelFormat.coco, "ann")
    photos.labels.add_boxes([BoxLabel("f" * 64, Box(0, 0, 9, 9))], annotator="ann")
    absent = Decision("c1", "box", contents["red/a.png"], "absent")
    Annotation(photos.labels.database, overlap=0.0).commit(absent, annotator="ann")
    written = export_labels(photos, tmp_path / "out.xml", LabelFormat.cvat)
    assert written == Exported(
        1,
        {
            "photos that show no object, which no format can say": 1,
            "boxes of photos that are not in the catalogue": 1,
        },
    )


def test_proposals_are_kept_apart_from_labels(photos: Store, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    model = {"score": 0.5, "model_version": "v1"}
    file.write_text(json.dumps([{"data": {"image": "b.png"}, "predictions": [annotation(50, **model)]}]))
    plan_before = photos.stamp()
    for _ in range(2):
        found = import_labels(photos, file, LabelFormat.labelstudio, "ann")
        assert found == Imported(0, 0, proposals=1) and found.complete
        assert (found.document()["labels"], found.document()["proposals"]) == (0, 1)
    assert photos.labels.counts()["boxes"] == 0 and photos.stamp() == plan_before
    assert export_labels(photos, tmp_path / "out.json", LabelFormat.coco) == Exported(0, {})
    (proposal,) = photos.proposals.of(photos.catalogue.live()["sha256"]).values()
    assert (proposal.score, proposal.model, proposal.source) == (0.5, "v1", "x.json")
