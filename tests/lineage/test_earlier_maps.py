"""Crop encodings under changed labels: what was encoded before is not encoded again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests import tiny
from tiefvision_assets.box import Box
from tiefvision_assets.lineage import crops, earlier_maps
from tiefvision_assets.models.fingerprints import crop_encodings_fingerprint
from tiefvision_assets.store.catalogue import Catalogue
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.photos import DECODING_VERSION
from tiefvision_assets.store.records import PROJECTION, ProjectionInputs, ProjectionRecord
from tiefvision_assets.store.schemas import UNKNOWN_PROFILE
from tiefvision_assets.store.store import Store

settings, store, trained, tiny_encoder, run = tiny.settings, tiny.store, tiny.trained, tiny.tiny_encoder, tiny.run

ENCODE = "key:box_labels or key:crop_dataset or key:crop_encodings"
Encode = Callable[[], list[str]]


@pytest.fixture
def encode(run, monkeypatch) -> Encode:
    """Makes the encodings of the labels of now; returns the photo of each view that was encoded."""
    encoded: list[str] = []
    real = crops.encode_looks
    monkeypatch.setattr(crops, "encode_looks", lambda *of: (encoded.extend(of[-1]["sha256"]), real(*of))[1])

    def encode_once() -> list[str]:
        encoded.clear()
        run(ENCODE)
        return list(encoded)

    return encode_once


def newest(store: Store) -> tuple[str, ProjectionRecord]:
    name = store.models.latest(PROJECTION)
    return name, store.models.record(ProjectionRecord, name)


def maps_of(store: Store, name: str) -> dict[tuple, np.ndarray]:
    """What a view shows → its map."""
    views = store.crops.encoded(name, store.crops.views(newest(store)[1].inputs.crops))
    keys = [tuple(row) for row in views[earlier_maps.SEEN].itertuples(index=False)]
    return dict(zip(keys, store.crops.maps(name, list(views["view"])), strict=True))


def training_photos(store: Store) -> set[str]:
    views = store.crops.views(newest(store)[1].inputs.crops)
    return set(views.loc[views["split"] == "train", "sha256"])


def label_others(store: Store, count: int) -> set[str]:
    """Labels that many photos which have no box; returns them."""
    live = store.catalogue.live()
    labelled = set(store.snapshots.read("boxes", store.snapshots.current("boxes"))["sha256"])
    added = sorted(set(live["sha256"]) - labelled)[:count]
    store.labels.add_boxes([BoxLabel(sha256, Box(12, 14, 66, 81)) for sha256 in added], annotator="ann")
    return set(added)


@pytest.fixture
def grown(trained, encode) -> Store:
    """Three more photos are labelled, and their projection was kept from the six before."""
    label_others(trained, 3)
    encode()
    assert newest(trained)[1].inputs.projection
    return trained


def test_only_the_photos_of_new_labels_are_encoded(trained, encode, monkeypatch):
    monkeypatch.setattr(earlier_maps, "GROWTH", 0)
    assert set(encode()) == set()
    label_others(trained, 1)
    encode()
    before, record = newest(trained)
    assert record.inputs.projection is None
    kept, photos = maps_of(trained, before), training_photos(trained)

    monkeypatch.setattr(earlier_maps, "GROWTH", 2)
    added = label_others(trained, 2)
    encoded = encode()
    name, after = newest(trained)
    assert set(encoded) == added & training_photos(trained) and len(encoded) == len(set(encoded)) * 11
    assert name != before and after.inputs.projection and after.fitted_on == len(photos)
    maps = maps_of(trained, name)
    assert len(maps) == len(kept) + len(encoded)
    assert all(np.array_equal(maps[view], cells) for view, cells in kept.items())
    old, new = (trained.models.tensors(PROJECTION, which) for which in (before, name))
    assert all(np.array_equal(new[part], values) for part, values in old.items())
    assert encode() == [] and newest(trained)[0] == name


def test_a_corrected_box_leaves_the_whole_photo_as_it_was(grown, encode):
    corrected = sorted(training_photos(grown))[0]
    grown.labels.add_boxes([BoxLabel(corrected, Box(5, 6, 71, 90))], annotator="ann")
    before = maps_of(grown, newest(grown)[0])
    encoded = encode()
    assert set(encoded) == {corrected} and len(encoded) == 10
    assert len(maps_of(grown, newest(grown)[0])) == len(before)


def test_a_removed_label_encodes_nothing_and_its_maps_are_gone(grown, encode):
    before = newest(grown)[0], training_photos(grown)
    for event in range(grown.labels.newest_event() - 2, grown.labels.newest_event() + 1):
        grown.labels.undo(event, annotator="ann")
        assert encode() == []
    assert training_photos(grown) < before[1]
    name, record = newest(grown)
    assert {view[0] for view in maps_of(grown, name)} == training_photos(grown)
    assert name != before[0] and record.inputs.projection is None, "the labels of before have their encodings of before"


def test_the_projection_is_fitted_anew_when_labels_have_doubled(grown, encode, monkeypatch):
    photos = training_photos(grown)
    monkeypatch.setattr(earlier_maps, "GROWTH", len(photos) / newest(grown)[1].fitted_on)
    label_others(grown, 2)
    assert set(encode()) == training_photos(grown) > photos
    record = newest(grown)[1]
    assert record.inputs.projection is None and record.fitted_on == len(training_photos(grown))


def test_other_hyper_parameters_take_nothing_over(grown):
    record = newest(grown)[1]
    inputs, dataset = record.inputs, record.dataset
    views = grown.crops.views(inputs.crops)
    assert earlier_maps.earlier_maps(grown, inputs, dataset, views) is not None
    for changed in (replace(inputs, encoder="other"), replace(inputs, config={}), replace(inputs, code="0")):
        assert earlier_maps.earlier_maps(grown, changed, dataset, views) is None
    assert earlier_maps.earlier_maps(grown, inputs, replace(dataset, code="other crops"), views) is None


@pytest.mark.parametrize("profile", ["Display P3", UNKNOWN_PROFILE])
def test_photos_that_may_be_decoded_otherwise_are_encoded_again(grown, encode, monkeypatch, profile):
    recoloured = sorted(training_photos(grown))[0]
    monkeypatch.setattr(earlier_maps, "DECODING_VERSION", DECODING_VERSION + 1)
    contents = grown.catalogue.contents().assign(profile="")
    contents.loc[contents["sha256"] == recoloured, "profile"] = profile
    monkeypatch.setattr(Catalogue, "contents", lambda catalogue: contents)
    added = label_others(grown, 2)
    assert set(encode()) == {recoloured} | (added & training_photos(grown))


def test_a_projection_that_was_fitted_on_nothing_is_not_taken_over(grown, encode):
    name, record = newest(grown)
    grown.models.save(PROJECTION, name, replace(record, fitted_on=0), grown.models.tensors(PROJECTION, name))
    label_others(grown, 2)
    assert set(encode()) == training_photos(grown)
    assert newest(grown)[1].fitted_on == len(training_photos(grown))


def test_lost_maps_are_made_again_under_their_name(grown, encode):
    name = newest(grown)[0]
    before = maps_of(grown, name)
    shutil.rmtree(grown.layout.crops(name))
    assert set(encode()) == training_photos(grown)
    assert newest(grown)[0] == name
    again = maps_of(grown, name)
    assert set(again) == set(before)
    assert all(np.array_equal(again[view], cells) for view, cells in before.items())


def test_encodings_of_before_are_taken_over_by_their_name():
    """Encodings with a projection of their own are named as before projections were kept."""
    inputs = ProjectionInputs("crops", "encoder", {"components": 64}, "2")
    assert crop_encodings_fingerprint(inputs) == fingerprint(
        crops="crops", encoder="encoder", config={"components": 64}, code="2"
    )
