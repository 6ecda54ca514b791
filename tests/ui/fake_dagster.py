"""A GraphQL server that answers as Dagster does, and records what it was asked to launch."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def run_of(run_id: str, status: str, **more: Any) -> dict[str, Any]:
    """A run in the words of the API."""
    run = {
        "runId": run_id,
        "jobName": "materialise",
        "status": status,
        "creationTime": 1_700_000_000.0,
        "tags": [{"key": "tiefvision/reason", "value": "*new* boxes"}],
        "assetSelection": [{"path": [name]} for name in ("triplet_dataset", "ranking_head", "similarity_report")],
        "stepStats": [{"status": "SUCCESS"}, {"status": "STARTED"}],
    }
    return run | more


@dataclass
class FakeDagster:
    """``runs`` are newest first; ``launch_answer`` replaces the answer to the next launch."""

    url: str = ""
    runs: list[dict[str, Any]] = field(default_factory=list)
    launched: list[dict[str, Any]] = field(default_factory=list)
    launch_answer: dict[str, Any] | None = None
    jobs: tuple[str, ...] = ("scan_catalogue", "materialise")
    broken: bytes | None = None

    def answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "launchPipelineExecution" in query:
            params = variables["executionParams"]
            self.launched.append(params)
            if self.launch_answer:
                return {"launchPipelineExecution": self.launch_answer}
            self.runs.insert(0, run_of("launched", "STARTED", jobName=params["selector"]["pipelineName"]))
            return {"launchPipelineExecution": {"__typename": "LaunchRunSuccess", "run": {"runId": "launched"}}}
        if "runsOrError" in query:
            return {"runsOrError": {"__typename": "Runs", "results": self.runs[: variables["limit"]]}}
        repository = {"name": "r", "location": {"name": "l"}, "pipelines": [{"name": name} for name in self.jobs]}
        return {"repositoriesOrError": {"__typename": "RepositoryConnection", "nodes": [repository]}}


@contextmanager
def fake_dagster() -> Iterator[FakeDagster]:
    """One that is served on a free port."""
    fake = FakeDagster()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = fake.answer(asked["query"], asked.get("variables", {}))
            body = fake.broken if fake.broken is not None else json.dumps({"data": data}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
