"""Writing the demo: same bytes for the same arguments, honest splits, and never over somebody else's photos."""

import csv
import json
from pathlib import Path

import pytest

from tiefvision_assets.demo import catalogue
from tiefvision_assets.demo.catalogue import write_demo
from tiefvision_assets.demo.files import ForeignCatalogue
from tiefvision_assets.demo.photo import photo_style, render_photo
from tiefvision_assets.demo.styles import style_distance, style_label
from tiefvision_assets.store.atomic import TEMPORARY

IMAGES = 12


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo of `IMAGES` photos, photos in `raw`, truth in `truth`."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder / "raw", folder / "truth", IMAGES)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def manifest(folder: Path) -> dict[str, object]:
    return json.loads((folder / "truth" / "demo.json").read_text())


def test_the_same_arguments_write_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    write_demo(tmp_path / "raw", tmp_path / "truth", IMAGES)
    assert contents(tmp_path) == contents(demo)


def test_a_photo_does_not_change_when_the_catalogue_grows(demo: Path, tmp_path: Path) -> None:
    write_demo(tmp_path / "raw", tmp_path / "truth", 3)
    small, large = contents(tmp_path / "raw"), contents(demo / "raw")
    assert len(small) == 3
    assert small.items() <= large.items()


def test_boxes_are_coco_and_split_one_to_two(demo: Path) -> None:
    labelled, judging = (json.loads((demo / "truth" / name).read_text()) for name in ("boxes.json", "judge_boxes.json"))
    names = [[image["file_name"] for image in part["images"]] for part in (labelled, judging)]
    assert len(names[0]) == 4 and len(names[1]) == 8
    assert set(names[0]).isdisjoint(names[1])
    for part in (labelled, judging):
        assert part["categories"] == [{"id": 1, "name": "dress"}]
        for image, annotation in zip(part["images"], part["annotations"], strict=True):
            assert (demo / "raw" / image["file_name"]).is_file()
            assert annotation["image_id"] == image["id"]
            x, y, width, height = annotation["bbox"]
            assert x >= 0 and x + width <= image["width"] and y >= 0 and y + height <= image["height"]
            assert annotation["area"] == width * height
    first = render_photo(0, 0)
    assert labelled["annotations"][0]["bbox"] == [first.box.left, first.box.top, first.box.width, first.box.height]


def test_triplets_follow_from_styles_and_judges_are_apart(demo: Path) -> None:
    paths = {path.relative_to(demo / "raw").as_posix() for path in (demo / "raw").rglob("*.jpg")}
    training, judging = (rows(demo / "truth" / name) for name in ("triplets.csv", "judge_triplets.csv"))
    assert training[0] == judging[0] == ["reference", "positive", "negative"]
    assert len(training) > 6 and len(judging) > 6
    for reference, positive, negative in training[1:] + judging[1:]:
        assert {reference, positive, negative} <= paths
        styles = [photo_style(int(path.rsplit("-", 1)[1][:4]) - 1, 0) for path in (reference, positive, negative)]
        assert style_distance(styles[0], styles[1]) < style_distance(styles[0], styles[2])
    references = {row[0] for row in training[1:]}
    assert references.isdisjoint(row[0] for row in judging[1:])
    similarity = rows(demo / "truth" / "judge_similarity.csv")
    assert similarity[0] == ["path", "label"]
    assert references.isdisjoint(path for path, _ in similarity[1:])
    for path, label in similarity[1:]:
        assert label == style_label(photo_style(int(path.rsplit("-", 1)[1][:4]) - 1, 0))


def test_the_manifest_lists_what_was_written(demo: Path) -> None:
    document = manifest(demo)
    assert (document["complete"], document["images"], document["seed"]) == (True, IMAGES, 0)
    written = {path.relative_to(demo / "raw").as_posix() for path in (demo / "raw").rglob("*") if path.is_file()}
    assert set(document["photos"]) == written  # type: ignore[arg-type]
    truth = {path.name for path in (demo / "truth").iterdir()}
    assert {*document["truth"], "demo.json"} == truth  # type: ignore[misc]


@pytest.mark.parametrize("images", [1, 2, 3, 5])
def test_small_catalogues_work(images: int, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    truth = write_demo(tmp_path / "raw", tmp_path / "truth", images, seed=1, progress=lambda *at: calls.append(at))
    assert calls == [(done + 1, images) for done in range(images)]
    assert len(list((tmp_path / "raw").rglob("*.jpg"))) == images == len(truth.photos)
    assert json.loads(truth.boxes.read_text())["annotations"]
    assert rows(truth.triplets)[0] == rows(truth.judge_triplets)[0]


@pytest.mark.parametrize(("images", "seed"), [(0, 0), (-3, 0), (1, -1)])
def test_impossible_arguments_are_refused(images: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^A demo.*\.$"):
        write_demo(tmp_path / "raw", tmp_path / "truth", images, seed)
    assert not list(tmp_path.iterdir())


def test_foreign_photos_are_refused_and_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "raw" / "mine" / "holiday.jpg"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"mine")
    with pytest.raises(ForeignCatalogue, match=r"1 file .*mine/holiday\.jpg"):
        write_demo(tmp_path / "raw", tmp_path / "truth", 2)
    assert contents(tmp_path) == {"raw/mine/holiday.jpg": b"mine"}


def test_a_photo_added_to_a_demo_is_foreign(tmp_path: Path) -> None:
    write_demo(tmp_path / "raw", tmp_path / "truth", 2)
    before = contents(tmp_path)
    (tmp_path / "raw" / "demo" / "theirs.jpg").write_bytes(b"theirs")
    with pytest.raises(ForeignCatalogue):
        write_demo(tmp_path / "raw", tmp_path / "truth", 1)
    assert contents(tmp_path) == before | {"raw/demo/theirs.jpg": b"theirs"}


def test_another_document_named_like_the_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "demo.json").write_text("[]")
    with pytest.raises(ForeignCatalogue, match=r"demo\.json"):
        write_demo(tmp_path / "raw", tmp_path / "truth", 1)
    assert contents(tmp_path) == {"truth/demo.json": b"[]"}


def test_writing_again_replaces_the_earlier_demo(tmp_path: Path) -> None:
    write_demo(tmp_path / "raw", tmp_path / "truth", 4, seed=1)
    (tmp_path / "raw" / ".keep").touch()
    write_demo(tmp_path / "raw", tmp_path / "truth", 2, seed=2)
    assert {path.name for path in (tmp_path / "raw" / "demo").iterdir()} == {
        photo.rsplit("/", 1)[1]
        for photo in manifest(tmp_path)["photos"]  # type: ignore[attr-defined]
    }
    assert len(list((tmp_path / "raw" / "demo").iterdir())) == 2


def test_a_killed_demo_is_taken_up_by_running_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_demo(tmp_path / "raw", tmp_path / "truth", 2, seed=1)

    def stop(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_demo(tmp_path / "raw", tmp_path / "truth", 4, seed=2, progress=stop)
    assert manifest(tmp_path)["complete"] is False
    half_written = tmp_path / "raw" / f"{catalogue.photo_path(2, photo_style(2, 2))}"
    half_written.with_name(f"{TEMPORARY}1234-{half_written.name}").write_bytes(b"half")
    write_demo(tmp_path / "raw", tmp_path / "truth", 3, seed=2)
    fresh = tmp_path / "fresh"
    write_demo(fresh / "raw", fresh / "truth", 3, seed=2)
    assert contents(tmp_path / "raw") == contents(fresh / "raw")
    assert contents(tmp_path / "truth") == contents(fresh / "truth")
