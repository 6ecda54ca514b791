from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tiefvision_assets.store.atomic import write_json
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.records import BoxHeadsRecord, CandidateInputs, HeadInputs, HeadRecord

HEAD = HeadRecord(HeadInputs("maps", {"seed": 3}, "head", "2"), {"final": {"training": [0.5]}}, examples=1)
JUDGED_ON = CandidateInputs("encoder", "labels", "recipe")


def test_a_model_comes_back_as_saved(store):
    weights = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3).T, "bias": np.zeros((), np.float16)}
    assert not store.models.exists("head", "f0")
    store.models.save("head", "f0", HEAD, weights)
    assert store.models.exists("head", "f0")
    assert store.models.record(HeadRecord, "f0", "head") == HEAD
    found = store.models.tensors("head", "f0")
    assert set(found) == set(weights)
    for name, array in weights.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_a_model_may_have_no_tensors(store):
    store.models.save("box_heads", "f0", BoxHeadsRecord({}, JUDGED_ON))
    assert store.models.exists("box_heads", "f0")
    with pytest.raises(MissingModel, match="box_heads/f0"):
        store.models.tensors("box_heads", "f0")


def test_a_missing_model_is_named_with_the_way_out(store):
    with pytest.raises(MissingModel, match=r"head/f1 .*tiefvision run"):
        store.models.record(HeadRecord, "f1", "head")
    with pytest.raises(MissingModel, match=r"head/f1 .*tiefvision run"):
        store.models.tensors("head", "f1")
    assert store.models.latest("head") is None
    assert store.models.evaluation("head", "f1") is None
    assert store.models.verdicts("head") == []


def test_saving_again_replaces_tensors_and_record_together(store):
    store.models.save("head", "f0", HEAD, {"old": np.zeros(2)})
    store.models.save("head", "f0", replace(HEAD, examples=2), {"new": np.zeros(2)})
    assert store.models.record(HeadRecord, "f0", "head").examples == 2
    assert set(store.models.tensors("head", "f0")) == {"new"}


def test_the_newest_candidate_is_the_one_pointed_to_last(store):
    for fingerprint in ("f0", "f1", "f0"):
        store.models.save("head", fingerprint, HEAD)
        store.models.point_to("head", fingerprint)
        assert store.models.latest("head") == fingerprint


def test_verdicts_are_kept_beside_each_candidate_newest_first(store):
    for fingerprint, promoted in (("f0", True), ("f1", False), ("f2", True)):
        store.models.save("head", fingerprint, HEAD)
        store.models.judge("head", fingerprint, promoted=promoted, reason=f"because {fingerprint}", inputs=JUDGED_ON)
    store.models.point_to("head", "f2")
    found = store.models.verdicts("head")
    assert [(v.fingerprint, v.promoted, v.reason) for v in found] == [
        ("f2", True, "because f2"),
        ("f1", False, "because f1"),
        ("f0", True, "because f0"),
    ]
    assert found[0].inputs == JUDGED_ON
    store.models.judge("head", "f0", promoted=False, reason="again", inputs=JUDGED_ON)
    assert [v.reason for v in store.models.verdicts("head")] == ["again", "because f2", "because f1"]


def test_evaluations_keep_a_row_an_item(store):
    rows = pd.DataFrame({"sha256": ["a", "b"], "iou": [0.25, 0.75]})
    store.models.save("head", "f0", HEAD)
    store.models.write_evaluation("head", "f0", rows)
    assert store.models.evaluation("head", "f0").equals(rows)


def test_the_state_of_an_unfinished_training_is_kept_until_the_model_is_saved(store):
    checkpoint = store.models.checkpoint("head", "f0", "final")
    assert checkpoint.load() is None
    checkpoint.save({"weight": np.arange(3.0)})
    checkpoint.save({"weight": np.arange(4.0)})
    assert store.models.checkpoint("head", "f0", "fold0").load() is None
    assert np.array_equal(store.models.checkpoint("head", "f0", "final").load()["weight"], np.arange(4.0))
    assert not store.models.exists("head", "f0")
    store.models.save("head", "f0", HEAD, {"weight": np.zeros(2)})
    assert store.models.exists("head", "f0") and checkpoint.load() is None


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_model_that_holds_no_number_is_refused_with_the_way_out(store, number):
    store.models.save("head", "f0", HEAD, {"bias": np.zeros(1), "weight": np.array([1.0, number])})
    with pytest.raises(MissingModel, match=r"head/f0 is spoilt: weight holds NaN or infinity; delete .*tiefvision run"):
        store.models.tensors("head", "f0")


def test_a_record_that_another_version_wrote_otherwise_is_refused_with_the_way_out(store):
    store.models.save("head", "f0", HEAD)
    write_json(store.layout.model("head", "f0") / "model.json", {"inputs": {"maps": "m"}, "curves": {}})
    with pytest.raises(MissingModel, match=r"record of the model head/f0 cannot be read; delete .*tiefvision run"):
        store.models.record(HeadRecord, "f0", "head")
