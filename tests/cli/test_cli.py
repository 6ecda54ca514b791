"""What each command answers: with `--json` one JSON document on stdout, and everything else on stderr."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from tests import commands, tiny
from tiefvision_assets.store.catalogue import image_id

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes, trained = tiny.settings, tiny.store, tiny.boxes, tiny.trained
tiefvision = commands.in_process

HIT = {"image_id", "path", "score", "level", "duplicate", "repeats"}
MEASURES = {"p@1", "p@10", "r@1", "r@5", "r@10", "r@20", "map@r", "ndcg@10"}


def write_rows(file: Path, *rows: tuple[str, ...]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)
    return file


def test_a_folder_is_ingested_and_run_and_a_second_run_does_nothing(tiefvision, store, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for number in range(3):
        tiny.write_photo(store, f"{number}.png", number)
    (source / "bad.jpg").write_bytes(b"no photo")
    Image.new("RGB", (80, 60), "teal").save(source / "good.jpg")
    ingested = tiefvision("ingest", source, "--json").json
    assert (ingested["photos"], ingested["new"], ingested["quarantined"]) == (4, 4, 1)
    done = tiefvision("run", "--json")
    assert done.json == {"materialised": done.json["materialised"], "computed": 4, "reused": 0}
    assert done.json["materialised"] > 0
    assert "object_encodings, similarity_index: 4 photos have no encoding" in done.err
    assert tiefvision("run", "--json").json == {"materialised": 0, "computed": 0, "reused": 4}
    assert tiefvision("run").out.strip() == "Everything was up to date; nothing was computed."
    assert tiefvision("status", "--json").json["quarantined"][0]["path"] == "bad.jpg"


def test_what_ingest_finds_is_told(tiefvision, trained):
    raw = trained.settings.raw_dir
    tiny.write_photo(trained, "new.png", 77)
    (raw / "00.png").rename(raw / "renamed.png")
    (raw / "01.png").unlink()
    found = tiefvision("ingest", "--json").json
    counts = {name: found[name] for name in ("photos", "new", "changed", "renamed", "deleted", "quarantined")}
    assert counts == {"photos": 12, "new": 1, "changed": 0, "renamed": 1, "deleted": 1, "quarantined": 0}


def test_search_by_a_file_by_an_id_and_by_a_part_of_the_photo(tiefvision, trained):
    photo = trained.settings.raw_dir / "03.png"
    by_file = tiefvision("search", photo, "-k", 3, "--json").json
    assert (by_file["query"], by_file["ranking"], len(by_file["hits"])) == (str(photo), "supervised", 3)
    assert all(set(hit) == HIT for hit in by_file["hits"])
    by_id = tiefvision("search", image_id("03.png"), "--ranking", "unsupervised", "--json").json
    assert (by_id["query"], by_id["ranking"], len(by_id["hits"])) == (image_id("03.png"), "unsupervised", 10)
    assert image_id("03.png") not in {hit["image_id"] for hit in by_id["hits"]}
    scores = [hit["score"] for hit in by_id["hits"]]
    assert scores == sorted(scores, reverse=True)
    part = tiefvision("search", photo, "--box", "4,5,60.5,70", "--json").json
    assert (part["box"], part["confidence"]) == ([4.0, 5.0, 60.5, 70.0], 1.0)
    assert "03.png" in tiefvision("search", photo).out


def test_a_search_is_narrowed_and_led_by_examples(tiefvision, trained):
    names = {image_id(f"{number:02d}.png"): f"{number:02d}.png" for number in range(tiny.PHOTOS)}
    first, second, third = list(names)[:3]
    narrowed = tiefvision("search", first, "--where", "path > '06.png' AND width = 96", "--json").json
    assert {hit["path"] for hit in narrowed["hits"]} == {name for name in names.values() if name > "06.png"}
    led = tiefvision("search", first, "--more-like", second, "--less-like", third, "-k", 20, "--json").json
    assert led["query"] == first
    assert {hit["image_id"] for hit in led["hits"]} == set(names) - {first, second, third}
    file = trained.settings.raw_dir / "03.png"
    assert len(tiefvision("search", file, "--more-like", second, "-k", 20, "--json").json["hits"]) == tiny.PHOTOS - 1


def test_what_matched_is_drawn(tiefvision, trained, tmp_path):
    target = tmp_path / "made" / "out.png"
    document = tiefvision("search", image_id("03.png"), "--explain", target, "--json").json
    assert document["explanation"] == str(target)
    with Image.open(target) as picture:
        assert picture.width > 900 and picture.height > 1500, "five rows of four tiles"
    assert str(target) in tiefvision("search", image_id("03.png"), "-k", 1, "--explain", target).out.replace("\n", "")


@pytest.mark.parametrize("suffix", ["csv", "zip", "jpg"])
def test_hits_are_saved_as_the_files_name_says(tiefvision, trained, tmp_path, suffix):
    target = tmp_path / "made" / f"hits.{suffix}"
    document = tiefvision("search", image_id("03.png"), "-k", 3, "--save", target, "--json").json
    assert document["saved"] == str(target)
    begin = {"csv": b"\xef\xbb\xbfrank,image_id", "zip": b"PK", "jpg": b"\xff\xd8\xff"}[suffix]
    assert target.read_bytes().startswith(begin)


def test_locate_answers_in_the_order_asked(tiefvision, trained):
    files = [trained.settings.raw_dir / name for name in ("05.png", "02.png")]
    located = tiefvision("locate", *files, "--json").json
    assert [found["path"] for found in located] == [str(file) for file in files]
    for found in located:
        left, top, right, bottom = found["box"]
        assert 0 <= left < right <= tiny.WIDTH and 0 <= top < bottom <= tiny.HEIGHT
        assert 0 <= found["confidence"] <= 1


def content_of(path: Path) -> dict[str, bytes]:
    """What a file or the files of a folder hold."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("kind", ["coco", "voc", "yolo", "labelstudio", "csv", "parquet"])
