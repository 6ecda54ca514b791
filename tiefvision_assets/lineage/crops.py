"""Crop datasets encoded: looks at labelled photos and at parts of them, once each; the looks' windows are the crops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.views import COLOUR, CUT, NO_SCALE, picture_of
from tiefvision_assets.models.inference import REFINEMENT, WINDOWS
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.head_names import COORDINATES, FOREGROUND
from tiefvision_assets.vision.heads import LabelledMap, Projection
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.refinement import encode_region
from tiefvision_assets.vision.registry import Encoder
from tiefvision_assets.vision.windows import CropTargets, crop_targets, grid_of, rescaled_size

_SAMPLED_VIEWS = 64
"""Number of views of a kind that its projection is fitted on."""


def encode_views(
    store: Store,
    views: pd.DataFrame,
    spec: Encoder,
    engine: Engine,
    components: int,
    progress: Callable[[int, int], None],
    known: Mapping[int, np.ndarray] | None = None,
    projections: Mapping[str, Projection] | None = None,
) -> tuple[dict[str, Projection], dict[int, np.ndarray], dict[str, str]]:
    """Encode every training view once and project its cells. Test photos are not encoded: they are judged as whole
    photos.

    Views whose map is ``known`` are not encoded; known maps come with the ``projections`` that they were made by.
    Returns each kind's projection, else fitted on an even sample of its training views; the float16 map (K, h, w) of
    each training view; and the photos that could not be read, with the reasons.
    """
    paths = dict(store.catalogue.contents()[["sha256", "path"]].itertuples(index=False))
    unreadable: dict[str, str] = {}
    maps = dict(known or {})
    training = views[views["split"] == "train"]

    def encode_photo(of_photo: pd.DataFrame) -> list[tuple[Any, Tensor]]:
        sha256 = str(of_photo["sha256"].iloc[0])
        try:
            with store.catalogue.opened(paths[sha256]) as photo:
                return list(encode_looks(engine, spec, photo, of_photo))
        except BadPhoto as error:
            unreadable[sha256] = str(error)
            return []

    def encoded(part: pd.DataFrame) -> Iterator[tuple[Any, Tensor]]:
        photos = [of_photo for _, of_photo in part.groupby("sha256")]
        return chain.from_iterable(parallel_map(encode_photo, photos))

    def keep(view: Any, part: Tensor) -> None:
        maps[view.view] = used[view.kind](part[None])[0].half().numpy()
        progress(len(maps), len(training))

    used = dict(projections or {})
    for kind in () if used else (WINDOWS, REFINEMENT):
        of_kind = training[training["kind"] == kind]
        sample = list(encoded(of_kind.iloc[:: max(1, len(of_kind) // _SAMPLED_VIEWS)]))
        channels = (spec.refinement if kind == REFINEMENT else spec.windows).channels
        cells = [part for _, part in sample]
        used[kind] = Projection.fit(cells, components) if cells else Projection(channels, components)
        for view, part in sample:
            keep(view, part)
    for view, part in encoded(training[~training["view"].isin(list(maps))]):
        keep(view, part)
    return used, maps, unreadable


def encode_looks(
    engine: Engine, spec: Encoder, photo: Image.Image, views: pd.DataFrame
) -> Iterator[tuple[Any, Tensor]]:
    """Each view of the photo with its (C, h, w) cells, from the encoder's map for the view's kind.

    Views of both kinds that show the same are encoded once, for the window heads' cells follow from the others.
    """
    seen = [*CUT, "mirrored", *COLOUR, "scale"]
    for _, same in views.groupby(seen, sort=False):
        first, *_ = rows = list(same.itertuples())
        cells = encode_region(engine, spec, picture_of(photo, first), side_of(int(first.scale), spec))
        for view in rows:
            yield view, torch.from_numpy(cells if view.kind == REFINEMENT else spec.to_windows(cells))


def side_of(scale: int, spec: Encoder) -> int:
    """The side in pixels of a view's square."""
    return spec.refinement.side if scale == NO_SCALE else spec.accepted(scale)


def targets_of(view: Any, cells: tuple[int, int], spec: Encoder) -> CropTargets:
    """For each window of the view's map, whether it is a target, and the box relative to it."""
    size = (view.cut_right - view.cut_left, view.cut_bottom - view.cut_top)
    square = (spec.refinement.side, spec.refinement.side)
    grid = grid_of(cells, square if view.scale == NO_SCALE else rescaled_size(size, view.scale), size, spec)
    return crop_targets(grid, Box(*(getattr(view, side) for side in BOX)))


def labelled_maps(views: pd.DataFrame, maps: Iterable[np.ndarray], head: str, spec: Encoder) -> list[LabelledMap]:
    """One head's training examples: the windows of each view with their targets, in the order of the views."""
    found = []
    for view, cells in zip(views.itertuples(), maps, strict=True):
        targets = targets_of(view, cells.shape[-2:], spec)
        rows, columns = (cells.shape[-2] - spec.windows.cells + 1, cells.shape[-1] - spec.windows.cells + 1)
        corners = np.stack([axis.ravel() for axis in np.mgrid[0:rows, 0:columns]], axis=1)
        if head == FOREGROUND:
            used, values = np.arange(len(corners)), targets.foreground.astype(np.float32)
        else:
            used = np.flatnonzero(targets.regression)
            values = targets.offsets[used, COORDINATES.index(head.removesuffix("_regressor"))].astype(np.float32)
        channels_last = torch.from_numpy(np.ascontiguousarray(cells.transpose(1, 2, 0))).permute(2, 0, 1)
        found.append(LabelledMap(channels_last, corners[used], values))
    return found


def refinement_targets(views: pd.DataFrame, side: int) -> torch.Tensor:
    """(N, 4) boxes in refinement crops, in pixels of the square of ``side`` pixels that the crops are resized to."""
    cuts, boxes = views[CUT].to_numpy(np.float64), views[BOX].to_numpy(np.float64)
    size = np.tile(cuts[:, 2:] - cuts[:, :2], 2)
    return torch.tensor(boxes / size * side, dtype=torch.float32)


def crop_counts(views: pd.DataFrame, shapes: dict[int, tuple[int, int]], spec: Encoder) -> dict[str, int]:
    """How many crops of each sort the training views hold, and how many photos have a box too small for any of them."""
    training = views[(views["split"] == "train") & (views["kind"] == WINDOWS)]
    counts = {"target_crops": 0, "background_crops": 0, "regression_crops": 0}
    with_target: set[str] = set()
    for view in training.itertuples():
        rows, columns = shapes[view.view]
        targets = targets_of(view, (rows, columns), spec)
        counts["target_crops"] += int(targets.foreground.sum())
        counts["background_crops"] += int((~targets.foreground).sum())
        counts["regression_crops"] += int(targets.regression.sum())
        if targets.regression.any():
            with_target.add(view.sha256)
    return counts | {"photos_with_a_box_too_small_for_any_crop": training["sha256"].nunique() - len(with_target)}
