"""Garbage collection: removing what nothing refers to, but nothing that is served, about to be, or could be reused."""

from __future__ import annotations

import time
from typing import Any

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.models.fingerprints import embedding_fingerprint
from tiefvision_assets.planning.plan import SCAN, plan, wanted_encoder
from tiefvision_assets.store.claims import Claim, awaited
from tiefvision_assets.store.garbage import pointers, remove, unreferenced
from tiefvision_assets.store.lock import DataFolderBusy
from tiefvision_assets.store.records import BASIS, BOX_HEADS, RANKING_HEAD, BasisRecord
from tiefvision_assets.store.rows import NO_HEADS
from tiefvision_assets.store.store import Store

FIRST = "run `tiefvision run` first"
WAIT_S = 60
"""How long runs that are in progress are waited for."""


class UnclearWhatIsNeeded(TiefVisionError):
    """Files that say what is needed are damaged or lost."""


def collect_garbage(store: Store, *, apply: bool) -> dict[str, Any]:
    """List what nothing refers to, with its size, and remove it if ``apply``; holds the data folder's lock.

    Kept are the models and indexes that ``served.json`` names, also under ``next`` and as versions that can be served
    again, these with their boxes and encodings (TIEFVISION_KEPT_VERSIONS says how many); the newest candidate of every
    model; the verdicts that prevent a candidate from being trained again; and whatever the plan would reuse at once.
    Nobody works meanwhile: runs are waited for, and `DataFolderBusy` is raised if they last. Raises
    `UnclearWhatIsNeeded` where damage or loss has to be put right first.
    """
    with _alone(store), store.writing("tiefvision gc", wait_s=WAIT_S):
        _refuse_on_damage(store)
        items = unreferenced(store.layout, _roots(store), _judged(store))
        if apply:
            store.indexes.drop_collections({item.path for item in items})
            remove(items)
    root = store.layout.root
    listed = [{"path": str(item.path.relative_to(root)), "bytes": item.bytes} for item in items]
    return {"applied": apply, "items": listed, "bytes": sum(item.bytes for item in items)}


def _alone(store: Store) -> Claim:
    """Keeps everybody from working: they may be making what is to be removed. Raises `DataFolderBusy`."""
    started = time.monotonic()

    def pause(seconds: float) -> None:
        if time.monotonic() - started >= WAIT_S:
            raise DataFolderBusy(f"Something is being made in {store.layout.root}; try again when it has ended.")
        time.sleep(seconds)

    return awaited(store.claims.alone, pause, lambda: None)


def _refuse_on_damage(store: Store) -> None:
    step = next(iter(plan(store)), None)
    if step and step.assets == SCAN:
        raise UnclearWhatIsNeeded(f"What is needed cannot be told ({step.reason.rstrip('.')}); {FIRST}.")
    layout = store.layout
    is_served_known = layout.served.exists() or layout.served_copy.exists()
    if not is_served_known and any(layout.root.glob("index/*/[!.]*/")):
        raise UnclearWhatIsNeeded(f"What is served is not known, as {layout.served} and its copy are gone; {FIRST}.")


def _roots(store: Store) -> set[str]:
    """Fingerprints of what is needed; everything that these refer to is kept as well."""
    from tiefvision_assets.lineage.due import index_inputs, index_versions

    served = store.served.read()
    roots = pointers(store.layout) | {store.labels.box_version(), store.labels.triplet_version()}
    for models in (served.models, served.next, *(version.models for version in served.history.kept)):
        roots.add(models.heads or NO_HEADS)
        if models.complete:
            roots.add(embedding_fingerprint(models.complete.encoder, models.complete.basis))
    promoted, head = served.next.complete, served.next.ranking_head
    # an index of a lost ranking head is built again once that is trained
    if promoted and (head is None or store.models.exists(RANKING_HEAD, head)):
        roots |= set(index_versions(index_inputs(store, promoted), promoted, store.settings.index).values())
    for step in plan(store):
        for name in step.assets:
            roots |= set(store.models.unfinished(name))
    wanted = wanted_encoder(store)
    if wanted and wanted != served.next.encoder:
        # the encoder is about to change, perhaps back to one whose encodings are still there
        roots.add(wanted)
        for basis in store.models.all(BASIS):
            if store.models.record(BasisRecord, basis).inputs.encoder == wanted:
                roots |= {basis, embedding_fingerprint(wanted, basis)}
    return roots


def _judged(store: Store) -> set[str]:
    """Judged candidates of the present encoders, and the labels they were judged on, so that they are not trained
    again.

    Their verdicts are small; the heads that they consist of are not kept for them.
    """
    served = store.served.read()
    encoders = {served.models.encoder, served.next.encoder}
    verdicts = [verdict for name in (BOX_HEADS, RANKING_HEAD) for verdict in store.models.verdicts(name)]
    present = [verdict for verdict in verdicts if verdict.inputs.encoder in encoders]
    return {name for verdict in present for name in (verdict.fingerprint, verdict.inputs.labels) if name}