def test_labels_go_out_and_come_in_again(tiefvision, trained, tmp_path, monkeypatch, kind):
    count = tiny.TRIPLETS if kind in ("csv", "parquet") else tiny.BOXES
    target = tmp_path / f"labels.{kind}"
    assert tiefvision("labels", "export", target, "--format", kind, "--json").json["exported"] == count
    again = tiefvision("labels", "import", target, "--format", kind, "--json").json
    assert (again["imported"], again["unchanged"]) == (0, count)
    monkeypatch.setenv("TIEFVISION_DATABASE_URL", f"sqlite:///{tmp_path}/{kind}.db")
    anew = tiefvision("labels", "import", target, "--format", kind, "--json").json
    assert (anew["imported"], anew["unchanged"]) == (count, 0)
    copy = tmp_path / f"copy.{kind}"
    assert tiefvision("labels", "export", copy, "--format", kind, "--json").json["exported"] == count
    assert content_of(copy) == content_of(target)


def test_quality_is_measured_on_files_of_labels(tiefvision, trained, tmp_path):
    coco, triplets = tmp_path / "boxes.json", tmp_path / "triplets.csv"
    tiefvision("labels", "export", coco, "--format", "coco")
    tiefvision("labels", "export", triplets, "--format", "csv")
    measured = tiefvision("evaluate", "boxes", coco, "--json").json
    assert {"n", "mean_iou", "iou50", "iou70", "iou75", "iou90", "mean_box_iou"} <= set(measured)
    assert measured["n"] == tiny.BOXES
    assert set(measured["mean_error"]) == {"left", "top", "right", "bottom"}
    assert all(0 <= error <= 1 for error in measured["mean_error"].values())
    tiefvision("evaluate", "boxes", coco, "--sheet", tmp_path / "worst.png")
    with Image.open(tmp_path / "worst.png") as picture:
        assert picture.width > 300 and picture.height > 100
    measured = tiefvision("evaluate", "triplets", triplets, "--json").json
    assert measured["n"] == tiny.TRIPLETS
    for ranking in ("unsupervised", "supervised"):
        low, high = measured[ranking]["ci95"]
        assert 0 <= low <= measured[ranking]["accuracy"] <= high <= 1
        assert measured[ranking]["share_of_ceiling"] is None
    assert measured["people"]["between"] is None, "one person labelled alone"
    by_people = write_rows(
        tmp_path / "people.csv",
        ("reference", "positive", "negative", "annotator"),
        *((f"{n:02d}.png", f"{n + 1:02d}.png", f"{n + 2:02d}.png", name) for n in range(8) for name in ("ann", "ben")),
        *((f"{n:02d}.png", f"{n + 2:02d}.png", f"{n + 1:02d}.png", "ann") for n in range(4)),
    )
    measured = tiefvision("evaluate", "triplets", by_people, "--json").json
    assert measured["n"] == 20, "every judgement counts"
    between, within = measured["people"]["between"], measured["people"]["within"]
    assert (between["agreement"], between["pairs"]) == (0.5, 8), "ann answered four otherwise the second time"
    assert (within["agreement"], within["pairs"]) == (0.0, 4)
    assert between["ci95"][0] < 0.5 < between["ci95"][1]
    accuracy = measured["supervised"]["accuracy"]
    assert measured["supervised"]["share_of_ceiling"] == pytest.approx(accuracy / 0.5)
    assert "people with one another" in tiefvision("evaluate", "triplets", by_people).out
    listed = write_rows(tmp_path / "s.csv", ("path", "label"), *((f"{n:02d}.png", str(n % 2)) for n in range(12)))
    measured = tiefvision("evaluate", "similarity", listed, "--json").json
    assert {name: set(values) for name, values in measured.items()} == dict.fromkeys(
        ("random", "classic", "unsupervised", "supervised"), MEASURES
    )


