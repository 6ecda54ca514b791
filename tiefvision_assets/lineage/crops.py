"""Crop datasets: views of labelled photos at every level, encoded once each; their windows are the crops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn

from tiefvision_assets.box import Box
from tiefvision_assets.quality import TEST_SHARE, fold_of, is_test_photo
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.heads import FOREGROUND, SIDES, LabelledMap, Projection
from tiefvision_assets.vision.locate import EncodedLevel, encode_level
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import Encoder
from tiefvision_assets.vision.windows import LEVELS, CropTargets, crop_targets, grid_of

FOLDS = 3
ENOUGH_TEST_PHOTOS = 30
"""With fewer held-out photos than this, candidates are judged by cross-validation."""
_SAMPLED_VIEWS = 256
BOX = ["left", "top", "right", "bottom"]
CUT = ["cut_left", "cut_top", "cut_right", "cut_bottom"]


@dataclass(frozen=True)
class ViewConfig:
    """Which views of a labelled photo are made."""

    test_share: float = TEST_SHARE
    cuts: int = 1
    """Mirrored random cuts a training photo, which keep the box but move it off-centre."""
    seed: int = 0


def make_views(labels: pd.DataFrame, contents: pd.DataFrame, config: ViewConfig) -> pd.DataFrame:
    """A row a view and level of every labelled photo that is in the catalogue.

    Test photos are viewed whole only; training photos also in mirrored random cuts. A view's box (``left`` …) is in
    pixels of the view: the photo cut to ``cut_*`` and then mirrored where ``mirrored``.
    """
    sizes = {row.sha256: (row.width, row.height) for row in contents.itertuples()}
    known = labels[labels["sha256"].isin(list(sizes))].sort_values("sha256")
    folds = FOLDS if sum(is_test_photo(sha, config.test_share) for sha in known["sha256"]) < ENOUGH_TEST_PHOTOS else 0
    rows = []
    for label in known.itertuples():
        width, height = sizes[label.sha256]
        box = Box(label.left, label.top, label.right, label.bottom)
        test = is_test_photo(label.sha256, config.test_share)
        shared = {
            "sha256": label.sha256,
            "split": "test" if test else "train",
            "fold": fold_of(label.sha256, folds) if folds and not test else -1,
        }
        views = [(Box.whole(width, height), False)]
        if not test:
            draw = np.random.default_rng([int(label.sha256[:15], 16), config.seed])
            views += [(random_cut(box, width, height, draw), True) for _ in range(config.cuts)]
        for cut, mirrored in views:
            seen = Box(box.left - cut.left, box.top - cut.top, box.right - cut.left, box.bottom - cut.top)
            seen = seen.mirrored(cut.width) if mirrored else seen
            for level in LEVELS:
                sides = dict(zip(BOX, seen.as_tuple(), strict=True)) | dict(zip(CUT, cut.as_tuple(), strict=True))
                rows.append(shared | {"level": level, "mirrored": mirrored} | sides)
    columns = ["sha256", "split", "fold", "level", "mirrored", *BOX, *CUT]
    views = pd.DataFrame(rows, columns=columns)
    views.insert(0, "view", range(len(views)))
    return views


def random_cut(box: Box, width: int, height: int, draw: np.random.Generator) -> Box:
    """A part of the photo in whole pixels that holds the box; each side lies anywhere between the box and the edge."""
    return Box(
        float(np.floor(draw.uniform(0, box.left))),
        float(np.floor(draw.uniform(0, box.top))),
        float(np.ceil(draw.uniform(box.right, width))),
        float(np.ceil(draw.uniform(box.bottom, height))),
    )


def encode_views(
    store: Store,
    views: pd.DataFrame,
    spec: Encoder,
    module: nn.Module,
    components: int,
    progress: Callable[[int, int], None],
) -> tuple[Projection, dict[int, np.ndarray], dict[str, str]]:
    """Encode every view once and project its cells.

    Returns the projection, fitted on an even sample of the training views, the float16 map (K, h, w) of each view, and
    the photos that could not be read, with the reasons.
    """
    paths = dict(store.catalogue.contents()[["sha256", "path"]].itertuples(index=False))
    unreadable: dict[str, str] = {}
    maps: dict[int, np.ndarray] = {}
    training = views[views["split"] == "train"]
    sampled = training.iloc[:: max(1, len(training) // _SAMPLED_VIEWS)]

    def encode_photo(of_photo: pd.DataFrame) -> list[tuple[int, EncodedLevel]]:
        sha256 = str(of_photo["sha256"].iloc[0])
        try:
            photo = store.catalogue.open(paths[sha256])
        except BadPhoto as error:
            unreadable[sha256] = str(error)
            return []
        return [
            (view.view, encode_level(module, spec, picture_of(photo, view), view.level))
            for view in of_photo.itertuples()
        ]

    def encoded(part: pd.DataFrame) -> Iterator[tuple[int, EncodedLevel]]:
        photos = [of_photo for _, of_photo in part.groupby("sha256")]
        return chain.from_iterable(parallel_map(encode_photo, photos))

    cells = [level.cells for _, level in encoded(sampled)]
    projection = Projection.fit(cells, components) if cells else Projection(spec.channels, components)
    for done, (view, level) in enumerate(encoded(views), start=1):
        maps[view] = projection(level.cells[None])[0].half().numpy()
        progress(done, len(views))
    return projection, maps, unreadable


def picture_of(photo: Image.Image, view: object) -> Image.Image:
    """The photo as one row of the views sees it."""
    cut = photo.crop(tuple(round(getattr(view, side)) for side in CUT))
    return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if view.mirrored else cut


def targets_of(view: object, cells: tuple[int, int], spec: Encoder) -> CropTargets:
    """What the windows of a view's map are examples of."""
    size = (
        view.cut_right - view.cut_left,
        view.cut_bottom - view.cut_top,
    )
    level = view.level
    scale = level / min(size)
    rescaled = (max(level, round(size[0] * scale)), max(level, round(size[1] * scale)))
    grid = grid_of(cells, rescaled, size, spec)
    return crop_targets(grid, Box(*(getattr(view, side) for side in BOX)))


def labelled_maps(views: pd.DataFrame, maps: Iterable[np.ndarray], head: str, spec: Encoder) -> list[LabelledMap]:
    """What one head learns from: the windows of each view with their targets, in the order of the views."""
    found = []
    for view, cells in zip(views.itertuples(), maps, strict=True):
        targets = targets_of(view, cells.shape[-2:], spec)
        rows, columns = (cells.shape[-2] - spec.window_cells + 1, cells.shape[-1] - spec.window_cells + 1)
        corners = np.stack([axis.ravel() for axis in np.mgrid[0:rows, 0:columns]], axis=1)
        if head == FOREGROUND:
            used, values = np.arange(len(corners)), targets.foreground.astype(np.float32)
        else:
            used = np.flatnonzero(targets.regression)
            values = targets.offsets[used, SIDES.index(head.removesuffix("_regressor"))].astype(np.float32)
        found.append(LabelledMap(torch.from_numpy(cells), corners[used], values))
    return found


def crop_counts(views: pd.DataFrame, shapes: dict[int, tuple[int, int]], spec: Encoder) -> dict[str, int]:
    """How many crops the training views hold, and how many photos are left out of what for want of any."""
    training = views[views["split"] == "train"]
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
