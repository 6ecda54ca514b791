"""What is due batch by batch: extracted boxes and object encodings.

A batch of which nothing was due is not looked into again until one of the files changes that its rows depend on. So
asking the plan costs what is due or has changed, and one look at the stamp of a file for each other batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN
from tiefvision_assets.planning.left import NOTHING, Left, name_of
from tiefvision_assets.planning.steps import Step
from tiefvision_assets.store.rows import NO_HEADS
from tiefvision_assets.store.stamp import stamp_of
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

FOLLOWING = {
    "extracted_boxes": ("object_encodings", "similarity_index"),
    "object_encodings": ("similarity_index",),
}
"""Assets that the run which makes all missing rows of an asset can make as well, if nothing else is out of date."""

_finished: WeakKeyDictionary[Store, dict[tuple[str, str], Any]] = WeakKeyDictionary()
"""Asset and batch → the state of files and settings in which nothing of it was due."""


@dataclass(frozen=True)
class Due:
    """The photos of which an asset lacks rows, in all batches."""

    asset: str
    reason: str
    photos: pd.DataFrame
    inputs_of: Callable[[pd.DataFrame], str]
    """Fingerprint of what the photos of one batch are made from."""

    def inputs(self, batch: str) -> str:
        """Fingerprint of what that batch is made from."""
        return self.inputs_of(self.photos[self.photos["batch"] == batch])


def boxes_due(store: Store) -> Due | None:
    """The photos that have to be located; None if there are none."""
    from tiefvision_assets.lineage import due
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.store.columns import is_among

    models = store.served.read().next
    heads = models.heads
    common = (heads, due.DECODING_VERSION, stamp_of(store.layout.catalogue))
    states = {
        batch: (*common, stamp_of(store.layout.boxes(heads or NO_HEADS, batch)))
        for batch in store.catalogue.batch_keys()
    }
    batches = _open(store, "extracted_boxes", states)
    missing = due.unlocated(store, heads, wanted_contents(store, batches))
    _finish(store, "extracted_boxes", states, missing)
    if not len(missing):
        return None
    by = "the promoted heads" if heads else "the whole-photo rule, as there are no heads"
    by = "the starter heads" if models.starter else by
    recoloured = int(is_among(missing["sha256"], store.boxes.read_all(heads, batches)["sha256"]).sum())
    reasons = {f"{len(missing) - recoloured} photos have no box by {by}": len(missing) - recoloured}
    reasons[f"{recoloured} photos were located before their colour profiles were followed"] = recoloured
    reason = "; ".join(said for said, photos in reasons.items() if photos)
    return Due("extracted_boxes", reason, missing, lambda rows: due.location_inputs(heads, rows))


def encodings_due(store: Store) -> Due | None:
    """The photos that have to be encoded; None if there are none, or no models to encode them by yet."""
    from tiefvision_assets.lineage import due
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.store.columns import positions

    models = store.served.read().next.complete
    if models is None:
        return None
    embedding, layout = due.embedding_of(models), store.layout
    drawn, moved_iou = store.snapshots.current("boxes"), store.settings.moved_iou
    common = (embedding, models.heads, due.DECODING_VERSION, drawn, moved_iou, stamp_of(layout.catalogue))
    states = {
        batch: (
            *common,
            stamp_of(layout.boxes(models.heads or NO_HEADS, batch)),
            stamp_of(layout.encodings(embedding, batch)),
        )
        for batch in store.catalogue.batch_keys()
    }
    batches = _open(store, "object_encodings", states)
    contents = wanted_contents(store, batches)
    missing = due.unencoded(store, models.heads, embedding, contents)
    _finish(store, "object_encodings", states, missing)
    if not len(missing):
        return None
    reason = f"{len(missing)} photos have no encoding of their present box"
    keys = store.encodings.keys_of(embedding, batches)
    recoloured = int(due.shown_otherwise(missing, keys, positions(missing["sha256"], keys["sha256"])).sum())
    if recoloured:
        reason += f" and colours; {recoloured} were encoded before their colour profiles were followed"
    return Due("object_encodings", reason, missing, lambda rows: due.encoding_inputs(embedding, rows))


def _open(store: Store, asset: str, states: Mapping[str, Any]) -> list[str]:
    """The batches of which something may be due."""
    finished = _finished.setdefault(store, {})
    return [batch for batch, state in states.items() if finished.get((asset, batch)) != state]


def _finish(store: Store, asset: str, states: Mapping[str, Any], due: pd.DataFrame) -> None:
    """Remember of which batches nothing is due."""
    unfinished = set(due["batch"].unique())
    _finished[store] |= {(asset, batch): state for batch, state in states.items() if batch not in unfinished}


def batched(store: Store, due: Due | None, left: Left = NOTHING) -> Step | None:
    """The step for what is due: batches that never failed together, as many as the runs take that may be in progress at
    once; then the others, each in a run by itself.

    Otherwise a batch that kills its process would take the others of its run with it, again and again.
    """
    if due is None:
        return None
    asset = due.asset
    batches = sorted(due.photos["batch"].unique())
    written = store.attempts.of(asset)
    inputs = {
        batch: due.inputs(batch) for batch in batches if batch in written or name_of(asset, batch) in left.cancelled
    }
    failures = {
        batch: written[batch] for batch in inputs if batch in written and written[batch].inputs == inputs[batch]
    }
    cancelled = [batch for batch in batches if left.was_cancelled(asset, batch, inputs.get(batch, ""))]
    free = [batch for batch in batches if not left.is_busy(asset, batch) and batch not in cancelled]
    free.sort(key=lambda batch: failures[batch].times if batch in failures else 0)
    at_once = MAX_BATCHES_A_RUN * store.settings.parallel_runs
    chosen = [batch for batch in free if batch not in failures][:at_once] or free[: store.settings.parallel_runs]
    then = FOLLOWING[asset] if len(chosen) == len(batches) <= MAX_BATCHES_A_RUN and not failures else ()
    return Step(
        (asset,),
        due.reason,
        tuple(chosen),
        tuple(inputs.get(batch) or due.inputs(batch) for batch in chosen),
        tuple(failures.values()),
        then=then,
        left=not chosen,
        cancelled=tuple(cancelled),
    )
