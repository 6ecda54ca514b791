"""Which box of each photo counts, and finding the boxes that are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.lineage.boxes_in_force import wanted_contents
from tiefvision_assets.lineage.due import unlocated
from tiefvision_assets.models.inference import load_encoder_from, load_locator
from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.photos import DECODING_VERSION, BadPhoto
from tiefvision_assets.store.records import BoxHeadsRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map


def extract_boxes(store: Store, heads: str | None, batch: str, progress: Callable[[int, int], None]) -> Reuse:
    """Locate the batch's contents that have no box by these heads in their present colours; the whole photo is the box
    where there are no heads.

    A photo that cannot be read keeps the whole photo as its box, with the reason in ``error``.
    """
    contents = wanted_contents(store, [batch])
    missing = unlocated(store, heads, contents)
    stored = store.boxes.read(heads, batch)
    kept = stored[~is_among(stored["sha256"], missing["sha256"])]
    locator = _locator(store, heads) if heads and len(missing) else None

    def row_of(photo: Any) -> dict[str, Any]:
        box, confidence, error = Box.whole(photo.width, photo.height), 0.0, ""
        if locator:
            try:
                with store.catalogue.opened(photo.path) as picture:
                    located = locator.locate(picture)
                box, confidence = located.box, located.confidence
            except BadPhoto as reason:
                error = str(reason)
        sides = dict(zip(BOX, box.as_tuple(), strict=True))
        row = {"sha256": photo.sha256, **sides, "confidence": confidence, "error": error}
        return row | {"decoding": DECODING_VERSION}

    rows = []
    for row in parallel_map(row_of, store.catalogue.ahead(missing.itertuples())):
        rows.append(row)
        progress(len(rows), len(missing))
    if rows:
        added = pd.DataFrame(rows)
        store.boxes.write(heads, batch, pd.concat([kept, added], ignore_index=True) if len(kept) else added)
    located_now = tuple(missing["sha256"]) if locator else ()
    failed = sum(bool(row["error"]) for row in rows)
    return Reuse(len(contents), len(contents) - len(missing), located_now, failed)


def _locator(store: Store, heads: str) -> Locator:
    """A locator with the encoder that the heads were trained on; the encoder promoted since then may be another one."""
    encoder = store.models.record(BoxHeadsRecord, heads).inputs.encoder
    return load_locator(store, *load_encoder_from(store, encoder), heads)
