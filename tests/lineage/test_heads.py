"""Box heads as they are trained from the store: taken up where they were killed, and judged by how many labels."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests import tiny
from tiefvision_assets.hyperparameters import ForegroundMapParameters, HeadParameters
from tiefvision_assets.lineage import head_training, location_learning
from tiefvision_assets.lineage.heads import train_and_save, variants_of
from tiefvision_assets.lineage.location_learning import TooFewPhotos, divide, learning_curve
from tiefvision_assets.models.inference import FINAL
from tiefvision_assets.store.models import StoredCheckpoint
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import FOREGROUND, FOREGROUND_MAP, HEAD_PARAMETERS, REGRESSORS

settings, store, trained, tiny_encoder = tiny.settings, tiny.store, tiny.trained, tiny.tiny_encoder

WINDOW_CONFIG = {"hidden": 4, "dropout": 0.2, "batch": 8}
MAP_CONFIG = {"hidden": 4, "batch": 4}
COURSE = {"epochs": 4, "steps": 3, "patience": 9, "learning_rate": 0.01, "weight_decay": 0.0, "seed": 1}


def parameters_of(name: str, **changes: float) -> HeadParameters | ForegroundMapParameters:
    own = MAP_CONFIG if name == FOREGROUND_MAP else WINDOW_CONFIG
    return HEAD_PARAMETERS[name](**(COURSE | own | changes))


def train(store: Store, name: str, **changes: float) -> dict[str, np.ndarray]:
    made = train_and_save(store, name, parameters_of(name, **changes), lambda *_: None)
    return store.models.tensors(name, made.fingerprint)


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("name", [FOREGROUND, REGRESSORS[2], FOREGROUND_MAP])
def test_a_killed_training_goes_on_from_its_last_epoch_and_ends_the_same(trained, monkeypatch, name):
    saved: list[str] = []
    real = StoredCheckpoint.save

    def save(checkpoint: StoredCheckpoint, tensors: dict[str, np.ndarray]) -> None:
        real(checkpoint, tensors)
        saved.append(checkpoint.path.name)
        if len(saved) == 5:
            raise Killed

    with monkeypatch.context() as disturbed:
        disturbed.setattr(StoredCheckpoint, "save", save)
        with pytest.raises(Killed):
            train(trained, name)
    before = len(saved)
    monkeypatch.setattr(StoredCheckpoint, "save", lambda c, t: (real(c, t), saved.append(c.path.name)))
    taken_up = train(trained, name)
    variants = len({key.split(".")[0] for key in taken_up})
    assert len(saved) <= variants * COURSE["epochs"] + variants, "epochs were gone through again"
    assert before >= 5
    version = trained.models.latest(name)
    assert not list(trained.layout.model(name, version).glob("unfinished-*"))
    shutil.rmtree(trained.layout.model(name, version))
    undisturbed = train(trained, name)
    assert set(undisturbed) == set(taken_up)
    assert all(np.array_equal(undisturbed[part], taken_up[part]) for part in undisturbed)


def test_a_tenth_of_the_photos_stops_training_where_there_are_enough(trained, monkeypatch):
    few = train_and_save(trained, FOREGROUND, parameters_of(FOREGROUND), lambda *_: None).record
    assert few.curves[FINAL]["held_out"] == [] and few.best_epoch == 4 and few.reliability == {}
    monkeypatch.setattr(head_training, "ENOUGH_TO_HOLD_OUT", 2)
    photos = sorted(set(trained.snapshots.read("boxes", trained.snapshots.current("boxes"))["sha256"]))
    monkeypatch.setattr(head_training, "stops_training", lambda sha256: sha256 in photos[:2])
    more = train_and_save(trained, FOREGROUND, parameters_of(FOREGROUND, seed=2), lambda *_: None).record
    assert len(more.curves[FINAL]["held_out"]) == 4
    assert 1 <= more.best_epoch <= 4
    assert more.examples < few.examples
    assert sum(more.reliability["count"]) > 0 and 0 <= more.reliability["error"] <= 1


def test_each_fold_is_left_out_of_its_variant(trained):
    dataset, _ = trained.crops.current()
    views = trained.crops.views(dataset)
    for variant, used in variants_of(views).items():
        assert (views.loc[used, "split"] == "train").all()
        if variant != FINAL:
            assert int(variant.removeprefix("fold")) not in set(views.loc[used, "fold"])


def test_the_learning_curve_judges_growing_parts_on_photos_of_none_of_them(trained, monkeypatch):
    tiny.hurry(monkeypatch)
    reported: list[tuple[int, int]] = []
    served = trained.served.read()
    curve = learning_curve(trained, (1, 2, 500), lambda *done: reported.append(done))
    dataset, _ = trained.crops.current()
    learned, judged = divide(trained.crops.views(dataset))
    assert not set(learned) & set(judged["sha256"])
    assert len(learned) + len(judged) == tiny.BOXES
    assert [point.labels for point in curve.points] == sorted({1, 2, len(learned)})
    assert curve.judged == len(judged)
    for point in curve.points:
        assert 0 <= point.low <= point.mean_iou <= point.high <= 1
    assert reported[-1] == (2 * len(curve.points), 2 * len(curve.points))
    assert trained.served.read() == served


def test_a_curve_of_too_few_photos_says_so(trained, monkeypatch):
    dataset, _ = trained.crops.current()
    learned, judged = divide(trained.crops.views(dataset))
    monkeypatch.setattr(location_learning, "divide", lambda _: (learned, judged.head(0)))
    with pytest.raises(TooFewPhotos, match="to learn from and others to judge"):
        learning_curve(trained, (1,), lambda *_: None)
