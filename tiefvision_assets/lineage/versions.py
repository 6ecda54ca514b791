"""What can be compared and decided about: the served version, those that are kept, and the newest candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.records import BOX_HEADS, RANKING_HEAD, Verdict
from tiefvision_assets.store.served import Served, ServedVersion
from tiefvision_assets.store.store import Store

SERVED, CANDIDATE = "served", "candidate"
State = Literal["waits", "promoted", "rejected", "not better"]
WORDS: dict[State, str] = {
    "waits": "waits for a decision",
    "promoted": "promoted, and served once its index is made",
    "rejected": "rejected by somebody",
    "not better": "rejected by its report",
}
_KIND = {BOX_HEADS: "box heads", RANKING_HEAD: "ranking head"}


class UnknownVersion(TiefVisionError):
    """No version or candidate has that name, or several have."""


@dataclass(frozen=True)
class Candidate:
    """The newest judged model of its kind, if it is not served: box heads or a ranking head."""

    kind: str
    verdict: Verdict
    state: State
    by: str = ""
    """Who rejected it."""
    at: str = ""

    @property
    def name(self) -> str:
        """Its fingerprint."""
        return self.verdict.fingerprint

    @property
    def said(self) -> str:
        """What it is and what became of it, as a sentence without its full stop."""
        state = f"rejected by {self.by} on {self.at[:10]}" if self.state == "rejected" else WORDS[self.state]
        return f"{_KIND[self.kind]} {self.name}: {state}"


Side: TypeAlias = "ServedVersion | Candidate"


def versions_of(store: Store) -> list[ServedVersion]:
    """The served version, then those that are kept, newest first; empty before the first index."""
    served = store.served.read()
    return [served.version, *served.history.kept] if served.version else []


def candidates_of(store: Store) -> list[Candidate]:
    """The newest judged candidate of each kind that was made for the models of the next index and is not served."""
    served = store.served.read()
    found = []
    for kind in (RANKING_HEAD, BOX_HEADS):
        verdict = next((one for one in store.models.verdicts(kind) if _fits(one, served, kind)), None)
        if (
            verdict
            and verdict.fingerprint not in served.models.fitted
            and store.models.is_usable(kind, verdict.fingerprint)
        ):
            found.append(_candidate(kind, verdict, served))
    return found


def side_named(store: Store, name: str) -> Side:
    """The version or candidate of that name: a fingerprint or its beginning, ``served``, or ``candidate``.

    ``candidate`` is the newest ranking head, if it is not served. Raises `UnknownVersion`.
    """
    versions, candidates = versions_of(store), candidates_of(store)
    if not versions:
        raise UnknownVersion("Nothing is served yet; run `tiefvision run` first.")
    if name == SERVED:
        return versions[0]
    if name == CANDIDATE:
        newest = next((one for one in candidates if one.kind == RANKING_HEAD), None)
        if newest is None:
            raise UnknownVersion("There is no candidate: the newest ranking head is served, or there is none.")
        return newest
    sides: list[Side] = [*versions, *candidates]
    fitting = [side for side in sides if name and side.name.startswith(name)]
    if len(fitting) != 1:
        known = ", ".join(side.name for side in sides)
        reason = "Several versions have names that begin with" if fitting else "No version or candidate is called"
        raise UnknownVersion(f"{reason} {name!r}; there are {known}.")
    return fitting[0]


def document_of(store: Store) -> dict[str, Any]:
    """Versions, candidates and decisions as one JSON document."""
    served = store.served.read()
    versions = versions_of(store)
    return {
        "served": versions[0].name if versions else None,
        "versions": [
            {
                "name": one.name,
                "since": one.since,
                "heads": one.models.heads,
                "basis": one.models.basis,
                "ranking_head": one.models.ranking_head,
                "encoder": one.models.encoder,
                "rejected": is_rejected(one, served),
                "problem": problem_of(store, one),
            }
            for one in versions
        ],
        "candidates": [
            {"kind": one.kind, "name": one.name, "state": one.state, "said": one.said, "reason": one.verdict.reason}
            for one in candidates_of(store)
        ],
        "decisions": [
            {"what": one.what, "by": one.by, "at": one.at, "models": list(one.models), "version": one.version}
            for one in served.history.decisions
        ],
    }


def is_rejected(version: ServedVersion, served: Served) -> bool:
    """Whether any model of the version was rejected."""
    return any(served.history.rejection(name) for name in version.models.fitted)


def problem_of(store: Store, version: ServedVersion) -> str | None:
    """Why the version cannot be opened, in a sentence; None where it can."""
    problems = (store.indexes.problem(ranking, version.index[ranking]) for ranking in RANKINGS)
    return next(filter(None, problems), None)


def _fits(verdict: Verdict, served: Served, kind: str) -> bool:
    inputs, following = verdict.inputs, served.next
    return inputs.encoder == following.encoder and (kind == BOX_HEADS or inputs.basis == following.basis)


def _candidate(kind: str, verdict: Verdict, served: Served) -> Candidate:
    rejection = served.history.rejection(verdict.fingerprint)
    if rejection:
        return Candidate(kind, verdict, "rejected", rejection.by, rejection.at)
    if verdict.fingerprint in served.next.fitted:
        return Candidate(kind, verdict, "promoted")
    return Candidate(kind, verdict, "waits" if verdict.waits else "not better")
