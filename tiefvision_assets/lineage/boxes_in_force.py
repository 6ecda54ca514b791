"""Which box of each photo counts: the one that somebody drew, else the one that was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.store.columns import positions
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store


def wanted_contents(store: Store, batches: list[str]) -> pd.DataFrame:
    """The live contents of these batches: sha256, path, width, height, batch, profile."""
    return store.catalogue.contents_of(batches)


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
