"""The starter heads in a data folder: when they are wanted, putting them there, and judging a candidate beside them.

They are promoted like heads that were trained, so whatever finds boxes finds them by these; the record of the heads
says that they are starter heads. See ``docs/decisions/0058-starter-heads.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tiefvision_assets.hyperparameters import CropDatasetParameters, CropEncodingsParameters
from tiefvision_assets.lineage.due import unlocated
from tiefvision_assets.models.fingerprints import CROPS_CODE, HEADS_CODE
from tiefvision_assets.models.starter_heads import StarterHeads, read_starter_heads, starter_heads_for
from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.model_set import STARTER
from tiefvision_assets.store.records import (
    BOX_HEADS,
    ENCODER,
    PROJECTION,
    BoxHeadsRecord,
    CandidateInputs,
    CropDatasetInputs,
    EncoderRecord,
    HeadInputs,
    HeadRecord,
    ProjectionInputs,
    ProjectionRecord,
)
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import HEADS
from tiefvision_assets.vision.locate import pairwise_iou

RECIPE = "starter heads"
"""Stands where records name crops or a recipe, of which these heads have none."""


@dataclass(frozen=True)
class Placed:
    """What finds boxes from the next index on."""

    heads: str | None
    starter: StarterHeads | None


def why_starter_is_due(store: Store) -> str | None:
    """Why starter heads have to be put into the data folder, or withdrawn from it; None if neither."""
    models = store.served.read().next
    if models.encoder is None or not store.models.exists(ENCODER, models.encoder):
        return None
    wanted = wanted_starter(store, models.encoder) if models.heads is None or models.starter else None
    if models.heads is None:
        return "no heads find boxes yet, and the starter heads do" if wanted else None
    if not models.starter:
        return None
    if store.settings.starter_heads == "off":
        return "the starter heads were switched off (TIEFVISION_STARTER_HEADS)"
    if wanted and not store.models.is_usable(BOX_HEADS, models.heads):
        return "parts of the starter heads are not in the data folder any more"
    return None


def place_starter(store: Store) -> Placed:
    """Promote the starter heads where none are promoted and the settings want them, withdraw them where they do not.

    The caller holds the lock. Heads that were trained on labels stay.
    """
    models = store.served.read().next
    wanted = wanted_starter(store, models.encoder) if models.encoder else None
    if models.heads and not models.starter:
        return Placed(models.heads, None)
    heads = None
    if wanted and models.encoder:
        usable = models.heads and store.models.is_usable(BOX_HEADS, models.heads)
        heads = models.heads if usable else _write(store, models.encoder, wanted)
    if heads != models.heads:
        store.served.promote(replace(models, heads=heads))
    return Placed(heads, wanted)


def starter_evaluation(
    store: Store, heads: str, photos: pd.DataFrame, encoder: str, looks: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """The boxes of starter heads on a candidate's evaluated ``photos``, as these have them.

    Boxes that the same heads have extracted are taken over; ``looks`` are what `judge_photos` may know of the others.

    Photos that the starter heads learned from are left out. Where these are more than half, all are judged: the others
    would be too few, and what the starter heads know by heart favours them, so that they rather stay.
    """
    from tiefvision_assets.lineage.head_evaluation import judge_photos
    from tiefvision_assets.models.inference import load_encoder_from, load_locator

    record = store.models.record(EncoderRecord, encoder)
    known = read_starter_heads(record.inputs.encoder)
    unseen = photos[~known.have_seen(photos["sha256"])] if known else photos
    unseen = unseen if 2 * len(unseen) >= len(photos) else photos
    before = _located_before(store, heads, unseen)
    rest = unseen[~is_among(unseen["sha256"], before["sha256"])]
    if not len(rest):
        return before
    locator = load_locator(store, *load_encoder_from(store, encoder), heads)
    rows = pd.DataFrame(judge_photos(store, locator, rest, looks), columns=photos.columns)
    rows["mean_box_iou"] = rest.set_index("sha256")["mean_box_iou"].reindex(rows["sha256"]).to_numpy()
    return pd.concat([before, rows], ignore_index=True) if len(before) else rows


def _located_before(store: Store, heads: str, photos: pd.DataFrame) -> pd.DataFrame:
    """Those of the evaluated photos of which the heads have extracted the box, as they would be judged now."""
    contents = store.catalogue.contents()
    contents = contents[is_among(contents["sha256"], photos["sha256"])]
    missing = unlocated(store, heads, contents)
    extracted = store.boxes.read_all(heads, sorted(contents["batch"].unique()))
    usable = (extracted["error"] == "") & ~is_among(extracted["sha256"], missing["sha256"])
    row = positions(photos["sha256"], extracted.loc[usable, "sha256"])
    there, found = photos[row >= 0].reset_index(drop=True), extracted[usable].iloc[row[row >= 0]]
    sides = found[BOX].to_numpy(dtype=np.float64)
    return there.assign(
        **{f"found_{side}": sides[:, column] for column, side in enumerate(BOX)},
        confidence=found["confidence"].to_numpy(),
        iou=pairwise_iou(sides, there[BOX].to_numpy(dtype=np.float64)),
    )


def wanted_starter(store: Store, encoder: str) -> StarterHeads | None:
    """The starter heads for that encoder, to find boxes and to train from, unless they are switched off or rejected."""
    if store.settings.starter_heads == "off":
        return None
    starter = starter_heads_for(store.models.record(EncoderRecord, encoder))
    rejected = starter and store.served.read().history.rejection(_name(_members(starter, encoder)))
    return None if rejected else starter


def _members(starter: StarterHeads, encoder: str) -> dict[str, str]:
    """The fingerprints of the heads and their projections in a data folder."""
    return {
        name: f"{STARTER}{fingerprint(starter=starter.version, encoder=encoder, part=name)}"
        for name in (PROJECTION, *HEADS)
    }


def _name(members: dict[str, str]) -> str:
    """The fingerprint of them together."""
    return f"{STARTER}{fingerprint(members=members)}"


def _write(store: Store, encoder: str, starter: StarterHeads) -> str:
    """Write the heads and their projections into the data folder; returns the fingerprint of them together."""
    from tiefvision_assets.models.inference import FINAL, REFINEMENT, WINDOWS, of_variant

    tensors = starter.tensors()
    dataset = CropDatasetInputs(None, CropDatasetParameters().model_dump(), CROPS_CODE)
    projection = ProjectionInputs(RECIPE, encoder, CropEncodingsParameters().model_dump(), HEADS_CODE)
    members = _members(starter, encoder)
    both = {name: array for name, array in tensors.items() if name.startswith((f"{WINDOWS}.", f"{REFINEMENT}."))}
    store.models.save(PROJECTION, members[PROJECTION], ProjectionRecord(projection, dataset, first_looks=True), both)
    for name in HEADS:
        head = {f"{FINAL}.{key}": array for key, array in of_variant(tensors, name).items()}
        record = HeadRecord(HeadInputs(members[PROJECTION], {}, name, HEADS_CODE), {})
        store.models.save(name, members[name], record, head)
    inputs = CandidateInputs(encoder, None, RECIPE)
    together = _name(members)
    store.models.save(BOX_HEADS, together, BoxHeadsRecord(members, inputs, starter.version, starter.least_confidence))
    return together
