import numpy as np
import pandas as pd
import pytest

from tiefvision_assets.store.models import MissingModel


def test_a_model_comes_back_as_saved(store):
    weights = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3).T, "bias": np.zeros((), np.float16)}
    assert not store.models.exists("head", "f0")
    store.models.save("head", "f0", {"inputs": {"seed": 3}, "losses": [0.5]}, weights)
    assert store.models.exists("head", "f0")
    assert store.models.record("head", "f0") == {
        "name": "head",
        "fingerprint": "f0",
        "inputs": {"seed": 3},
        "losses": [0.5],
    }
    found = store.models.tensors("head", "f0")
    assert set(found) == set(weights)
    for name, array in weights.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_a_model_may_have_no_tensors(store):
    store.models.save("box_heads", "f0", {"members": {}})
    assert store.models.exists("box_heads", "f0")
    with pytest.raises(MissingModel, match="box_heads/f0"):
        store.models.tensors("box_heads", "f0")


def test_a_missing_model_is_named_with_the_way_out(store):
    for read in (store.models.record, store.models.tensors):
        with pytest.raises(MissingModel, match=r"head/f1 .*tiefvision run"):
            read("head", "f1")
    assert store.models.latest("head") is None
    assert store.models.evaluation("head", "f1") is None
    assert store.models.verdicts("head") == []


def test_saving_again_replaces_tensors_and_record_together(store):
    store.models.save("head", "f0", {"losses": [1]}, {"old": np.zeros(2)})
    store.models.save("head", "f0", {"losses": [2]}, {"new": np.zeros(2)})
    assert store.models.record("head", "f0")["losses"] == [2]
    assert set(store.models.tensors("head", "f0")) == {"new"}


def test_the_newest_candidate_is_the_one_pointed_to_last(store):
    for fingerprint in ("f0", "f1", "f0"):
        store.models.save("head", fingerprint, {})
        store.models.point_to("head", fingerprint)
        assert store.models.latest("head") == fingerprint


def test_verdicts_are_kept_beside_each_candidate_newest_first(store):
    for fingerprint, promoted in (("f0", True), ("f1", False), ("f2", True)):
        store.models.save("head", fingerprint, {})
        store.models.judge("head", fingerprint, promoted=promoted, reason=f"because {fingerprint}", inputs={"n": 1})
    store.models.point_to("head", "f2")
    found = store.models.verdicts("head")
    assert [(v.fingerprint, v.promoted, v.reason) for v in found] == [
        ("f2", True, "because f2"),
        ("f1", False, "because f1"),
        ("f0", True, "because f0"),
    ]
    assert found[0].inputs == {"n": 1}
    store.models.judge("head", "f0", promoted=False, reason="again", inputs={})
    assert [v.reason for v in store.models.verdicts("head")] == ["again", "because f2", "because f1"]


def test_evaluations_keep_a_row_an_item(store):
    rows = pd.DataFrame({"sha256": ["a", "b"], "iou": [0.25, 0.75]})
    store.models.save("head", "f0", {})
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
    store.models.save("head", "f0", {}, {"weight": np.zeros(2)})
    assert store.models.exists("head", "f0") and checkpoint.load() is None


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_model_that_holds_no_number_is_refused_with_the_way_out(store, number):
    store.models.save("head", "f0", {}, {"bias": np.zeros(1), "weight": np.array([1.0, number])})
    with pytest.raises(MissingModel, match=r"head/f0 is spoilt: weight holds NaN or infinity; delete .*tiefvision run"):
        store.models.tensors("head", "f0")
