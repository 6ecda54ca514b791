"""How commands fail: exit 1 with one sentence that names the thing and the way out, 2 for wrong usage, no traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import commands, tiny
from tiefvision_assets.models import weights
from tiefvision_assets.store import lock
from tiefvision_assets.store.labels import contents
from tiefvision_assets.vision import registry

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, boxes, trained = tiny.settings, tiny.store, tiny.boxes, tiny.trained
tiefvision = commands.in_process

UTF_8_NOT = "b\udcfc"
"""A file name that is no UTF-8, as Python has it."""
SIDES = ("xmin", "ymin", "xmax", "ymax")
LOCK_HOLDER = """
import sys
from pathlib import Path
from tiefvision_assets.store.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "a long import", wait_s=0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_names_of_files_cannot_steer_the_terminal(tiefvision, store, tmp_path):
    source = tmp_path / "new"
    source.mkdir()
    (source / "a\x1b[2J\x07\nb.jpg").write_bytes(b"no photo")
    for arguments in (["ingest", str(source)], ["status"], ["search", "a\x1b]0;title\x07"]):
        answer = tiefvision(*arguments)
        assert not set("\x1b\x07") & set(answer.out + answer.err), arguments
    assert r"\x1b[2J" in tiefvision("status").out


def test_a_label_file_that_quotes_line_breaks_is_refused_in_one_line(tiefvision, store, tmp_path):
    (tmp_path / "triplets.csv").write_text('"reference,positive,negative\na.jpg",b.jpg,c.jpg\n')
    answer = tiefvision("labels", "import", str(tmp_path / "triplets.csv"), "--format", "csv")
    assert answer.code == 1 and "Traceback" not in answer.err
    assert [line for line in answer.err.splitlines() if "triplets.csv" in line] == answer.err.splitlines()


