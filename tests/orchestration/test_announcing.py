"""The sensor that tells a webhook what the served index has come to know."""

from __future__ import annotations

import dagster as dg
import pytest

from tests import shop
from tests.without_photos import content_of, unit_vectors
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage import announcements
from tiefvision_assets.lineage.written_notes import note_photos
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


def checked(store: Store) -> str:
    """What the sensor says after one check."""
    sensor = build_definitions(store=store).resolve_sensor_def("index_served")
    context = dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral(), resources={"store": store})
    return str(sensor.evaluate_tick(context).skip_message)


def test_it_is_on_where_a_webhook_is_set_and_tells_what_became_of_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Store(settings)
    sensor = build_definitions(store=without).resolve_sensor_def("index_served")
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED and "TIEFVISION_SERVED_WEBHOOK" in checked(without)

    store = Store(Settings(**settings.model_dump() | {"served_webhook": "http://shop.example/"}))
    sensor = build_definitions(store=store).resolve_sensor_def("index_served")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING and checked(store) == "There is nothing to tell."
    shop.index(store, ["a.jpg"], unit_vectors(1))
    note_photos(store, {"a.jpg": content_of("a.jpg")})
    monkeypatch.setattr(announcements, "post", lambda *_: "It was not taken.")
    assert checked(store) == "It was not taken. It is tried again."
    monkeypatch.setattr(announcements, "post", lambda *_: None)
    assert checked(store) == "1 announcements were taken." and checked(store) == "There is nothing to tell."
