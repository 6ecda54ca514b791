"""What was encoded to train heads, or located by the starter heads, is not made again to judge them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests import tiny
from tests.lineage.test_starter import placed, without_heads
from tests.tiny_starter import shipped
from tiefvision_assets.box import Box
from tiefvision_assets.lineage import head_evaluation
from tiefvision_assets.lineage.boxes import extract_boxes
from tiefvision_assets.lineage.candidates import newest_members
from tiefvision_assets.lineage.head_evaluation import FOUND, evaluate_heads
from tiefvision_assets.lineage.starter import starter_evaluation
from tiefvision_assets.models.inference import FINAL, load_box_heads, load_encoder_from
from tiefvision_assets.store.records import PROJECTION, ProjectionRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import locate
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.refinement import encode_region
from tiefvision_assets.vision.windows import FIRST_SIDE

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained
__all__ = ["shipped"]


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sides of the squares that the locator encodes."""
    sides: list[int] = []
    encode = locate.encode_region

    def counted(engine: Any, spec: Any, region: Any, side: int) -> np.ndarray:
        sides.append(side)
        return encode(engine, spec, region, side)

    monkeypatch.setattr(locate, "encode_region", counted)
    return sides


def photos_of(store: Store) -> tuple[Any, dict[str, str], str]:
    """The views of the newest crops, the newest heads, and their encoder."""
    members = newest_members(store)
    inputs = store.models.record(ProjectionRecord, members[PROJECTION]).inputs
    return store.crops.views(inputs.crops), members, inputs.encoder


def test_what_was_encoded_for_training_is_known_where_the_photo_is_judged(trained, monkeypatch):
    views, members, encoder = photos_of(trained)
    training = set(views.loc[views["split"] == "train", "sha256"])
    spec, engine = load_encoder_from(trained, encoder)
    projection = load_box_heads(trained, members, FINAL).refinement_projection
    really, compared = Locator.locate, []

    def compare(self: Locator, photo: Any, known: np.ndarray | None = None) -> Any:
        if known is not None:
            cells = projection(encode_region(engine, spec, photo, FIRST_SIDE))
            assert_allclose(known, cells, rtol=2e-3, atol=2e-3)
            compared.append(known)
        return really(self, photo, known)

    monkeypatch.setattr(Locator, "locate", compare)
    judged = set(evaluate_heads(trained, views, members, encoder)["sha256"])
    assert len(compared) == len(judged & training) > 1
    assert judged - training, "test photos are not encoded for training"
    trained.layout.crops(members[PROJECTION]).joinpath("maps.safetensors").unlink()
    assert set(evaluate_heads(trained, views, members, encoder)["sha256"]) == judged
    assert len(compared) == len(judged & training), "where the maps are gone, photos are looked at"


def test_boxes_that_the_starter_heads_have_extracted_are_taken_over(trained, looked):
    views, members, encoder = photos_of(trained)
    photos = evaluate_heads(trained, views, members, encoder)
    without_heads(trained)
    heads = placed(trained)
    assert heads
    expected = starter_evaluation(trained, heads, photos, encoder, {}).set_index("sha256")
    for batch in trained.catalogue.batch_keys():
        extract_boxes(trained, heads, batch, lambda *_: None)
    looked.clear()
    found = starter_evaluation(trained, heads, photos, encoder, {}).set_index("sha256")
    assert looked == [], "nothing is located again"
    assert list(found.columns) == list(expected.columns) and set(found.index) == set(photos["sha256"])
    for name, column in expected.items():
        assert (found[name].reindex(expected.index) == column).all(), name


def test_a_photo_that_the_starter_heads_could_not_read_is_tried_again(trained, monkeypatch):
    views, members, encoder = photos_of(trained)
    photos = evaluate_heads(trained, views, members, encoder)
    without_heads(trained)
    heads = placed(trained)
    (batch,) = trained.catalogue.batch_keys()
    extract_boxes(trained, heads, batch, lambda *_: None)
    lost = photos["sha256"].iloc[0]
    rows = trained.boxes.read(heads, batch)
    trained.boxes.write(heads, batch, rows.assign(error=np.where(rows["sha256"] == lost, "unreadable", "")))
    judged: list[str] = []
    really = head_evaluation.judge_photos

    def recorded(store: Store, locator: Any, rest: Any, looks: Any) -> Any:
        judged.extend(rest["sha256"])
        return really(store, locator, rest, looks)

    monkeypatch.setattr(head_evaluation, "judge_photos", recorded)
    found = starter_evaluation(trained, str(heads), photos, encoder, {})
    assert judged == [lost] and sorted(found["sha256"]) == sorted(photos["sha256"])
    (row,) = found[found["sha256"] == lost].itertuples()
    iou = Box(*(getattr(row, side) for side in BOX)).iou(Box(*(getattr(row, side) for side in FOUND)))
    assert row.iou == pytest.approx(iou)
