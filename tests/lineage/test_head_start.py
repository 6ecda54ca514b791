"""Training that goes on from the starter heads: from which weights, on which cells, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg
import numpy as np
import pytest

from tests import tiny
from tests.lineage.test_starter import placed, without_heads
from tests.tiny_starter import ship, shipped
from tiefvision_assets.box import Box
from tiefvision_assets.lineage import candidates, crops, head_training
from tiefvision_assets.lineage.candidates import judge_box_heads, newest_members
from tiefvision_assets.lineage.head_start import head_start
from tiefvision_assets.lineage.heads import train_and_save
from tiefvision_assets.lineage.location_learning import learning_curve
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.lineage.views import NO_SCALE
from tiefvision_assets.models.inference import FINAL, REFINEMENT, of_variant
from tiefvision_assets.models.starter_heads import read_starter_heads
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.training import TRAIN_HEADS
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.records import BOX_HEADS, PROJECTION, ProjectionRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import training
from tiefvision_assets.vision.foreground_map import train_foreground_map
from tiefvision_assets.vision.head_names import FOREGROUND, FOREGROUND_MAP, HEAD_PARAMETERS, HEADS
from tiefvision_assets.vision.heads import train_head

settings, store, run, trained = tiny.settings, tiny.store, tiny.run, tiny.trained
tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
__all__ = ["shipped"]
ENCODE = "key:box_labels or key:crop_dataset or key:crop_encodings"
CHANGED = "the code or the configuration of the training has changed"


@pytest.fixture
def started(trained: Store, run: Callable[..., dict[str, object]]) -> Store:
    """A folder whose heads began with random weights, encoded anew for heads that go on from the starter heads."""
    run(ENCODE)
    return trained


def encodings(store: Store) -> tuple[ProjectionRecord, dict[str, np.ndarray]]:
    name = str(store.models.latest(PROJECTION))
    return store.models.record(ProjectionRecord, name), store.models.tensors(PROJECTION, name)


def training_is_due(store: Store) -> str | None:
    return next((step.reason for step in plan(store) if step.assets == TRAIN_HEADS), None)


def switched(store: Store, wanted: str) -> Store:
    return Store(Settings(**store.settings.model_copy(update={"starter_heads": wanted}).model_dump()))


def test_heads_go_on_from_the_starter_heads_and_their_cells(started, monkeypatch):
    shipped = read_starter_heads("tiny")
    record, tensors = encodings(started)
    assert record.starter == shipped.version
    assert set(tensors) == set(shipped.tensors())
    monkeypatch.setattr(training, "START_PHOTOS", 1e12)
    for name in HEADS:
        made = train_and_save(started, name, HEAD_PARAMETERS[name](), lambda *_: None)
        final = of_variant(started.models.tensors(name, made.fingerprint), FINAL)
        for part, start in of_variant(shipped.tensors(), name).items():
            np.testing.assert_allclose(final[part], start, atol=1e-6, err_msg=f"{name}.{part}")
    judged = judge_box_heads(started, "always")
    assert len(judged.evaluation) and newest_members(started)[PROJECTION] == started.models.latest(PROJECTION)


@pytest.mark.parametrize("wanted", ["on", "off"])
def test_starter_heads_know_the_first_looks_of_training_that_went_on_from_them(started, wanted, monkeypatch):
    """Those of other training are projected otherwise."""
    store = switched(started, wanted)
    Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_selection(ENCODE)
    for name in HEADS:
        train_and_save(store, name, HEAD_PARAMETERS[name](epochs=1, steps=1), lambda *_: None)
    really, known = candidates.starter_evaluation, []

    def evaluation(store: Store, heads: str, photos: Any, encoder: str, looks: Any) -> Any:
        known.append(set(looks))
        return really(store, heads, photos, encoder, looks)

    monkeypatch.setattr(candidates, "starter_evaluation", evaluation)
    without_heads(started)
    assert placed(started)
    judge_box_heads(started, "never")
    views = started.crops.views(str(encodings(started)[0].inputs.crops))
    training = set(views.loc[views["split"] == "train", "sha256"])
    assert known == [training if wanted == "on" else set()]


def test_going_on_takes_a_part_of_the_epochs_of_random_weights(started, monkeypatch):
    monkeypatch.setattr(head_training, "train_head", train_head)
    monkeypatch.setattr(head_training, "train_foreground_map", train_foreground_map)
    for name, given, taken in ((FOREGROUND, 8, 2), (FOREGROUND, 3, 1), (FOREGROUND_MAP, 5, 2), (FOREGROUND_MAP, 1, 1)):
        made = train_and_save(started, name, HEAD_PARAMETERS[name](epochs=given, steps=1), lambda *_: None)
        assert len(made.record.curves[FINAL]["training"]) == taken
    off = switched(started, "off")
    Runner(off.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_selection(ENCODE)
    made = train_and_save(off, FOREGROUND, HEAD_PARAMETERS[FOREGROUND](epochs=3, steps=1), lambda *_: None)
    assert len(made.record.curves[FINAL]["training"]) == 3


def test_going_on_looks_at_half_of_the_refinement_crops(started):
    views = started.crops.views(str(encodings(started)[0].inputs.crops))
    encoded = started.crops.encoded(str(started.models.latest(PROJECTION)), views)
    looks = views[(views["scale"] == NO_SCALE) & (views["kind"] == REFINEMENT) & (views["split"] == "train")]
    per_photo = looks.groupby("sha256").size()
    kept = encoded[encoded["view"].isin(looks["view"])].groupby("sha256").size()
    assert per_photo.max() > 1 and (kept == np.ceil(per_photo / 2)).all()
    off = switched(started, "off")
    Runner(off.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_selection(ENCODE)
    every = off.crops.encoded(str(off.models.latest(PROJECTION)), views)
    assert set(looks["view"]) <= set(every["view"])


def test_a_map_takes_all_epochs_where_photos_are_enough_to_hold_some_out(started, monkeypatch):
    monkeypatch.setattr(head_training, "train_head", train_head)
    monkeypatch.setattr(head_training, "train_foreground_map", train_foreground_map)
    monkeypatch.setattr(head_training, "ENOUGH_TO_HOLD_OUT", 2)
    monkeypatch.setattr(head_training, "stops_training", lambda sha256: sha256 < "8")
    for name, epochs in ((FOREGROUND, 1), (FOREGROUND_MAP, 3)):
        made = train_and_save(started, name, HEAD_PARAMETERS[name](epochs=3, steps=1), lambda *_: None)
        assert len(made.record.curves[FINAL]["training"]) == epochs


def test_the_learning_curve_begins_with_the_starter_heads(started):
    for name in HEADS:
        train_and_save(started, name, HEAD_PARAMETERS[name](), lambda *_: None)
    reported: list[tuple[int, int]] = []
    curve = learning_curve(started, (1,), lambda *done: reported.append(done))
    assert [point.labels for point in curve.points][:2] == [0, 1]
    assert reported[0] == (2, 2 * len(curve.points)) and reported[-1] == (2 * len(curve.points),) * 2


def test_heads_of_before_are_trained_once_more_and_only_then(trained, run, monkeypatch):
    heads = trained.served.read().next.heads
    assert training_is_due(trained) == CHANGED
    assert trained.served.read().next.heads == heads, "what is served finds boxes until then"
    run()
    assert training_is_due(trained) is None
    assert encodings(trained)[0].starter and trained.models.verdicts(BOX_HEADS)[0].inputs.labels
    ship(least_confidence=0.1)
    assert training_is_due(trained) is None, "the same weights are the same start"


def test_without_starter_heads_training_begins_as_it_did(trained):
    off = switched(trained, "off")
    assert training_is_due(off) is None, "a folder that was made without them stays as it is"


def test_new_labels_encode_their_own_photos_only(started, run, monkeypatch):
    encoded: list[str] = []
    real = crops.encode_looks
    monkeypatch.setattr(crops, "encode_looks", lambda *of: (encoded.extend(of[-1]["sha256"]), real(*of))[1])
    labelled = set(started.snapshots.read("boxes", started.snapshots.current("boxes"))["sha256"])
    added = sorted(set(started.catalogue.live()["sha256"]) - labelled)[:2]
    started.labels.add_boxes([BoxLabel(sha256, Box(12, 14, 66, 81)) for sha256 in added], annotator="ann")
    run(ENCODE)
    assert encoded and set(encoded) <= set(added)
    assert encodings(started)[0].starter


def test_switched_off_nothing_of_them_is_taken_over(started):
    assert encodings(started)[0].starter
    off = switched(started, "off")
    assert head_start(off, encoder_in(off), 64) is None
    Runner(off.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_selection(ENCODE)
    record, tensors = encodings(started)
    assert not record.starter and not of_variant(tensors, HEADS[0])


def test_cells_of_another_number_of_components_start_anew(started):
    assert head_start(started, encoder_in(started), 64)
    assert head_start(started, encoder_in(started), 8) is None


def encoder_in(store: Store) -> str:
    return str(store.served.read().next.encoder)
