"""What tells people that a run failed: a sensor that posts a JSON document to a webhook.

A module of one's own can build on it: `alert_of` is the document of any failed run, `post` sends it, and a
`dagster.run_failure_sensor` beside these definitions may do something else with it, such as write a mail
(docs/operations.md has an example). What is out of date and was given up is in `tiefvision status`, not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import dagster as dg

from tiefvision_assets.orchestration.automation import ATTEMPT, STARTED_BY
from tiefvision_assets.orchestration.run_outcomes import why_it_ended
from tiefvision_assets.settings import Settings
from tiefvision_assets.webhook import send


def alert_of(instance: dg.DagsterInstance, run: dg.DagsterRun, dagster_url: str) -> dict[str, Any]:
    """The document about a failed run: id, job, assets, reason and link; ``text`` says it in one line."""
    logs = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
    planned = [log.dagster_event.asset_key for log in logs if log.dagster_event]
    assets = sorted({key.to_user_string() for key in planned if key})
    reason = why_it_ended(instance, run)
    link = f"{dagster_url.rstrip('/')}/runs/{run.run_id}"
    return {
        "text": f"TiefVision could not make {', '.join(assets) or run.job_name}: {reason} {link}",
        "run_id": run.run_id,
        "job": run.job_name,
        "assets": assets,
        "reason": reason,
        "link": link,
        "started_by": run.tags.get(STARTED_BY, "hand"),
        "attempt": int(run.tags.get(ATTEMPT, "1")),
    }


def post(webhook: str, document: Mapping[str, Any]) -> str | None:
    """Send the document; returns None, or in a sentence why it was not taken. The URL, often a secret, is not in it."""
    body = json.dumps(document).encode()
    try:
        send(webhook, body, {"Content-Type": "application/json"})
    except (OSError, HTTPException) as error:
        return f"The alert webhook at {urlsplit(webhook).hostname} did not take the alert: {error}."
    return None


def run_failed(settings: Settings) -> dg.SensorDefinition:
    """The sensor that posts every failed run to the webhook of the settings; stopped where none is set."""
    webhook = str(settings.alert_webhook) if settings.alert_webhook else None

    @dg.run_failure_sensor(
        name="run_failed",
        monitor_all_code_locations=True,  # runs of the command line come from no location
        default_status=dg.DefaultSensorStatus.RUNNING if webhook else dg.DefaultSensorStatus.STOPPED,
        description="Posts every run that failed to the webhook TIEFVISION_ALERT_WEBHOOK.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if webhook is None:
            return dg.SkipReason("There is no webhook; set TIEFVISION_ALERT_WEBHOOK and start Dagster again.")
        problem = post(webhook, alert_of(context.instance, context.dagster_run, settings.dagster_url))
        if problem:
            context.log.warning(problem)
        return None

    return sensor
