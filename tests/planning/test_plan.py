"""What the plan finds out of date, and the sentence that says why."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import tiny
from tests.tiny import RETRAIN_AFTER, label_boxes, label_triplets, write_photo, write_weights
from tiefvision_assets.box import Box
from tiefvision_assets.models import fingerprints
from tiefvision_assets.planning.plan import failed, forget_what_is_past, inputs_due, next_step, plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.planning.training import TRAIN_HEADS, TRAIN_RANKING
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.records import BASIS, BasisRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import head_names

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, run, boxes = tiny.settings, tiny.store, tiny.run, tiny.boxes
labelled, trained = tiny.labelled, tiny.trained


def reasons(store: Store) -> dict[tuple[str, ...], str]:
    """Assets → why they are due."""
    return {step.assets: step.reason for step in plan(store)}


def take_snapshots(store: Store) -> None:
    """What materialising the label assets does."""
    store.snapshots.write("boxes", store.labels.box_version(), store.labels.live_boxes())
    store.snapshots.write("triplets", store.labels.triplet_version(), store.labels.live_triplets())


def with_settings(store: Store, **changes: object) -> Store:
    return Store(Settings(**store.settings.model_copy(update=changes).model_dump()))


def new_boxes(count: int) -> dict[str, Box]:
    """Boxes that differ from those drawn before, on photos that have one and then on others."""
    return {f"{number:02d}.png": Box(1, 2, 50, 60) for number in range(count)}


def tree(root: Path, *, without: Iterable[str] = ()) -> dict[str, str]:
    """Path → what the file holds and when it was written."""
    files = [file for file in root.rglob("*") if file.is_file() and file.name not in without]
    return {
        str(file.relative_to(root)): f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_mtime_ns}"
        for file in files
    }


def test_at_the_very_beginning_labels_and_encoder_are_due(store):
    assert reasons(store) == {
        (
            "box_labels",
            "triplet_labels",
        ): "no snapshot of the boxes was taken yet; no snapshot of the triplets was taken yet",
        ("encoder",): "no encoder is in the data folder yet",
    }


def test_after_a_run_nothing_is_due(trained):
    assert plan(trained) == []


def test_a_new_photo_wants_its_box_and_nothing_that_learns(trained):
    write_photo(trained, "new.png", 99)
    report = trained.catalogue.scan()
    steps = plan(trained)
    assert [step.assets for step in steps] == [("extracted_boxes",), ("similarity_index",)]
    assert steps[0].reason.startswith("1 photos have no box by ")
    assert steps[0].batches == report.batches
    assert steps[1].reason == "photos, boxes or models have changed since the index was built"


def test_a_changed_box_wants_that_photo_encoded(trained):
    label_boxes(trained, {"06.png": Box(1, 2, 50, 60)})
    assert reasons(trained) == {("box_labels",): "the boxes in the database have changed"}
    take_snapshots(trained)
    assert reasons(trained)[("object_encodings",)] == "1 photos have no encoding of their present box"
    assert TRAIN_HEADS not in reasons(trained)


@pytest.mark.parametrize("count", [RETRAIN_AFTER - 1, RETRAIN_AFTER])
def test_heads_are_trained_again_after_enough_boxes(trained, count):
    label_boxes(trained, new_boxes(count))
    take_snapshots(trained)
    due = reasons(trained).get(TRAIN_HEADS)
    if count < RETRAIN_AFTER:
        assert due is None
    else:
        assert due == "3 boxes are new or changed since the last training (TIEFVISION_RETRAIN_AFTER is 3)"


@pytest.mark.parametrize("count", [RETRAIN_AFTER - 1, RETRAIN_AFTER])
def test_the_ranking_head_is_trained_again_after_enough_triplets(trained, count):
    label_triplets(trained, count, seed=5)
    take_snapshots(trained)
    due = reasons(trained).get(TRAIN_RANKING)
    if count < RETRAIN_AFTER:
        assert due is None
    else:
        assert due == "3 triplets are new or changed since the last training (TIEFVISION_RETRAIN_AFTER is 3)"


def test_the_default_is_fifty_labels():
    assert Settings().retrain_after == 50


def test_labels_of_one_kind_never_retrain_the_other(trained):
    label_triplets(trained, 20, seed=7)
    take_snapshots(trained)
    assert TRAIN_HEADS not in reasons(trained)


def test_an_undo_brings_the_old_state_back(trained):
    label_boxes(trained, {"06.png": Box(1, 2, 50, 60)})
    assert plan(trained)
    newest = trained.labels.live_boxes()["event_id"].max()
    trained.labels.undo(int(newest), annotator="ann")
    assert plan(trained) == []


@pytest.mark.parametrize("code", ["HEADS_CODE", "FOREGROUND_MAP_CODE"])
def test_new_code_of_the_heads_trains_them_again(code, trained, monkeypatch):
    monkeypatch.setattr(fingerprints, code, "next")
    assert reasons(trained) == {TRAIN_HEADS: "the code or the configuration of the training has changed"}


def test_new_code_of_the_ranking_trains_it_again(trained, monkeypatch):
    monkeypatch.setattr(fingerprints, "RANKING_CODE", "next")
    assert reasons(trained) == {TRAIN_RANKING: "the code or the configuration of the training has changed"}


def test_a_new_default_of_a_hyper_parameter_trains_again(trained, monkeypatch):
    class Longer(head_names.HEAD_PARAMETERS["x_min_regressor"]):
        steps: int = 4321

    monkeypatch.setitem(head_names.HEAD_PARAMETERS, "x_min_regressor", Longer)
    assert reasons(trained) == {TRAIN_HEADS: "the code or the configuration of the training has changed"}


def test_a_rejected_candidate_is_not_tried_again_on_the_same_labels(trained):
    for name in ("box_heads", "ranking_head"):
        newest = trained.models.verdicts(name)[0]
        trained.models.judge(name, newest.fingerprint, promoted=False, reason="worse", inputs=newest.inputs)
    assert plan(trained) == []


def test_new_weights_change_the_encoder_and_a_new_encoder_trains_anew(trained, run, tmp_path):
    before = trained.served.read()
    other = with_settings(trained, weights=write_weights(tmp_path / "other.safetensors", seed=1))
    assert reasons(other) == {("encoder",): "the weights of tiny are not in the cache"}
    trained.served.promote(trained.served.read().next.with_encoder("another"))
    due = reasons(trained)
    assert due[("encoder",)] == f"the encoder has changed from another to {before.models.encoder}"
    assert due[TRAIN_HEADS] == "there are 6 boxes and nothing was trained on them with this encoder yet"
    assert due[("embedding_basis",)] == "no basis was fitted with this encoder yet"
    assert trained.served.read().models == before.models


def test_a_basis_of_few_photos_is_fitted_again_once_there_are_four_times_as_many(trained):
    basis = trained.served.read().next.basis
    record = trained.models.record(BasisRecord, basis)
    assert len(record.explained) < 256
    for photos, due in ((4, False), (3, True)):
        trained.models.save(BASIS, basis, replace(record, photos=photos), trained.models.tensors(BASIS, basis))
        expected = f"the basis was fitted on {photos} photos only, and now there are 12" if due else None
        # 12 photos are four times 3, and not yet four times 4
        assert reasons(trained).get(("embedding_basis",)) == expected


def test_a_step_takes_sixteen_batches_and_the_oldest_first(store, boxes):
    for number in range(12, 20):
        write_photo(store, f"{number}.png", number)
    store.catalogue.scan(batch_size=1)
    step = next(step for step in plan(store) if step.assets == ("extracted_boxes",))
    assert step.batches == tuple(store.catalogue.batch_keys()[:16])
    assert step.reason == "20 photos have no box by the whole-photo rule, as there are no heads"
    assert step.then == (), "four batches would be missing from the encodings and the index"


def test_what_always_fails_is_tried_three_times_each_batch_by_itself(store, boxes):
    labels, batches = "box_labels, triplet_labels", store.catalogue.scan(batch_size=4).batches
    tried: Counter[tuple[str, str]] = Counter()
    while (step := next_step(store)) and tried.total() < 50:
        tried.update((step.name, batch) for batch in step.batches or ("",))
        failed(store, step, "no space left")
        failed(store, step, "told twice, by the run and by the sensor")
    steps = [(labels, ""), ("encoder", ""), *(("extracted_boxes", batch) for batch in batches)]
    assert tried == dict.fromkeys(steps, 3) and len(steps) == 5
    assert {failure.reason for failure in store.attempts.failures()} == {"no space left"}

    forget_what_is_past(store)
    assert {(failure.step, failure.batch) for failure in store.attempts.failures()} == set(steps)
    for number in range(4, 12):
        store.catalogue.file(f"{number:02d}.png").unlink()
    store.catalogue.scan()
    forget_what_is_past(store)
    assert [(failure.step, failure.batch) for failure in store.attempts.failures()] == [steps[2]]
    assert next_step(store).name == labels, "other photos are other inputs"


@pytest.mark.parametrize("ranking", ["unsupervised", "supervised"])
@pytest.mark.parametrize("damage", ["folder", "record"])
def test_a_lost_index_is_built_again(trained, run, ranking, damage):
    folder = trained.layout.index(ranking, trained.served.read().index[ranking])
    if damage == "folder":
        shutil.rmtree(folder)
    else:
        (folder / "index.json").unlink()
    assert list(reasons(trained)) == [("similarity_index",)]


def test_a_lost_batch_of_encodings_is_encoded_again(trained):
    models = trained.served.read().models
    (file,) = (trained.layout.root / "encodings").rglob("*.parquet")
    file.unlink()
    due = reasons(trained)
    assert due[("object_encodings",)] == "12 photos have no encoding of their present box"
    assert trained.served.read().models == models


def test_the_plan_changes_nothing(trained):
    write_photo(trained, "new.png", 99)
    trained.catalogue.scan()
    label_boxes(trained, new_boxes(5))
    # SQLite's write-ahead log beside the database comes and goes with its readers
    before = tree(trained.layout.root, without=("labels.db-wal", "labels.db-shm"))
    assert plan(trained) == plan(trained)
    assert tree(trained.layout.root, without=("labels.db-wal", "labels.db-shm")) == before


def test_the_status_counts_and_says_what_is_stale_and_why(trained):
    (trained.settings.raw_dir / "empty.jpg").touch()
    trained.catalogue.scan()
    label_boxes(trained, {"06.png": Box(1, 2, 50, 60)})
    status = status_of(trained)
    counts = {name: status[name] for name in ("photos", "batches", "boxes", "triplets")}
    assert counts == {"photos": 12, "batches": 1, "boxes": 7, "triplets": 30}
    (bad,) = status["quarantined"]
    assert bad["path"] == "empty.jpg" and "empty" in bad["reason"]
    served = trained.served.read()
    assert status["served"]["index"] == served.index
    assert status["served"]["encoder"] == served.models.encoder
    assert status["stale"] == [{"assets": ["box_labels"], "reason": "the boxes in the database have changed"}]
    assert status["cancelled"] == []
    trained.cancelled.keep(inputs_due(trained, ["box_labels"]))
    (cancelled,) = status_of(trained)["cancelled"]
    assert (cancelled["assets"], cancelled["batches"]) == (["box_labels"], [])
    assert cancelled["said"].startswith("box_labels was cancelled") and "`tiefvision run` makes it" in cancelled["said"]
    label_boxes(trained, {"07.png": Box(1, 2, 50, 60)})
    assert status_of(trained)["cancelled"] == [], "the inputs are other ones"