@pytest.mark.parametrize("box", ["1,2,3", "1,2,3,x", "1 2 3 4"])
def test_a_box_that_is_none_is_wrong_usage(tiefvision, trained, box):
    answer = tiefvision("search", "any", "--box", box, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert "--box" in answer.err and "Traceback" not in answer.err


@pytest.mark.parametrize("arguments", [["no-such-command"], ["search"], ["search", "x", "-k", "0"], ["run", "--no"]])
def test_wrong_usage_is_two(tiefvision, arguments):
    assert tiefvision(*arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--explain", "out.txt"], "--explain"),
        (["--save", "out.txt"], "--save"),
        (["--box", "1,2,3,4", "--less-like", "other"], "--box"),
    ],
)
def test_options_of_search_that_do_not_fit_are_wrong_usage(tiefvision, trained, arguments, option):
    answer = tiefvision("search", "any", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert option in answer.err and "Traceback" not in answer.err


def test_a_condition_that_fails_is_told_with_the_columns(tiefvision, trained):
    photo = trained.settings.raw_dir / "03.png"
    sentence = tiefvision("search", photo, "--where", "colour = 'red'").sentence
    assert "there is no column colour" in sentence and "image_id, path, sha256, width, height" in sentence
    nothing = tiefvision("search", photo, "--where", "1 = 2", "--explain", "out.png").sentence
    assert "nothing to explain" in nothing


def test_a_box_beside_the_photo_is_refused(tiefvision, trained):
    photo = trained.settings.raw_dir / "03.png"
    assert "does not lie on the photo" in tiefvision("search", photo, "--box", "500,500,600,600").sentence


def test_unknown_photos_are_named(tiefvision, trained, tmp_path):
    assert "'no-such-photo' is neither a file nor" in tiefvision("search", "no-such-photo", "--json").sentence
    assert "missing.jpg" in tiefvision("locate", tmp_path / "missing.jpg").sentence
    assert "missing.json" in tiefvision("evaluate", "boxes", tmp_path / "missing.json").sentence
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no photo")
    assert "bad.jpg" in tiefvision("search", bad).sentence


def test_before_the_first_run_the_way_out_is_named(tiefvision, boxes):
    for arguments in (["search", "any"], ["evaluate", "boxes", "any.json"]):
        assert "tiefvision run" in tiefvision(*arguments).sentence


def test_settings_that_cannot_be_used_are_named(tiefvision, monkeypatch):
    monkeypatch.setenv("TIEFVISION_RETRAIN_AFTER", "x")
    assert "TIEFVISION_RETRAIN_AFTER='x' cannot be used" in tiefvision("status").sentence


def test_an_unknown_encoder_is_told_with_those_that_there_are(tiefvision, boxes, monkeypatch):
    monkeypatch.setenv("TIEFVISION_ENCODER", "no-such-encoder")
    for command in ("run", "status"):
        sentence = tiefvision(command).sentence
        assert "no-such-encoder" in sentence and "alexnet" in sentence


@pytest.mark.parametrize("command", ["run", "status"])
def test_a_database_that_cannot_be_reached_is_named_without_its_password(tiefvision, boxes, monkeypatch, command):
    monkeypatch.setenv("TIEFVISION_DATABASE_URL", "postgresql://ann:secret@127.0.0.1:1/labels")
    sentence = tiefvision(command).sentence
    assert "127.0.0.1" in sentence and "secret" not in sentence


def test_a_missing_folder_is_named(tiefvision, tmp_path):
    assert "nowhere is not a folder" in tiefvision("ingest", tmp_path / "nowhere").sentence


def test_without_any_source_of_weights_the_sentence_names_them_and_the_way_out(tiefvision, boxes, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError("the network is down")

    monkeypatch.setenv("TIEFVISION_ENCODER", "alexnet")
    monkeypatch.delenv("TIEFVISION_WEIGHTS")
    monkeypatch.setattr(weights, "_from_url", fail)
    monkeypatch.setattr(weights, "_from_index", fail)
    sentence = tiefvision("run", "--json")
    assert sentence.code == 1 and "Traceback" not in sentence.err
    last = sentence.err.strip().splitlines()[-1]
    assert "TIEFVISION_WEIGHTS" in last and last.count("the network is down") == len(
        registry.ENCODERS["alexnet"].sources
    )


def test_a_locked_folder_is_told_with_who_holds_it(tiefvision, trained, monkeypatch):
    real = lock.FileLock.acquire
    monkeypatch.setattr(lock.FileLock, "acquire", lambda self, timeout=None: real(self, timeout=min(timeout, 0.2)))
    path = trained.layout.lock
    with subprocess.Popen(
        [sys.executable, "-c", LOCK_HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        answer = tiefvision("run", "--json")
        holder.communicate()
    assert (answer.code, answer.out) == (1, "")
    assert f"a long import (process {holder.pid})" in answer.err.strip().splitlines()[-1]


def test_a_demo_keeps_off_a_catalogue_of_others(tiefvision, trained):
    root = trained.layout.root
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file() and not file.name.startswith(".")}
    assert "that no demo wrote" in tiefvision("demo", "--images", 3).sentence
    assert {f: f.read_bytes() for f in root.rglob("*") if f.is_file() and not f.name.startswith(".")} == before


def test_the_command_is_installed_and_fails_in_a_sentence(tmp_path):
    command = Path(sys.executable).with_name("tiefvision")
    done = subprocess.run(
        [command, "search", "nothing", "--json"],
        env={"TIEFVISION_DATA": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Nothing can be searched yet") and "Traceback" not in done.stderr


def label_file(folder: Path, kind: str) -> Path:
    """Two labels whose names or places are no UTF-8: of a photo in the catalogue, and of one that is not there."""
    names = [f"old{UTF_8_NOT}/b.png", f"gone{UTF_8_NOT}.png"]
    if kind == "coco":
        images = [{"id": count, "file_name": name} for count, name in enumerate(names)]
        boxes = [{"image_id": count, "bbox": [5, 5, 30, 20], "id": "\ud800"} for count in range(2)]
        (folder / UTF_8_NOT).write_text(json.dumps({"images": images, "annotations": boxes}))
        return folder / UTF_8_NOT
    for name in names:
        file = (folder / UTF_8_NOT / name).with_suffix(".txt" if kind == "yolo" else ".xml")
        file.parent.mkdir(parents=True, exist_ok=True)
        sides = "".join(f"<{side}>{pixel}</{side}>" for side, pixel in zip(SIDES, (6, 6, 30, 20), strict=True))
        box = f"<object><name>x</name><bndbox>{sides}</bndbox></object>"
        voc = f"<annotation><filename>{Path(name).name.replace(UTF_8_NOT, '')}</filename>{box}</annotation>"
        file.write_text("0 .5 .5 .5 .5" if kind == "yolo" else voc)
    return folder / UTF_8_NOT


@pytest.mark.parametrize("kind", ["coco", "yolo", "voc"])
def test_names_that_are_no_utf_8_are_told(tiefvision, store, tmp_path, kind):
    tiny.write_photo(store, "b.png", 1)
    store.catalogue.scan()
    command = ("labels", "import", label_file(tmp_path, kind), "--format", kind, "--annotator", UTF_8_NOT)
    told = tiefvision(*command, "--json")
    document = json.loads(told.out)
    assert told.code == 1 and document["imported"] == 1 and document["file"].endswith(r"b\udcfc")
    assert r"\udcfc" in str(document["problems"])
    assert r"\udcfc" in str(document["guesses"]) or kind == "voc"
    again = tiefvision(*command, "--skip-invalid")
    assert again.code == 0 and r"b\udcfc" in again.out
    exported = tiefvision("labels", "export", tmp_path / f"out{UTF_8_NOT}", "--format", kind, "--json")
    assert exported.json["file"].endswith(r"outb\udcfc") and (tmp_path / f"out{UTF_8_NOT}").exists()


def one_box(store, folder: Path) -> Path:
    """A COCO file with a box of the only photo."""
    tiny.write_photo(store, "b.png", 1)
    store.catalogue.scan()
    boxes = [{"image_id": 1, "bbox": [5, 5, 30, 20]}]
    (folder / "b.json").write_text(json.dumps({"images": [{"id": 1, "file_name": "b.png"}], "annotations": boxes}))
    return folder / "b.json"


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ("", "this is a folder; name a file for the report"),
        ("b.json/report.json", "b.json is a file, no folder"),
        ("b.json/x/report.json", "b.json is a file, no folder"),
        ("r" * 300, "File name too long"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_anything_is_stored(tiefvision, store, tmp_path, report, says):
    file = one_box(store, tmp_path)
    assert says in tiefvision("labels", "import", file, "--format", "coco", "--report", tmp_path / report).sentence
    assert store.labels.counts()["boxes"] == 0


def test_a_report_for_which_the_disk_is_full_does_not_hide_what_was_imported(tiefvision, store, tmp_path, monkeypatch):
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = one_box(store, tmp_path)
    monkeypatch.setattr(contents, "atomic_path", full)
    told = tiefvision("labels", "import", file, "--format", "coco", "--json")
    assert told.code == 1 and "No space left on device" in told.err and "was imported all the same" in told.err
    document = json.loads(told.out)
    assert (document["imported"], document["report"], store.labels.counts()["boxes"]) == (1, None, 1)


@pytest.mark.parametrize(
    ("content", "options", "kind", "reason"),
    [
        ("{", (), None, "no format of labels was recognised in it (line 1: this is not JSON"),
        ("{}", ("--format", "coco"), "coco", 'there is no list "images"'),
    ],
)
def test_a_file_that_cannot_be_read_at_all_leaves_a_report_too(
    tiefvision, store, tmp_path, content, options, kind, reason
):
    (tmp_path / "b.json").write_text(content)
    told = tiefvision("labels", "import", tmp_path / "b.json", *options, "--json")
    assert told.code == 1 and reason in told.err
    document = json.loads(store.layout.label_report.read_text(encoding="utf-8"))
    assert (document["format"], document["imported"]) == (kind, 0)
    (problem,) = document["problems"]
    assert reason in problem["reason"] and problem["way_out"]
    assert json.loads(told.out)["problems"] == [problem]
