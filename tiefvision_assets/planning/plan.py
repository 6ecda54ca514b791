"""What is out of date, and why: decided here alone, for `run`, `status` and the daemon's sensor alike.

Each rule compares what is wanted with what is stored. Steps come in the order of the lineage. A step's results may put
later steps out of date, so a caller carries out the first step and asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tiefvision_assets.hyperparameters import BasisParameters
from tiefvision_assets.models.choice import encoder_in_use
from tiefvision_assets.planning.batches import batched, boxes_due, encodings_due
from tiefvision_assets.planning.damage import damage_of
from tiefvision_assets.planning.inputs import CLICKS, FEED, SIMILAR, STARTER_HEADS, StepInputs
from tiefvision_assets.planning.left import NOTHING, Left, name_of
from tiefvision_assets.planning.steps import Step, first_due
from tiefvision_assets.planning.training import box_heads_step, ranking_head_step
from tiefvision_assets.store.attempts import MAX_ATTEMPTS
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import BASIS, ENCODER, RANKING_HEAD, BasisRecord, EncoderRecord
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store

if TYPE_CHECKING:
    from tiefvision_assets.store.labels.snapshots import Kind
    from tiefvision_assets.store.model_set import ModelSet

SCAN = ("image_catalogue",)
"""The step that puts damage right: the plan asks for it then only."""
BASIS_GROWTH = 4
"""A basis with fewer dimensions than configured is fitted again when there are this many times its photos."""


def plan(store: Store, left: Left = NOTHING) -> list[Step]:
    """All steps that are known to be out of date, in the order in which to make them; empty when nothing is.

    Of what is ``left`` alone, steps say so, and name no batches.

    Where a stored file is damaged, what depends on it cannot be told: the only step is then the scan, which sets
    damaged files aside, so that they are made anew.
    """
    try:
        return list(_due(store, left))
    except DamagedFile as error:
        return [_scan(store, str(error))]


def _due(store: Store, left: Left) -> Iterator[Step]:
    hooks.refresh(store.layout.root, hooks.PLANNED_S)
    damage = damage_of(store)
    yield from [_scan(store, damage)] if damage else _steps(store, left)


def _scan(store: Store, damage: str) -> Step:
    return _with_failures(store, Step(SCAN, damage), fingerprint(damage=damage))


def next_step(store: Store, attempts: int = MAX_ATTEMPTS, left: Left = NOTHING) -> Step | None:
    """The first step of the plan that can be carried out, has had fewer than ``attempts`` failed attempts, and is not
    ``left`` alone.

    Rules after the one that it comes from are asked only where its run might make what they ask for as well.
    """
    steps: list[Step] = []
    try:
        for step in _due(store, left):
            steps.append(step)
            if first_due(steps, attempts) is step and not step.then:
                return step
    except DamagedFile as error:
        steps = [_scan(store, str(error))]
    first = first_due(steps, attempts)
    return first.alone_unless(other for other in steps if other is not first) if first else None


def inputs_due(store: Store, assets: Collection[str], batches: Collection[str] | None = None) -> dict[str, str]:
    """What is due of these assets (in these batches, if given), as `Left.cancelled` has it."""
    found = {
        name_of(step.name): step.inputs[0]
        for step in plan(store)
        if not step.batches and not step.left and not set(assets).isdisjoint(step.assets)
    }
    try:
        of_batches = [due for due in (boxes_due(store), encodings_due(store)) if due and due.asset in assets]
    except DamagedFile:  # what is due is the scan
        return found
    for due in of_batches:
        for batch in due.photos["batch"].unique():
            if batches is None or batch in batches:
                found[name_of(due.asset, batch)] = due.inputs(batch)
    return found


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
                    with store.writing("recording a failure"):
                        store.attempts.failed(now.name, batch, inputs, reason)


def forget_what_is_past(store: Store) -> None:
    """Forget the failures of steps that have succeeded since, or whose inputs have changed."""
    if known := store.attempts.failures():
        with store.writing("forgetting failures"):
            standing = {failure for step in plan(store) for failure in step.failures}
            store.attempts.forget(failure for failure in known if failure not in standing)


def _steps(store: Store, left: Left) -> Iterator[Step]:
    inputs = StepInputs(store)
    rules: tuple[Callable[[Store], Step | None], ...] = (
        lambda store: _labels(inputs),
        _clicks,
        _products,
        _encoder,
        _starter,
        box_heads_step,
        lambda store: batched(store, boxes_due(store), left),
        _basis,
        lambda store: batched(store, encodings_due(store), left),
        ranking_head_step,
        _index,
        _similar_products,
    )
    for rule in rules:
        step = rule(store)
        if step and not step.inputs and not step.left:
            step = _with_failures(store, step, inputs.of(step.assets))
            if left.was_cancelled(step.name, "", step.inputs[0]):
                step = replace(step, left=True, cancelled=("",))
        if step:
            yield step


def _with_failures(store: Store, step: Step, inputs: str) -> Step:
    """The step, which has no batches, with its failed attempts on these inputs."""
    known = store.attempts.of(step.name).get("")
    failures = (known,) if known and known.inputs == inputs else ()
    return replace(step, inputs=(inputs,), failures=failures)


def _labels(inputs: StepInputs) -> Step | None:
    due, reasons = [], []
    kinds: tuple[tuple[Kind, str], ...] = (("boxes", "box_labels"), ("triplets", "triplet_labels"))
    for kind, asset in kinds:
        current, version = inputs.labels[kind]
        if current is None:
            due.append(asset)
            reasons.append(f"no snapshot of the {kind} was taken yet")
        elif current != version:
            due.append(asset)
            reasons.append(f"the {kind} in the database have changed")
    return Step(tuple(due), "; ".join(reasons)) if due else None


def _clicks(store: Store) -> Step | None:
    if store.settings.feedback == "off":
        return None
    from tiefvision_assets.lineage.feedback_triplets import why_feedback_is_due

    reason = why_feedback_is_due(store)
    return Step(CLICKS, reason) if reason else None


def _products(store: Store) -> Step | None:
    if not store.settings.has_products:
        return None
    from tiefvision_assets.lineage.products import why_products_are_due

    reason = why_products_are_due(store)
    return Step(FEED, reason) if reason else None


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
        return Step(("encoder",), f"the weights of {encoder_in_use(store)} are not in the cache")
    return Step(("encoder",), f"the encoder has changed from {current} to {wanted}")


def _starter(store: Store) -> Step | None:
    from tiefvision_assets.lineage.starter import why_starter_is_due

    reason = why_starter_is_due(store)
    return Step(STARTER_HEADS, reason) if reason else None


def wanted_encoder(store: Store) -> str | None:
    """Fingerprint of the encoder that the settings name; None if its weights would have to be downloaded."""
    from tiefvision_assets.models.encoders import cached_encoder, encoder_of_record, is_as_recorded
    from tiefvision_assets.models.fingerprints import encoder_fingerprint

    name = encoder_in_use(store)
    cached = cached_encoder(name, store.settings)
    if cached:
        return cached.fingerprint
    current = store.served.read().next.encoder
    if current and store.models.exists(ENCODER, current) and not store.settings.weights_path:
        record = store.models.record(EncoderRecord, current)
        if is_as_recorded(name, record):
            return encoder_fingerprint(encoder_of_record(record), record.inputs.weights)
    return None


def _basis(store: Store) -> Step | None:
    models = store.served.read().next
    if models.encoder is None or not store.catalogue.photo_count():
        return None
    if models.basis is None:
        return Step(("embedding_basis",), "no basis was fitted with this encoder yet")
    if not store.models.exists(BASIS, models.basis):
        return Step(("embedding_basis",), "the basis is not in the data folder any more")
    reason = basis_outgrown(store, models)
    return Step(("embedding_basis",), reason) if reason else None


def basis_outgrown(store: Store, models: ModelSet) -> str | None:
    """Why the basis of these models, which is in the data folder, has to be fitted again; None where it stays."""
    from tiefvision_assets.lineage.due import basis_inputs, is_in_force
    from tiefvision_assets.models.encoders import encoder_of_record

    if models.encoder is None or models.basis is None:
        return None
    wanted = BasisParameters()
    record = store.models.record(BasisRecord, models.basis)
    if store.models.exists(ENCODER, models.encoder):  # a lost one is obtained first
        look = encoder_of_record(store.models.record(EncoderRecord, models.encoder)).look
        if not is_in_force(record.inputs, basis_inputs(models.encoder, wanted, look)):
            return "the code or the configuration of the basis has changed"
    contents = len(store.catalogue.contents()) if len(record.explained) < wanted.dimensions else 0
    if contents >= BASIS_GROWTH * record.photos:
        return f"the basis was fitted on {record.photos} photos only, and now there are {contents}"
    return None


def _index(store: Store) -> Step | None:
    from tiefvision_assets.lineage.due import index_inputs, index_versions
    from tiefvision_assets.store.index import RANKINGS

    served = store.served.read()
    models = served.next.complete
    is_empty = not store.catalogue.photo_count()
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


def _similar_products(store: Store) -> Step | None:
    if store.settings.similar_products is None or not store.settings.has_products:
        return None
    from tiefvision_assets.lineage.similar_table import why_similar_products_are_due

    reason = why_similar_products_are_due(store)
    return Step(SIMILAR, reason, after=(*FEED, "similarity_index")) if reason else None
