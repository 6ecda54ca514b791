"""Evaluation of box heads on photos that they never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.metrics import RelativeBox, mean_relative_box
from tiefvision_assets.models.inference import FINAL, REFINEMENT, load_box_heads, load_encoder_from
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.records import PROJECTION
from tiefvision_assets.store.schemas import BOX, BOX_EVALUATION
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import FOREGROUND
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.windows import FIRST_SIDE

FOUND = [f"found_{side}" for side in BOX]


def evaluate_heads(store: Store, views: pd.DataFrame, members: Mapping[str, str], encoder: str) -> pd.DataFrame:
    """One row for each labelled photo that can be judged: its box as found by heads that never saw the photo.

    Columns: sha256, width, height, the labelled box (``left`` …), the found one (``found_left`` …), ``confidence``,
    ``iou``, ``mean_box_iou`` (the IoU of the mean relative box of the training photos) and ``split``. Test photos are
    judged with the final heads, training photos with the heads that left their fold out.
    """
    photos = views.drop_duplicates("sha256")
    rows = [row for variant, judged in _judged_by(photos) for row in _judge(store, variant, judged, members, encoder)]
    frame = pd.DataFrame(rows, columns=BOX_EVALUATION.names)
    trivial = mean_training_box(photos)
    boxes = [Box(*(getattr(row, side) for side in BOX)) for row in frame.itertuples()]
    sizes = list(frame[["width", "height"]].itertuples(index=False))
    frame["mean_box_iou"] = [trivial.on(*size).iou(box) for size, box in zip(sizes, boxes, strict=True)]
    return frame


def with_side_errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Adds ``error_left`` …: how far each found side is from the labelled one, in shares of the photo's width or
    height."""
    errors = {
        f"error_{side}": (rows[f"found_{side}"] - rows[side]).abs() / rows["width" if side in BOX[::2] else "height"]
        for side in BOX
    }
    return rows.assign(**errors)


def mean_training_box(photos: pd.DataFrame) -> RelativeBox:
    """The mean relative box of the training photos; ``photos`` holds a whole view of each."""
    training = photos[photos["split"] == "train"]
    boxes = [Box(*(float(getattr(row, side)) for side in BOX)) for row in training.itertuples()]
    return mean_relative_box(boxes, [(row.cut_right, row.cut_bottom) for row in training.itertuples()])


def _judged_by(photos: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each variant of the heads with the photos that it is judged on, none of which it was trained on."""
    yield FINAL, photos[photos["split"] == "test"]
    for fold, part in photos[photos["fold"] >= 0].groupby("fold"):
        yield f"fold{fold}", part


def _judge(
    store: Store, variant: str, photos: pd.DataFrame, members: Mapping[str, str], encoder: str
) -> Iterator[dict[str, Any]]:
    trained = store.models.tensors(FOREGROUND, members[FOREGROUND])
    if not len(photos) or f"{variant}.out.bias" not in trained:
        return
    locator = Locator(*load_encoder_from(store, encoder), load_box_heads(store, members, variant))
    yield from judge_photos(store, locator, photos, first_looks(store, members[PROJECTION], photos))


def first_looks(store: Store, crops: str, photos: pd.DataFrame) -> dict[str, np.ndarray]:
    """The projected cells of whole photos, (K, h, w), as those crop encodings have them; ``photos`` are their first
    views. Those that were not encoded, as test photos, are left out."""
    if not store.crops.has_maps(crops):
        return {}
    encoded = store.crops.encoded(crops, photos[(photos["kind"] == REFINEMENT) & (photos["scale"] == FIRST_SIDE)])
    maps = store.crops.maps(crops, encoded["view"].tolist())
    return {sha256: cells.astype(np.float32) for sha256, cells in zip(encoded["sha256"], maps, strict=True)}


def judge_photos(
    store: Store, locator: Locator, photos: pd.DataFrame, known: Mapping[str, np.ndarray] | None = None
) -> Iterator[dict[str, Any]]:
    """Each readable photo's labelled and found box with their IoU, as `evaluate_heads` has them.

    Where the projected cells of a photo's first look are ``known``, it is not encoded again.
    """
    looks = known or {}
    paths = dict(store.catalogue.contents()[["sha256", "path"]].itertuples(index=False))

    def judge(photo: Any) -> dict[str, Any] | None:
        try:
            with store.catalogue.opened(paths[photo.sha256]) as picture:
                located, (width, height) = locator.locate(picture, looks.get(photo.sha256)), picture.size
        except BadPhoto:
            return None
        truth = Box(*(float(getattr(photo, side)) for side in BOX))
        return {
            "sha256": photo.sha256,
            "width": width,
            "height": height,
            **dict(zip(BOX, truth.as_tuple(), strict=True)),
            **dict(zip(FOUND, located.box.as_tuple(), strict=True)),
            "confidence": located.confidence,
            "iou": located.box.iou(truth),
            "split": photo.split,
        }

    yield from filter(None, parallel_map(judge, photos.itertuples()))
