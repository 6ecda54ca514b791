"""Crop encodings of before, which serve again when labels are added, corrected or removed.

A view says all that its map is computed from: the photo, the part, the scale, the colours. So a view that was there
before keeps its map, as long as the projection of the cells is the same one. `lineage.crops` encodes the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.views import COLOUR, CUT
from tiefvision_assets.models.inference import REFINEMENT, WINDOWS, of_variant
from tiefvision_assets.models.loading import as_tensors
from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.photos import DECODING_VERSION
from tiefvision_assets.store.records import PROJECTION, CropDatasetInputs, ProjectionInputs, ProjectionRecord
from tiefvision_assets.store.sealed import DamagedFile, digest_of_arrays
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.heads import Projection

GROWTH = 2
"""The projection is fitted anew when there are more than this many times the training photos that it was fitted on."""
SHARE = 0.5
"""It is also fitted anew when fewer of the training photos than this were among those encoded before."""
SEEN = ["sha256", "kind", "scale", "mirrored", *COLOUR, *CUT]
"""What a view's map is computed from."""


@dataclass(frozen=True)
class EarlierMaps:
    """The newest crop encodings, as far as they serve again."""

    store: Store
    fingerprint: str
    projections: dict[str, Projection]
    digest: str
    """Of the projections' tensors."""
    fitted_on: int
    """Number of training photos that the projections were fitted on."""
    views: dict[int, int]
    """View → the view of before whose map is the same."""

    def maps(self) -> Iterator[tuple[int, np.ndarray]]:
        """The views that have a map already, with it."""
        if not self.views:  # the file of the maps may be lost
            return iter(())
        return zip(self.views, self.store.crops.maps(self.fingerprint, list(self.views.values())), strict=True)


def earlier_maps(
    store: Store, wanted: ProjectionInputs, dataset: CropDatasetInputs, views: pd.DataFrame, starter: str = ""
) -> EarlierMaps | None:
    """What of the newest encodings serves ``wanted``, whose ``views`` and their inputs are given; None where nothing
    does.

    ``starter`` is the version of the starter heads whose projections are wanted; those fit whatever the labels are.

    Where only their maps were lost, their projections still serve, so that the heads that were trained on them stay.
    """
    newest = store.models.latest(PROJECTION)
    try:
        record = store.models.record(ProjectionRecord, newest) if newest else None
        if newest is None or record is None or not _is_alike(record, wanted, dataset, starter):
            return None
        before = _training(store.crops.views(record.inputs.crops))
        tensors = store.models.tensors(PROJECTION, newest)
    except (MissingModel, DamagedFile, FileNotFoundError):
        return None
    training = _training(views)
    photos, known = set(training["sha256"]), set(before["sha256"])
    fitted_on = len(known) if record.fitted_on is None else record.fitted_on
    if not starter and (len(photos) > GROWTH * fitted_on or len(photos & known) < max(1, SHARE * len(photos))):
        return None
    before = store.crops.encoded(newest, before) if store.crops.has_maps(newest) else before.head(0)
    if record.decoding < DECODING_VERSION:  # photos with a colour profile look different now
        contents = store.catalogue.contents()
        looks_alike = contents.loc[contents["profile"] == "", "sha256"]  # of others it may not be known yet
        before = before[is_among(before["sha256"], looks_alike)]
    same = training.merge(before.drop_duplicates(SEEN), on=SEEN, suffixes=("", "_before"))
    return EarlierMaps(
        store,
        newest,
        {kind: Projection.from_weights(as_tensors(of_variant(tensors, kind))) for kind in (WINDOWS, REFINEMENT)},
        digest_of_arrays(tensors),
        fitted_on,
        dict(zip(same["view"].tolist(), same["view_before"].tolist(), strict=True)),
    )


def _is_alike(record: ProjectionRecord, wanted: ProjectionInputs, dataset: CropDatasetInputs, starter: str) -> bool:
    """Whether both come from the same encoder, starter heads and sort of crops in the same way, but for labels.

    Of the same crops, a projection that was fitted on them is fitted on them again, and is the same.
    """
    before = record.inputs
    fitted_again = before.crops == wanted.crops and before.projection is None
    same = (before.encoder, before.config, before.code) == (wanted.encoder, wanted.config, wanted.code)
    return same and record.dataset.code == dataset.code and record.starter == starter and not fitted_again


def _training(views: pd.DataFrame) -> pd.DataFrame:
    return views.loc[views["split"] == "train", ["view", *SEEN]]
