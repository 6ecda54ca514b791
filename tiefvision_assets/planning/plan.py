"""What is out of date, and why: decided here alone, for `run`, `status` and the daemon's sensor alike.

Each rule compares what is wanted with what is stored. Steps come in the order of the lineage. A step's results may put
later steps out of date, so a caller carries out the first step and asks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.lineage.batches import MAX_BATCHES_A_RUN
from tiefvision_assets.planning.damage import damage_of
from tiefvision_assets.planning.steps import Step, first_due
from tiefvision_assets.planning.training import box_heads_step, ranking_head_step
from tiefvision_assets.store.attempts import MAX_ATTEMPTS
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import BASIS, ENCODER, RANKING_HEAD, BasisRecord, EncoderRecord
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from tiefvision_assets.store.labels.snapshots import Kind

SCAN = ("image_catalogue",)
"""The step that puts damage right: the plan asks for it then only."""
FOLLOWING = {
    "extracted_boxes": ("object_encodings", "similarity_index"),
    "object_encodings": ("similarity_index",),
}
"""Assets that the run which makes all missing rows of an asset can make as well, if nothing else is out of date."""
BASIS_GROWTH = 4
"""A basis with fewer dimensions than configured is fitted again when there are this many times its photos."""


def plan(store: Store) -> list[Step]:
    """All steps that are known to be out of date, in the order in which to make them; empty when nothing is.

    Where a stored file is damaged, what depends on it cannot be told: the only step is then the scan, which sets
    damaged files aside, so that they are made anew.
    """
    try:
        damage = damage_of(store)
        return [_scan(store, damage)] if damage else list(_steps(store))
    except DamagedFile as error:
        return [_scan(store, str(error))]


def _scan(store: Store, damage: str) -> Step:
    return _with_failures(store, Step(SCAN, damage), fingerprint(damage=damage))


def next_step(store: Store, attempts: int = MAX_ATTEMPTS) -> Step | None:
    """The first step of the plan that can be carried out and has had fewer than ``attempts`` failed attempts."""
    steps = plan(store)
    step = first_due(steps, attempts)
    return step.alone_unless(other for other in steps if other is not step) if step else None


def failed(store: Store, step: Step, reason: str, at: str = "") -> None:
    """Record a failed attempt of the step, unless it was recorded where it failed.

    If the run got past this step and failed at a later asset (``at``), the failure counts against that asset.
    """
    for now in plan(store):
        concerned = at in now.assets if at in step.then else now.assets == step.assets
        if concerned:
            before = step.attempts if now.assets == step.assets else 0
            standing = now.only(step.batches) if now.batches else now
            for batch, inputs in zip(standing.batches if now.batches else ("",), standing.inputs, strict=True):
                known = next((failure.times for failure in now.failures if failure.batch == batch), 0)
                if known == before:
                    store.attempts.failed(now.name, batch, inputs, reason)


def forget_what_is_past(store: Store) -> None:
    """Forget the failures of steps that have succeeded since, or whose inputs have changed."""
    if store.attempts.failures():
        standing = {failure for step in plan(store) for failure in step.failures}
        store.attempts.keep(standing.__contains__)


def _steps(store: Store) -> Iterator[Step]:
    rules: tuple[Callable[[Store], Step | None], ...] = (
        _labels,
        _encoder,
        box_heads_step,
        _extracted_boxes,
        _basis,
        _object_encodings,
        ranking_head_step,
        _index,
    )
    state: list[str] = []
    for rule in rules:
        step = rule(store)
        if step and not step.inputs:
            state = state or _state(store)
            step = _with_failures(store, step, fingerprint(assets=step.assets, state=state))
        if step:
            yield step


def _with_failures(store: Store, step: Step, inputs: str) -> Step:
    """The step, which has no batches, with its failed attempts on these inputs."""
    known = store.attempts.of(step.name).get("")
    failures = (known,) if known and known.inputs == inputs else ()
    return replace(step, inputs=(inputs,), failures=failures)


def _state(store: Store) -> list[str]:
    """Versions of all inputs of steps without batches."""
    table = store.layout.catalogue
    photos = hashlib.sha256(table.read_bytes()).hexdigest() if table.exists() else ""
    seen = [str(store.snapshots.current(kind)) for kind in ("boxes", "triplets")]
    return [photos, repr(store.served.read().next), *seen, store.labels.box_version(), store.labels.triplet_version()]


def _labels(store: Store) -> Step | None:
    due, reasons = [], []
    kinds: tuple[tuple[Kind, str, str], ...] = (
        ("boxes", "box_labels", store.labels.box_version()),
        ("triplets", "triplet_labels", store.labels.triplet_version()),
    )
    for kind, asset, version in kinds:
        current = store.snapshots.current(kind)
        if current is None:
            due.append(asset)
            reasons.append(f"no snapshot of the {kind} was taken yet")
        elif current != version:
            due.append(asset)
            reasons.append(f"the {kind} in the database have changed")
    return Step(tuple(due), "; ".join(reasons)) if due else None


def _encoder(store: Store) -> Step | None:
    wanted = wanted_encoder(store)
    current = store.served.read().next.encoder
    if wanted is not None and wanted == current and store.models.exists(ENCODER, wanted):
        return None
    if current is None:
        return Step(("encoder",), "no encoder is in the data folder yet")
    if wanted == current:
        return Step(("encoder",), "the encoder is not in the data folder any more")
    if wanted is None:
        return Step(("encoder",), f"the weights of {store.settings.encoder} are not in the cache")
    return Step(("encoder",), f"the encoder has changed from {current} to {wanted}")


def wanted_encoder(store: Store) -> str | None:
    """Fingerprint of the encoder that the settings name; None if its weights would have to be downloaded."""
    from tiefvision_assets.models.fingerprints import encoder_fingerprint
    from tiefvision_assets.models.weights import cached_weights
    from tiefvision_assets.vision.registry import encoder_named

    spec = encoder_named(store.settings.encoder)
    cached = cached_weights(spec, store.settings)
    if cached:
        return encoder_fingerprint(spec, cached.digest)
    current = store.served.read().next.encoder
    if current and store.models.exists(ENCODER, current) and not store.settings.weights_path:
        inputs = store.models.record(EncoderRecord, current).inputs
        if inputs.encoder == spec.name:
            return encoder_fingerprint(spec, inputs.weights)
    return None


def _extracted_boxes(store: Store) -> Step | None:
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.lineage.due import location_inputs, unlocated
    from tiefvision_assets.store.columns import is_among

    heads = store.served.read().next.heads
    batches = store.catalogue.batch_keys()
    missing = unlocated(store, heads, wanted_contents(store, batches))
    if not len(missing):
        return None
    by = "the promoted heads" if heads else "the whole-photo rule, as there are no heads"
    recoloured = int(is_among(missing["sha256"], store.boxes.read_all(heads, batches)["sha256"]).sum())
    reasons = {f"{len(missing) - recoloured} photos have no box by {by}": len(missing) - recoloured}
    reasons[f"{recoloured} photos were located before their colour profiles were followed"] = recoloured
    reason = "; ".join(said for said, photos in reasons.items() if photos)
    return _batched(store, "extracted_boxes", reason, missing, lambda rows: location_inputs(heads, rows))


def _basis(store: Store) -> Step | None:
    models = store.served.read().next
    contents = store.catalogue.contents()
    if models.encoder is None or not len(contents):
        return None
    if models.basis is None:
        return Step(("embedding_basis",), "no basis was fitted with this encoder yet")
    from tiefvision_assets.lineage.due import basis_inputs, is_in_force

    if not store.models.exists(BASIS, models.basis):
        return Step(("embedding_basis",), "the basis is not in the data folder any more")
    wanted = BasisParameters()
    record = store.models.record(BasisRecord, models.basis)
    if not is_in_force(record.inputs, basis_inputs(models.encoder, wanted)):
        return Step(("embedding_basis",), "the code or the configuration of the basis has changed")
    if len(record.explained) < wanted.dimensions and len(contents) >= BASIS_GROWTH * record.photos:
        return Step(
            ("embedding_basis",),
            f"the basis was fitted on {record.photos} photos only, and now there are {len(contents)}",
        )
    return None


def _object_encodings(store: Store) -> Step | None:
    from tiefvision_assets.lineage.boxes_in_force import wanted_contents
    from tiefvision_assets.lineage.due import embedding_of, encoding_inputs, shown_otherwise, unencoded
    from tiefvision_assets.store.columns import positions

    models = store.served.read().next.complete
    if models is None:
        return None
    batches = store.catalogue.batch_keys()
    contents = wanted_contents(store, batches)
    embedding = embedding_of(models)
    due = unencoded(store, models.heads, embedding, contents)
    if not len(due):
        return None
    reason = f"{len(due)} photos have no encoding of their present box"
    keys = store.encodings.keys_of(embedding, batches)
    recoloured = int(shown_otherwise(due, keys, positions(due["sha256"], keys["sha256"])).sum())
    if recoloured:
        reason += f" and colours; {recoloured} were encoded before their colour profiles were followed"
    return _batched(store, "object_encodings", reason, due, lambda rows: encoding_inputs(embedding, rows))


def _index(store: Store) -> Step | None:
    from tiefvision_assets.lineage.due import index_inputs, index_versions
    from tiefvision_assets.store.index import RANKINGS

    served = store.served.read()
    models = served.next.complete
    is_empty = not len(store.catalogue.live())
    if models is None or (is_empty and not served.index):
        return None
    after = ("extracted_boxes", "object_encodings")
    if models.ranking_head and not store.models.exists(RANKING_HEAD, models.ranking_head):
        # what the index would be built from cannot be told before the head is trained again, from photos
        reason = "the ranking head is not in the data folder any more"
        return None if is_empty else Step(("similarity_index",), reason, after=("ranking_head", *after))
    wanted = index_versions(index_inputs(store, models), models, store.settings.index)
    problem = next(filter(None, (store.indexes.problem(ranking, wanted[ranking]) for ranking in RANKINGS)), None)
    if served.models == served.next and served.index == wanted and problem is None:
        return None
    if not served.index:
        reason = "there is no index yet"
    elif served.index == wanted and problem:
        reason = problem
    else:
        reason = "photos, boxes or models have changed since the index was built"
    return Step(("similarity_index",), reason, after=after)


def _batched(
    store: Store, asset: str, reason: str, due: pd.DataFrame, inputs_of: Callable[[pd.DataFrame], str]
) -> Step:
    """The step for the batches of these rows: those that never failed together, as many as a run takes; then each other
    one by itself.

    Otherwise a batch that kills its process would take the others of its run with it, again and again.
    """
    batches = sorted(due["batch"].unique())
    written = store.attempts.of(asset)
    inputs = {batch: inputs_of(due[due["batch"] == batch]) for batch in batches if batch in written}
    failures = {batch: written[batch] for batch in inputs if written[batch].inputs == inputs[batch]}
    batches.sort(key=lambda batch: failures[batch].times if batch in failures else 0)
    fresh = [batch for batch in batches if batch not in failures][:MAX_BATCHES_A_RUN] or batches[:1]
    chosen = [inputs.get(batch) or inputs_of(due[due["batch"] == batch]) for batch in fresh]
    then = FOLLOWING[asset] if len(fresh) == len(batches) and not failures else ()
    return Step((asset,), reason, tuple(fresh), tuple(chosen), tuple(failures.values()), then=then)
