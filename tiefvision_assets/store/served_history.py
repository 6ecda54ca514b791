"""What was served before and can be served again, and what people decided about it; part of ``served.json``.

It stands in the same file as what is served, so that a decision and what it changes are one rename. The versions are
kept with all that they need (`planning.cleaning`); what a decision names is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from tiefvision_assets.store.model_set import ModelSet

DECISIONS = 200
"""So many decisions are remembered, the newest."""
CONFIGURATION = "configuration"
"""Who decided where nobody did: a run that was told to promote always."""

What = Literal["promoted", "rejected"]


@dataclass(frozen=True)
class ServedVersion:
    """Models with the index of them that was served last; named by its supervised index."""

    models: ModelSet
    index: dict[str, str]
    since: str = ""
    """When it came to be served, UTC; empty where that was not recorded."""

    @property
    def name(self) -> str:
        """The version of its supervised index."""
        return self.index["supervised"]


@dataclass(frozen=True)
class Decision:
    """What somebody decided about models, by their fingerprints."""

    what: What
    by: str
    at: str
    models: tuple[str, ...]
    version: str = ""
    """The version that it serves, where it serves one at once."""


def decided(what: What, by: str, models: Iterable[str], version: str = "") -> Decision:
    """A decision that is made now."""
    return Decision(what, by, datetime.now(UTC).isoformat(timespec="seconds"), tuple(models), version)


@dataclass(frozen=True)
class History:
    """Since when the present version is served, the versions before it, newest first, and decisions, newest last."""

    since: str = ""
    kept: tuple[ServedVersion, ...] = ()
    decisions: tuple[Decision, ...] = field(default=())

    def rejection(self, fingerprint: str) -> Decision | None:
        """The decision that rejected the model, unless a later one promoted it."""
        newest = next((each for each in reversed(self.decisions) if fingerprint in each.models), None)
        return newest if newest and newest.what == "rejected" else None

    def with_decision(self, decision: Decision) -> History:
        """The history with one more decision."""
        return replace(self, decisions=(*self.decisions, decision)[-DECISIONS:])

    def after(self, before: ServedVersion | None, now: ModelSet, keep: int) -> History:
        """The history once models ``now`` take the place of version ``before``: it is kept, unless its models stay.

        Of equal models the newest version is kept, and ``keep`` versions together.
        """
        stays = before is None or before.models == now
        others = [each for each in self.kept if each.models not in (now, before.models if before else now)]
        kept = others if stays or before is None else [before, *others]
        since = self.since if before and stays else datetime.now(UTC).isoformat(timespec="seconds")
        return replace(self, since=since, kept=tuple(kept[:keep]))


def written(history: History) -> dict[str, Any]:
    """The JSON document of a history."""
    kept = [{**asdict(each.models), "index": each.index, "since": each.since} for each in history.kept]
    return {"since": history.since, "kept": kept, "decisions": [asdict(each) for each in history.decisions]}


def read(document: Mapping[str, Any]) -> History:
    """The history of a document; TypeError or KeyError where it is none."""
    kept = []
    for each in document["kept"]:
        models = {key: value for key, value in each.items() if key not in ("index", "since")}
        kept.append(ServedVersion(ModelSet(**models), dict(each["index"]), each["since"]))
    decisions = [Decision(**{**each, "models": tuple(each["models"])}) for each in document["decisions"]]
    return History(document["since"], tuple(kept), tuple(decisions))
