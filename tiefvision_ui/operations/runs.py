"""Launches and lists Dagster's runs through its GraphQL API."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tiefvision_assets.errors import TiefVisionError

TIMEOUT_S = 5
UNFINISHED = frozenset({"QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"})

JOBS = """
{ repositoriesOrError { __typename
    ... on RepositoryConnection { nodes { name location { name } jobs { name } } }
    ... on PythonError { message } } }
"""
LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) { __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on UnauthorizedError { message }
    ... on RunConfigValidationInvalid { errors { message } } } }
"""
RUNS = """
query ($limit: Int!) {
  runsOrError(limit: $limit) { __typename
    ... on Runs { results {
      runId jobName status creationTime startTime endTime tags { key value }
      assetSelection { path } stepStats { status } } }
    ... on PythonError { message } } }
"""


class DagsterUnreachable(TiefVisionError):
    """Dagster's webserver does not answer."""


class DagsterRefused(TiefVisionError):
    """Dagster answers, but refuses what it was asked to do."""


@dataclass(frozen=True)
class Run:
    """A run as Dagster reports it."""

    run_id: str
    job: str
    status: str
    """Dagster's name for it, such as STARTED or SUCCESS."""
    assets: tuple[str, ...]
    """Sorted by name, because Dagster lists them in no particular order."""
    tags: Mapping[str, str]
    created: datetime
    ended: datetime | None
    steps_done: int

    @property
    def unfinished(self) -> bool:
        """Whether the run waits to start or is running."""
        return self.status in UNFINISHED


class DagsterRuns:
    """The runs of the Dagster webserver at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def link(self, run_id: str) -> str:
        """The URL at which Dagster shows the run."""
        return f"{self._url}/runs/{run_id}"

    def launch(self, job: str, assets: Sequence[str] = (), tags: Mapping[str, str] | None = None) -> str:
        """Start the job, or only its part that materialises ``assets``; returns the run's id.

        Raises `DagsterUnreachable` and `DagsterRefused`.
        """
        selector: dict[str, Any] = {**self._location_of(job), "jobName": job}
        if assets:
            selector["assetSelection"] = [{"path": [name]} for name in assets]
        listed = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        metadata = {"tags": listed}
        params = {"selector": selector, "mode": "default", "runConfigData": {}, "executionMetadata": metadata}
        launched = self._ask(LAUNCH, params=params)["launchRun"]
        if launched["__typename"] != "LaunchRunSuccess":
            reasons = [launched.get("message"), *(error["message"] for error in launched.get("errors", []))]
            reason = " ".join(filter(None, reasons)) or launched["__typename"]
            raise DagsterRefused(f"Dagster did not start the run ({reason.splitlines()[0]}); see {self._url}.")
        return str(launched["run"]["runId"])

    def newest(self, limit: int) -> list[Run]:
        """The newest runs, newest first; raises `DagsterUnreachable` and `DagsterRefused`."""
        answer = self._ask(RUNS, limit=limit)["runsOrError"]
        return [_run(result) for result in self._nodes(answer, "results")]

    def _location_of(self, job: str) -> dict[str, str]:
        answer = self._ask(JOBS)["repositoriesOrError"]
        for repository in self._nodes(answer, "nodes"):
            if any(found["name"] == job for found in repository["jobs"]):
                location = repository["location"]["name"]
                return {"repositoryName": repository["name"], "repositoryLocationName": location}
        raise DagsterRefused(
            f"Dagster at {self._url} has no job {job!r}; start it for this project with `tiefvision dagster`."
        )

    def _nodes(self, answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
        if name not in answer:
            raise DagsterRefused(f"Dagster at {self._url} answers {answer.get('message', answer['__typename'])!r}.")
        nodes: list[dict[str, Any]] = answer[name]
        return nodes

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        try:
            request = urllib.request.Request(f"{self._url}/graphql", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                document = json.load(response)
        except (OSError, ValueError, http.client.HTTPException) as error:
            cause = getattr(error, "reason", error)
            raise DagsterUnreachable(
                f"Dagster does not answer at {self._url} ({getattr(cause, 'strerror', None) or cause}); start it with "
                "`tiefvision dagster`, or set TIEFVISION_DAGSTER_URL to where it is."
            ) from error
        if document.get("errors"):
            raise DagsterRefused(f"Dagster at {self._url} answers {document['errors'][0]['message']!r}.")
        data: dict[str, Any] = document["data"]
        return data


def _run(result: dict[str, Any]) -> Run:
    return Run(
        run_id=result["runId"],
        job=result["jobName"],
        status=result["status"],
        assets=tuple(sorted("/".join(key["path"]) for key in result["assetSelection"] or ())),
        tags={tag["key"]: tag["value"] for tag in result["tags"]},
        created=_time(result["creationTime"]),
        ended=_time(result["endTime"]) if result["endTime"] else None,
        steps_done=sum(step["status"] == "SUCCESS" for step in result["stepStats"]),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
