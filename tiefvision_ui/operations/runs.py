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
from tiefvision_ui.language.texts import _

TIMEOUT_S = 5
UNFINISHED = frozenset({"QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"})

RUNS = """
query ($limit: Int!) {
  runsOrError(limit: $limit) { __typename
    ... on Runs { results {
      runId jobName status creationTime tags { key value }
      assetSelection { path } stepStats { status } } }
    ... on PythonError { message } } }
"""

COSTS = """
query ($limit: Int!) {
  runsOrError(limit: $limit) { __typename
    ... on Runs { results {
      runId status creationTime startTime endTime
      assetMaterializations { metadataEntries { label ... on IntMetadataEntry { intValue } } } } }
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
    steps_done: int

    @property
    def unfinished(self) -> bool:
        """Whether the run waits to start or is running."""
        return self.status in UNFINISHED


@dataclass(frozen=True)
class RunCost:
    """What a run took; ``computed`` and ``reused`` are the sums over its batches."""

    run_id: str
    status: str
    started: datetime
    seconds: float
    """Until now, for a run that has not ended."""
    computed: int
    reused: int


class DagsterRuns:
    """The runs of the Dagster webserver at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def link(self, run_id: str) -> str:
        """The URL at which Dagster shows the run."""
        return f"{self._url}/runs/{run_id}"

    def asset_link(self, asset: str) -> str:
        """The URL at which Dagster shows the asset."""
        return f"{self._url}/assets/{asset}"

    @property
    def runs_link(self) -> str:
        """The URL of Dagster's list of runs."""
        return f"{self._url}/runs"

    def costs(self, limit: int) -> list[RunCost]:
        """What the newest runs took, newest first; raises `DagsterUnreachable` and `DagsterRefused`."""
        return [_cost(result) for result in self._runs(COSTS, limit)]

    def launch(self, job: str, assets: Sequence[str] = (), tags: Mapping[str, str] | None = None) -> str:
        """Start the job, or only its part that materialises ``assets``; returns the run's id.

        Raises `DagsterUnreachable` and `DagsterRefused`.
        """
        # imported here: it brings Dagster along, and most visits to the app start no run
        from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

        scheme, _separator, host = self._url.partition("://")
        client = DagsterGraphQLClient(host, use_https=scheme == "https", timeout=TIMEOUT_S)
        try:
            return client.submit_job_execution(job, tags=dict(tags or {}), asset_selection=list(assets) or None)
        except KeyError as error:  # the client asks for no message of some refusals, and looks for one all the same
            words = _("Dagster did not start the run of '{job}'; see {url}.", job=job, url=self._url)
            raise DagsterRefused(words) from error
        except DagsterGraphQLClientError as error:
            if len(error.args) != 2:  # no answer of Dagster's, but what kept the client from getting one
                raise self._unreachable(error.__cause__ or error) from error
            kind, given = error.args
            if kind == "JobNotFoundError":
                words = _(
                    "Dagster at {url} has no job '{job}'; start it for this project with `tiefvision dagster`.",
                    url=self._url,
                    job=job,
                )
                raise DagsterRefused(words) from error
            reasons = given if isinstance(given, str) else " ".join(problem["message"] for problem in given)
            reason = (reasons or kind).splitlines()[0]
            words = _("Dagster did not start the run ({reason}); see {url}.", reason=reason, url=self._url)
            raise DagsterRefused(words) from error

    def newest(self, limit: int) -> list[Run]:
        """The newest runs, newest first; raises `DagsterUnreachable` and `DagsterRefused`."""
        return [_run(result) for result in self._runs(RUNS, limit)]

    def _runs(self, query: str, limit: int) -> list[dict[str, Any]]:
        answer = self._ask(query, limit=limit)["runsOrError"]
        if answer["__typename"] != "Runs":
            raise self._refused(answer.get("message", answer["__typename"]))
        results: list[dict[str, Any]] = answer["results"]
        return results

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        try:
            request = urllib.request.Request(f"{self._url}/graphql", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                document = json.load(response)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        if document.get("errors"):
            raise self._refused(document["errors"][0]["message"])
        data: dict[str, Any] = document["data"]
        return data

    def _refused(self, answer: str) -> DagsterRefused:
        return DagsterRefused(_("Dagster at {url} answers {answer}.", url=self._url, answer=repr(answer)))

    def _unreachable(self, error: BaseException) -> DagsterUnreachable:
        words = _(
            "Dagster does not answer at {url} ({cause}); start it with `tiefvision dagster`, or set "
            "TIEFVISION_DAGSTER_URL to where it is.",
            url=self._url,
            cause=_cause_of(error),
        )
        return DagsterUnreachable(words)


def _cause_of(error: BaseException) -> str:
    """What the operating system says of the failure, where it came from there; else the error's own first line."""
    origin: BaseException | None = error
    while origin:
        if isinstance(origin, OSError) and origin.strerror:
            return origin.strerror
        origin = origin.__cause__ or origin.__context__
    return (str(error) or type(error).__name__).splitlines()[0]


def _run(result: dict[str, Any]) -> Run:
    return Run(
        run_id=result["runId"],
        job=result["jobName"],
        status=result["status"],
        assets=tuple(sorted("/".join(key["path"]) for key in result["assetSelection"] or ())),
        tags={tag["key"]: tag["value"] for tag in result["tags"]},
        created=datetime.fromtimestamp(result["creationTime"], UTC),
        steps_done=sum(step["status"] == "SUCCESS" for step in result["stepStats"]),
    )


def _cost(result: dict[str, Any]) -> RunCost:
    began = result.get("startTime") or result["creationTime"]
    ended = result.get("endTime") or (datetime.now(UTC).timestamp() if result["status"] in UNFINISHED else began)
    entries = [entry for one in result.get("assetMaterializations", ()) for entry in one["metadataEntries"]]
    return RunCost(
        run_id=result["runId"],
        status=result["status"],
        started=datetime.fromtimestamp(began, UTC),
        seconds=max(0.0, ended - began),
        computed=_sum(entries, "computed"),
        reused=_sum(entries, "reused"),
    )


def _sum(entries: Sequence[Mapping[str, Any]], label: str) -> int:
    return sum(entry.get("intValue") or 0 for entry in entries if entry["label"] == label)
