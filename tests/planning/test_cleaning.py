"""What `tiefvision gc` lists and removes, and what it never touches."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import commands, tiny
from tests.tiny import RETRAIN_AFTER, label_boxes, label_triplets, write_photo, write_weights
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.planning import cleaning
from tiefvision_assets.planning.cleaning import UnclearWhatIsNeeded, collect_garbage
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.garbage import pointers
from tiefvision_assets.store.lock import DataFolderBusy
from tiefvision_assets.store.records import BoxHeadsRecord
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, run, boxes = tiny.settings, tiny.store, tiny.run, tiny.boxes
labelled, trained = tiny.labelled, tiny.trained
in_process = commands.in_process


def listed(store: Store) -> set[str]:
    return {item["path"] for item in collect_garbage(store, apply=False)["items"]}


def files(store: Store) -> dict[Path, bytes]:
    kept = [
        store.layout.root / name for name in ("labels", "models", "index", "encodings", "boxes", "crops", "triplets")
    ]
    return {file: file.read_bytes() for folder in kept for file in folder.rglob("*") if file.is_file()}


def with_weights(store: Store, path: Path, seed: int) -> Store:
    weights = write_weights(path, seed=seed)
    return Store(Settings(**store.settings.model_copy(update={"weights": weights}).model_dump()))


def finish(store: Store) -> None:
    import dagster as dg

    Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()


def test_after_a_first_run_everything_is_referred_to(trained):
    assert collect_garbage(trained, apply=True) == {"applied": True, "items": [], "bytes": 0}
    assert plan(trained) == []


def test_an_old_index_is_garbage_once_another_is_served(trained, run):
    old = trained.served.read().index
    write_photo(trained, "new.png", 99)
    run()
    before = files(trained)
    found = collect_garbage(trained, apply=False)
    assert {item["path"] for item in found["items"]} == {f"index/{ranking}/{name}" for ranking, name in old.items()}
    assert found["bytes"] == sum(item["bytes"] for item in found["items"]) > 0
    assert files(trained) == before, "listing removes nothing"

    removed = collect_garbage(trained, apply=True)
    assert removed["items"] == found["items"]
    gone = set(before) - set(files(trained))
    assert gone and all(any(str(path).endswith(f"{name}/{path.name}") for name in old.values()) for path in gone)
    assert len(Searcher(trained.settings).search(ById(image_id("new.png"), k=5)).hits) == 5
    assert listed(trained) == set() and plan(trained) == []


def test_what_waits_to_be_served_is_kept_and_what_was_served_goes_when_it_is(trained, tmp_path):
    trained = Store(trained.settings.model_copy(update={"kept_versions": 0}))
    old = trained.served.read().models
    other = with_weights(trained, tmp_path / "other.safetensors", seed=1)
    steps = plan(other)
    assert steps[0].assets == ("encoder",)
    other.served.promote(other.served.read().next.with_encoder(old.encoder))
    assert listed(other) == set(), "the new encoder is promoted, nothing of it is made yet"
    finish(other)
    models = other.served.read().models
    assert models.encoder != old.encoder
    garbage = listed(other)
    assert f"models/encoder/{old.encoder}" in garbage
    assert f"encodings/{embedding_of(old)}" in garbage
    assert f"boxes/{old.heads or 'whole-photo'}" in garbage or models.heads is None
    collect_garbage(other, apply=True)
    assert plan(other) == []
    assert len(Searcher(other.settings).search(ById(image_id("00.png"), k=5)).hits) == 5


def test_going_back_to_an_encoder_takes_its_encodings_over(trained, tmp_path):
    old = trained.served.read().models
    finish(with_weights(trained, tmp_path / "other.safetensors", seed=1))
    assert plan(trained)[0].assets == ("encoder",), "these settings ask for the old weights again"
    garbage = listed(trained)
    assert f"models/encoder/{old.encoder}" not in garbage
    assert f"encodings/{embedding_of(old)}" not in garbage


def test_a_rejected_candidate_is_remembered_but_its_heads_are_not_kept(trained, run):
    first = trained.models.verdicts("box_heads")[0]
    for number in range(RETRAIN_AFTER):
        label_boxes(trained, {f"{6 + number:02d}.png": Box(1, 2, 50, 60)})
    label_triplets(trained, RETRAIN_AFTER, seed=5)
    run()
    newest = trained.models.verdicts("box_heads")[0]
    assert newest.fingerprint != first.fingerprint
    served = trained.served.read().models.heads
    collect_garbage(trained, apply=True)
    assert {v.fingerprint for v in trained.models.verdicts("box_heads")} == {first.fingerprint, newest.fingerprint}
    kept = {fp for fp in (served, newest.fingerprint) if fp}
    members = {m for fp in kept for m in trained.models.record(BoxHeadsRecord, fp).members.values()}
    heads = {path.parent.name for path in trained.layout.root.glob("models/*_regressor/*/model.json")}
    assert heads == members & heads and heads
    assert plan(trained) == [], "nothing is tried again on the same labels"
    newest_box = trained.labels.live_boxes()["event_id"].max()
    trained.labels.undo(int(newest_box), annotator="ann")
    run()
    assert plan(trained) == []


@pytest.mark.parametrize("lost", [["served.json"], ["served.json", "served-copy.json"]])
def test_nothing_is_removed_while_it_is_not_known_what_is_needed(trained, run, lost):
    named = pointers(trained.layout)
    for name in lost:
        (trained.layout.root / name).unlink()
    before = files(trained)
    for apply in (False, True):
        with pytest.raises(UnclearWhatIsNeeded, match=r"served\.json.* gone.*run `tiefvision run` first"):
            collect_garbage(trained, apply=apply)
    assert files(trained) == before
    assert (pointers(trained.layout) == named) == (len(lost) == 1), "the copy names the same"

    run()
    assert listed(trained) == set()


def test_what_killed_writers_left_is_garbage(trained):
    (trained.layout.root / "models" / ".tmp-abc-heads").mkdir()
    (trained.layout.root / "index" / "supervised" / ".tmp-abc-version").mkdir()
    expected = {"models/.tmp-abc-heads", "index/supervised/.tmp-abc-version"}
    assert listed(trained) == expected
    collect_garbage(trained, apply=True)
    assert listed(trained) == set()


def test_nothing_is_removed_while_somebody_works(trained, monkeypatch):
    monkeypatch.setattr(cleaning, "WAIT_S", 0.0)
    shutil.copytree(next(trained.layout.root.glob("encodings/*")), trained.layout.root / "encodings" / "of nobody")
    working = trained.claims.claim("object_encodings", "b000000")
    with working, pytest.raises(DataFolderBusy, match="Something is being made"):
        collect_garbage(trained, apply=True)
    assert [item["path"] for item in collect_garbage(trained, apply=True)["items"]] == ["encodings/of nobody"]


def test_photos_labels_batches_and_dagster_are_no_garbage(trained, run):
    trained.catalogue.file("00.png").unlink()
    run()
    (trained.layout.root / "dagster").mkdir(exist_ok=True)
    shutil.copy(trained.layout.served, trained.layout.root / "notes.json")
    assert {Path(path).parts[0] for path in listed(trained)} == {"index"}


@pytest.mark.parametrize("apply", [False, True])
def test_the_command_lists_and_removes(in_process, trained, apply):
    (trained.layout.root / "index" / "supervised" / "0123456789abcdef").mkdir()
    found = in_process("gc", *(["--apply"] if apply else []), "--json").json
    assert found == {
        "applied": apply,
        "items": [{"path": "index/supervised/0123456789abcdef", "bytes": 0}],
        "bytes": 0,
    }
    shown = in_process("gc").out
    assert ("there is nothing to remove" in shown) if apply else ("`tiefvision gc --apply`" in shown)
