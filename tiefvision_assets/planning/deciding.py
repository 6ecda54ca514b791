"""What an admin decides: to serve a kept version again, to promote a candidate, or to reject one.

Each decision is one rename of ``served.json`` with the data folder's lock held: of two at once the second one sees what
the first one did. A rejection holds as long as the same inputs would make the same candidate, see
`History.rejection` and `lineage.candidates`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.index_changes import IndexChanges, changes_of, save_changes
from tiefvision_assets.lineage.versions import (
    Candidate,
    Side,
    is_rejected,
    problem_of,
    side_named,
    versions_of,
)
from tiefvision_assets.planning.plan import basis_outgrown, wanted_encoder
from tiefvision_assets.store.model_set import ModelSet
from tiefvision_assets.store.records import BASIS, BOX_HEADS, ENCODER, RANKING_HEAD
from tiefvision_assets.store.served import Served, ServedVersion
from tiefvision_assets.store.served_history import decided
from tiefvision_assets.store.store import Store

WAIT_S = 10
"""How long others who write are waited for; they hold the lock for moments."""


_one_at_a_time = Lock()


class CannotDecide(TiefVisionError):
    """What was asked for is not possible, or is so already."""


def promote(store: Store, name: str, by: str) -> str:
    """Serve a kept version at once, or let the next index be built with a candidate; returns a sentence of it."""
    with _alone(store):
        side = side_named(store, name)
        if isinstance(side, ServedVersion):
            return _serve(store, side, by, rejects=False)
        served = store.served.read()
        if side.state == "promoted":
            raise CannotDecide(f"The {side.said}.")
        following = _with(served.next, side)
        store.served.decide(following, decided("promoted", by, [side.name]))
    return f"{side.name} is promoted; the next run makes its index, and serves it when that is complete."


def reject(store: Store, name: str, by: str) -> str:
    """Never promote that candidate as long as its inputs stay; returns a sentence of it."""
    with _alone(store):
        side = side_named(store, name)
        if isinstance(side, ServedVersion):
            raise CannotDecide(f"{side.name} is or was served; go back to another version to reject it.")
        if side.state == "rejected":
            raise CannotDecide(f"The {side.said}.")
        served = store.served.read()
        store.served.decide(_without(served, side), decided("rejected", by, [side.name]))
    return f"{side.name} is rejected; it is not promoted again unless its labels, recipe or encoder change."


def roll_back(store: Store, name: str | None, by: str) -> str:
    """Serve a kept version in place of the present one, whose other models are rejected; returns a sentence of it.

    Without a name the newest one that is kept and was not rejected.
    """
    with _alone(store):
        served = store.served.read()
        older = [version for version in versions_of(store)[1:] if not is_rejected(version, served)]
        if name is None and not older:
            raise CannotDecide(
                "There is no older version to go back to; TIEFVISION_KEPT_VERSIONS says how many are kept."
            )
        side: Side = side_named(store, name) if name else older[0]
        if isinstance(side, Candidate):
            raise CannotDecide(f"{side.name} was never served; promote or reject it instead.")
        return _serve(store, side, by, rejects=True)


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Nobody else decides or writes meanwhile: neither another process nor, in the app, another user's thread."""
    with _one_at_a_time, store.writing("a decision", wait_s=WAIT_S):
        yield


def refusal(store: Store, version: ServedVersion) -> str | None:
    """Why that version cannot be served again, in a sentence; None where it can."""
    models = version.models
    served = store.served.read()
    if served.models == models and served.next == models:
        return f"{version.name} is served."
    if models.encoder != (wanted_encoder(store) or served.next.encoder):
        return f"{version.name} has another encoder than TIEFVISION_ENCODER asks for; set that first."
    wanted = {ENCODER: models.encoder, BASIS: models.basis, BOX_HEADS: models.heads, RANKING_HEAD: models.ranking_head}
    for kind, fingerprint in wanted.items():
        servable = store.models.is_servable if kind in (BOX_HEADS, RANKING_HEAD) else store.models.exists
        if fingerprint and not servable(kind, fingerprint):
            return f"Parts of {version.name} ({kind}/{fingerprint}) are not in the data folder any more."
    reason = basis_outgrown(store, models)
    if reason:
        return f"{version.name} would be replaced at once: {reason}."
    return problem_of(store, version)


def _serve(store: Store, version: ServedVersion, by: str, *, rejects: bool) -> str:
    problem = refusal(store, version)
    if problem:
        raise CannotDecide(problem)
    served = store.served.read()
    changes = _changes(store, served, version)
    gone = tuple(dict.fromkeys((*served.models.not_in(version.models), *served.next.not_in(version.models))))
    rejected = [decided("rejected", by, gone)] if rejects and gone else []
    store.served.serve_again(version, *rejected, decided("promoted", by, version.models.fitted, version.name))
    save_changes(store, changes)
    store.indexes.take_aliases(version.index)
    replaced = f" {', '.join(gone)} {'is' if len(gone) == 1 else 'are'} rejected." if rejected else ""
    return f"{version.name} is served again.{replaced} {changes.sentence} The next run adds what came since."


def _changes(store: Store, served: Served, version: ServedVersion) -> IndexChanges:
    index = store.indexes.open("supervised", version.index["supervised"])
    return changes_of(store, replace(served, next=version.models), index)


def _with(models: ModelSet, candidate: Candidate) -> ModelSet:
    if candidate.kind == BOX_HEADS:
        return replace(models, heads=candidate.name)
    return replace(models, ranking_head=candidate.name)


def _without(served: Served, candidate: Candidate) -> ModelSet:
    """The next models without the candidate: with what is served in its place, where that fits."""
    following, models = served.next, served.models
    if candidate.name not in following.fitted:
        return following
    if candidate.kind == BOX_HEADS:
        return replace(following, heads=models.heads if models.encoder == following.encoder else None)
    same = (models.encoder, models.basis) == (following.encoder, following.basis)
    return replace(following, ranking_head=models.ranking_head if same else None)
