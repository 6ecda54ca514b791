"""Which encoder a data folder works with when the settings name none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.without_photos import encoder_record
from tiefvision_assets.models.choice import encoder_in_use
from tiefvision_assets.models.fingerprints import encoder_fingerprint
from tiefvision_assets.settings import DEFAULT_ENCODER, Settings
from tiefvision_assets.store.atomic import write_json
from tiefvision_assets.store.records import ENCODER
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.registry import ENCODERS

OTHER = next(name for name in sorted(ENCODERS) if name != DEFAULT_ENCODER)


@pytest.fixture
def before(settings: Settings) -> Store:
    """A folder whose promoted encoder is not the default."""
    store = Store(settings)
    record = encoder_record(OTHER)
    fingerprint = encoder_fingerprint(ENCODERS[OTHER], record.inputs.weights)
    store.models.save(ENCODER, fingerprint, record)
    store.served.promote(ModelSet(encoder=fingerprint))
    return store


def test_a_new_folder_gets_the_default(settings: Settings) -> None:
    assert encoder_in_use(Store(settings)) == DEFAULT_ENCODER


def test_a_folder_keeps_its_own_until_the_settings_name_another(before: Store) -> None:
    assert encoder_in_use(before) == OTHER
    assert encoder_in_use(Store(before.settings.model_copy(update={"encoder": DEFAULT_ENCODER}))) == DEFAULT_ENCODER


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(file.read_bytes()[:20])])
def test_an_encoder_whose_files_are_lost_is_told_by_the_weights_in_the_cache(before: Store, damage) -> None:
    promoted = before.served.read().next.encoder
    assert promoted
    damage(before.layout.model(ENCODER, promoted) / "model.json")
    assert encoder_in_use(before) == DEFAULT_ENCODER, "nothing else says which one it was"
    weights = before.settings.cache_dir / f"{OTHER}.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"8 bytes!")
    write_json(weights.with_suffix(".json"), {"digest": "0" * 64, "bytes": 8, "origin": "here"})
    assert encoder_in_use(Store(before.settings)) == OTHER