def test_status_says_what_is_there_and_what_is_stale(tiefvision, trained):
    found = tiefvision("status", "--json").json
    assert {"photos", "quarantined", "batches", "boxes", "triplets", "served", "stale"} <= set(found)
    assert (found["photos"], found["boxes"], found["triplets"], found["stale"]) == (12, tiny.BOXES, tiny.TRIPLETS, [])
    assert "Nothing is out of date." in tiefvision("status").out


def test_a_selection_is_run_alone(tiefvision, trained):
    assert tiefvision("run", "--select", "similarity_index", "--json").json["materialised"] == 1
    assert "--select 'no_such_asset' is no selection" in tiefvision("run", "--select", "no_such_asset").sentence


def test_an_import_lists_what_it_could_not_take(tiefvision, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("TIEFVISION_DATABASE_URL", f"sqlite:///{tmp_path}/labels.db")
    images = [{"id": 1, "file_name": "images/03.png"}, {"id": 2, "file_name": "gone.png"}]
    boxes = [{"image_id": number, "bbox": [10, 10, 30, 20], "category_id": 1} for number in (1, 2)]
    file = tmp_path / "boxes.json"
    file.write_text(json.dumps({"images": images, "annotations": boxes}))
    command = ("labels", "import", file, "--format", "coco")
    assert "gone.png" in tiefvision(*command, "--strict").sentence
    refused = tiefvision(*command, "--strict", "--json")
    assert refused.code == 1 and json.loads(refused.out)["imported"] == 0
    partly = tiefvision(*command, "--json")
    assert partly.code == 1 and "1 problem was found" in partly.err and "--skip-invalid" in partly.err
    document = json.loads(partly.out)
    assert (document["labels"], document["imported"]) == (1, 1)
    assert [problem["place"] for problem in document["problems"]] == ["annotations[1]"]
    assert [guess["photo"] for guess in document["guesses"]] == ["03.png"]
    kept = Path(document.pop("report"))
    assert json.loads(kept.read_text()) == document
    skipped = tiefvision(*command, "--skip-invalid", "--report", tmp_path / "report.json")
    assert skipped.code == 0 and "gone.png" in skipped.out
    assert json.loads((tmp_path / "report.json").read_text())["unchanged"] == 1
    file.write_text(json.dumps({"images": images[1:], "annotations": boxes[1:]}))
    nothing = tiefvision(*command, "--skip-invalid")
    assert nothing.code == 1 and "no label could be taken" in nothing.err
