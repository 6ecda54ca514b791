"""Building the index while others work, and serving it: the switch of ``served.json``, with what it changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.due import index_inputs, index_versions
from tiefvision_assets.lineage.duplicate_decisions import apply_rule
from tiefvision_assets.lineage.index import build_indexes, index_problems
from tiefvision_assets.lineage.index_changes import IndexChanges, changes_of, save_changes
from tiefvision_assets.lineage.progress import Stage, silent
from tiefvision_assets.store.index import RANKINGS, IndexVersion
from tiefvision_assets.store.served import Served
from tiefvision_assets.store.store import Store


class IndexNotServed(TiefVisionError):
    """An index cannot be built yet, or is not complete."""


@dataclass(frozen=True)
class ServedIndex:
    """Both rankings as they are served now, and what changed."""

    built: dict[str, IndexVersion]
    changes: IndexChanges


def build_and_serve(
    store: Store, writing: Callable[[], AbstractContextManager[None]], stage: Stage = silent
) -> ServedIndex:
    """Build both rankings' index, and serve them if they are complete; ``writing`` is the data folder's lock.

    Photos, boxes and models may change while it is built; then it is built once more, with the lock held.
    """
    built = _build(store, store.served.read(), stage)
    with writing():
        now = store.served.read()
        if _versions(built) != _wanted(store, now):
            _remove(store, built, now)
            built = _build(store, now, stage)
        problems = index_problems(store, built)
        if problems:
            raise IndexNotServed(f"The index is incomplete and is not served: {'; '.join(problems)}.")
        changes = changes_of(store, now, built["supervised"])
        apply_rule(store, built["unsupervised"])
        store.served.switch(_versions(built))
        save_changes(store, changes)
        store.indexes.take_aliases(_versions(built))
    return ServedIndex(built, changes)


def _build(store: Store, served: Served, stage: Stage) -> dict[str, IndexVersion]:
    models = served.next.complete
    if models is None:
        raise IndexNotServed("similarity_index needs encoder and embedding_basis; materialise them first.")
    return build_indexes(store, models, stage)


def _versions(built: dict[str, IndexVersion]) -> dict[str, str]:
    return {ranking: str(index.record["version"]) for ranking, index in built.items()}


def _wanted(store: Store, served: Served) -> dict[str, str]:
    """The versions of the index of the models to be served, from what is stored now; none where a model is missing."""
    models = served.next.complete
    return index_versions(index_inputs(store, models), models, store.settings.index) if models else {}


def _remove(store: Store, built: dict[str, IndexVersion], served: Served) -> None:
    """Remove versions during whose building something changed: they may hold what their names do not tell.

    What is served, or was, was complete before.
    """
    versions = _versions(built)
    known = [served.index, *(kept.index for kept in served.history.kept)]
    for ranking in RANKINGS:
        version = versions[ranking]
        if all(index.get(ranking) != version for index in known):
            store.indexes.remove(ranking, version)
