"""What tells a shop's systems that what they wrote through the API can be searched: a sensor, and a webhook."""

from __future__ import annotations

import dagster as dg

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

POLLED_S = 30


def index_served(settings: Settings) -> dg.SensorDefinition:
    """The sensor that posts what the served index has come to know; stopped where no webhook is set."""

    @dg.sensor(
        name="index_served",
        minimum_interval_seconds=POLLED_S,
        default_status=(dg.DefaultSensorStatus.RUNNING if settings.served_webhook else dg.DefaultSensorStatus.STOPPED),
        description="Posts to TIEFVISION_SERVED_WEBHOOK what was written through the API and can be searched by now.",
    )
    def sensor(store: dg.ResourceParam[Store]) -> dg.SkipReason:
        from tiefvision_assets.lineage.announcements import announce

        if store.settings.served_webhook is None:
            return dg.SkipReason("There is no webhook; set TIEFVISION_SERVED_WEBHOOK and start Dagster again.")
        told = announce(store)
        if told.problem:
            return dg.SkipReason(f"{told.problem} It is tried again.")
        return dg.SkipReason(f"{told.taken} announcements were taken." if told.taken else "There is nothing to tell.")

    return sensor
