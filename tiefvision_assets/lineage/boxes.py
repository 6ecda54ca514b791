"""Which box of each photo counts, and finding the boxes that are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.batches import Reuse
from tiefvision_assets.models.loading import load_encoder_from, load_locator
from tiefvision_assets.store.columns import is_among, positions
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.records import BoxHeadsRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map


def wanted_contents(store: Store, batches: list[str]) -> pd.DataFrame:
    """The live contents of these batches: sha256, path, width, height, batch."""
    contents = store.catalogue.contents()
    return contents[is_among(contents["batch"], batches)][["sha256", "path", "width", "height", "batch"]]


def unlocated(store: Store, heads: str | None, contents: pd.DataFrame) -> pd.DataFrame:
    """The contents without an extracted box by these heads."""
    located = store.boxes.read_all(heads, sorted(contents["batch"].unique()))
    return contents[~is_among(contents["sha256"], located["sha256"])]


def location_inputs(heads: str | None, missing: pd.DataFrame) -> str:
    """Fingerprint of what is to be located and by which heads."""
    return fingerprint(heads=heads, photos=sorted(missing["sha256"]))


def extract_boxes(store: Store, heads: str | None, batch: str, progress: Callable[[int, int], None]) -> Reuse:
    """Locate the batch's contents that have no box by these heads; the whole photo is the box where there are none.

    A photo that cannot be read keeps the whole photo as its box, with the reason in ``error``.
    """
    contents = wanted_contents(store, [batch])
    missing = unlocated(store, heads, contents)
    stored = store.boxes.read(heads, batch)
    locator = _locator(store, heads) if heads and len(missing) else None

    def row_of(photo: Any) -> dict[str, Any]:
        box, confidence, error = Box.whole(photo.width, photo.height), 0.0, ""
        if locator:
            try:
                located = locator.locate(store.catalogue.open(photo.path))
                box, confidence = located.box, located.confidence
            except BadPhoto as reason:
                error = str(reason)
        sides = dict(zip(BOX, box.as_tuple(), strict=True))
        return {"sha256": photo.sha256, **sides, "confidence": confidence, "error": error}

    rows = []
    for row in parallel_map(row_of, missing.itertuples()):
        rows.append(row)
        progress(len(rows), len(missing))
    if rows:
        added = pd.DataFrame(rows)
        store.boxes.write(heads, batch, pd.concat([stored, added], ignore_index=True) if len(stored) else added)
    located_now = tuple(missing["sha256"]) if locator else ()
    failed = sum(bool(row["error"]) for row in rows)
    return Reuse(len(contents), len(contents) - len(missing), located_now, failed)


def _locator(store: Store, heads: str) -> Locator:
    """A locator with the encoder that the heads were trained on; the encoder promoted since then may be another one."""
    encoder = store.models.record(BoxHeadsRecord, heads).inputs.encoder
    return load_locator(store, *load_encoder_from(store, encoder), heads)


def boxes_in_force(store: Store, heads: str | None, contents: pd.DataFrame) -> pd.DataFrame:
    """The box that counts for each content: the human one if there is one, else the extracted one.

    Adds the columns left, top, right, bottom (inside the photo), confidence (1 for a human box) and human. Contents
    that have neither box yet are left out.
    """
    extracted = store.boxes.read_all(heads, sorted(contents["batch"].unique()))
    human = store.snapshots.read("boxes", store.snapshots.current("boxes"))
    drawn, found = (positions(contents["sha256"], boxes["sha256"]) for boxes in (human, extracted))
    known = (drawn >= 0) | (found >= 0)
    drawn, found = drawn[known], found[known]
    values = np.empty((len(found), len(BOX) + 1))
    values[drawn < 0] = extracted[[*BOX, "confidence"]].to_numpy(dtype=np.float64)[found[drawn < 0]]
    values[drawn >= 0] = human[BOX].assign(confidence=1.0).to_numpy(dtype=np.float64)[drawn[drawn >= 0]]
    boxes = pd.DataFrame(values, columns=[*BOX, "confidence"]).assign(human=drawn >= 0)
    return pd.concat([contents[known].reset_index(drop=True), boxes], axis=1)


def rounded_box(row: Any) -> tuple[int, int, int, int]:
    """The box of a row in whole pixels, as encodings are keyed on it."""
    return Box(*(float(getattr(row, side)) for side in BOX)).rounded()


def rounded_boxes(rows: pd.DataFrame) -> np.ndarray:
    """(N, 4) whole pixels of the rows' boxes, as `rounded_box` gives each."""
    sides = np.rint(rows[BOX].to_numpy(dtype=np.float64)).astype(np.int64)
    sides[:, 2:] = np.maximum(sides[:, 2:], sides[:, :2] + 1)
    return sides


def have_moved(wanted: np.ndarray, stored: np.ndarray, human: np.ndarray, tolerance: float) -> np.ndarray:
    """Which photos must be encoded again because their box has moved.

    A human box has moved as soon as it differs at all; an extracted one when its IoU with the encoded box is below
    ``tolerance``. Takes the (N, 4) whole pixels of the boxes in force, those of the encoded boxes, and (N,) whether
    each box in force is human. Returns (N,) booleans.
    """
    sides = np.minimum(wanted[:, 2:], stored[:, 2:]) - np.maximum(wanted[:, :2], stored[:, :2])
    shared = np.maximum(sides, 0).prod(axis=1)
    areas = (wanted[:, 2:] - wanted[:, :2]).prod(axis=1) + (stored[:, 2:] - stored[:, :2]).prod(axis=1)
    return np.where(human, (wanted != stored).any(axis=1), shared < tolerance * (areas - shared))
