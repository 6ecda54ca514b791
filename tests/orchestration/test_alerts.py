"""Failed runs are posted to a webhook; a webhook that fails breaks nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorCursor
from dagster._core.events import DagsterEventType

from tests.commands import free_port
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration import alerts
from tiefvision_assets.orchestration.runner import RunFailed, Runner
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


@dataclass
class Webhook:
    """A server that keeps what is posted to it, and answers with that status."""

    url: str
    status: int = 200
    location: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            received.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(received.status)
            if received.location:
                self.send_header("Location", received.location)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)  # what a redirected POST would become
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not on the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received = Webhook(f"http://127.0.0.1:{server.server_port}/secret")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield received
        server.shutdown()


def with_webhook(settings: Settings, url: str) -> Settings:
    return Settings(**settings.model_dump() | {"alert_webhook": url, "dagster_url": "http://dagster.example/"})


def failed_scan(settings: Settings) -> tuple[dg.DagsterInstance, dg.DagsterRun]:
    """A run that failed as the raw folder of known photos is gone; no daemon was there when it did."""
    instance = dg.DagsterInstance.ephemeral()
    runner = Runner(settings, Progress(), lambda _: None, instance)
    runner.scan()
    for file in settings.raw_dir.iterdir():
        file.unlink()
    settings.raw_dir.rmdir()
    with pytest.raises(RunFailed):
        runner.scan()
    return instance, instance.get_runs(limit=1)[0]


def context_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.RunFailureSensorContext:
    (failure,) = instance.all_logs(run.run_id, of_type=DagsterEventType.RUN_FAILURE)
    return dg.build_run_status_sensor_context("run_failed", failure.dagster_event, instance, run).for_run_failure()


def test_a_failed_run_is_posted_with_its_assets_the_reason_and_a_link(settings, save_photo, webhook):
    save_photo("a.png")
    instance, run = failed_scan(settings)
    alerts.run_failed(with_webhook(settings, webhook.url))(context_of(instance, run))
    (document,) = webhook.posted
    text = document.pop("text")
    reason = document.pop("reason")
    assert f"The raw folder {settings.raw_dir} is gone" in reason and run.run_id in reason
    assert document == {
        "run_id": run.run_id,
        "job": run.job_name,
        "assets": ["image_catalogue"],
        "link": f"http://dagster.example/runs/{run.run_id}",
        "started_by": "command",
        "attempt": 1,
    }
    assert (
        text.startswith("TiefVision could not make image_catalogue: ") and reason in text and document["link"] in text
    )


def test_the_daemon_hears_of_runs_of_the_command_line_too(settings, save_photo, webhook):
    save_photo("a.png")
    definitions = build_definitions(store=Store(with_webhook(settings, webhook.url)))
    sensor = definitions.resolve_sensor_def("run_failed")
    repository = definitions.get_repository_def()
    instance, run = failed_scan(settings)
    cursor = RunStatusSensorCursor(record_id=0).to_json()
    tick = sensor.evaluate_tick(dg.build_sensor_context(instance, cursor=cursor, repository_def=repository))
    assert [reaction.dagster_run.run_id for reaction in tick.dagster_run_reactions] == [run.run_id]
    assert tick.dagster_run_reactions[0].error is None
    assert [document["run_id"] for document in webhook.posted] == [run.run_id]


@pytest.mark.parametrize("kind", ["refuses", "redirects", "is not there", "talks nonsense"])
def test_a_webhook_that_fails_is_a_sentence_without_the_secret_and_breaks_nothing(
    settings, save_photo, webhook, monkeypatch, kind
):
    url = webhook.url
    if kind == "refuses":
        webhook.status = 500
    elif kind == "redirects":
        webhook.status, webhook.location = 302, webhook.url
    elif kind == "is not there":
        url = f"http://127.0.0.1:{free_port()}/secret"
    else:
        monkeypatch.setattr(BaseHTTPRequestHandler, "send_response", lambda self, _: self.wfile.write(b"nonsense\r\n"))
    save_photo("a.png")
    context = context_of(*failed_scan(settings))
    problem = alerts.post(url, {})
    assert problem is not None and problem.startswith("The alert webhook at 127.0.0.1 did not take the alert: ")
    assert "secret" not in problem
    assert alerts.run_failed(with_webhook(settings, url))(context) is None


def test_without_a_webhook_the_sensor_is_stopped_and_says_what_to_set(settings, save_photo):
    sensor = alerts.run_failed(settings)
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    save_photo("a.png")
    skipped = sensor(context_of(*failed_scan(settings)))
    assert "set TIEFVISION_ALERT_WEBHOOK" in skipped.skip_message


def test_with_a_webhook_the_sensor_runs(settings, webhook):
    sensor = alerts.run_failed(with_webhook(settings, webhook.url))
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def test_a_sensor_of_ones_own_stands_beside_them(settings, save_photo):
    told = []

    @dg.run_failure_sensor(monitor_all_code_locations=True)
    def mail(context: dg.RunFailureSensorContext) -> None:
        told.append(alerts.alert_of(context.instance, context.dagster_run, "http://dagster.example"))

    merged = dg.Definitions.merge(build_definitions(store=Store(settings)), dg.Definitions(sensors=[mail]))
    save_photo("a.png")
    instance, run = failed_scan(settings)
    merged.resolve_sensor_def("mail")(context_of(instance, run))
    assert [document["run_id"] for document in told] == [run.run_id]
