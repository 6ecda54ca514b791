"""Crop datasets: looks at labelled photos and at parts of them, encoded once each; the looks' windows are the crops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image
from PIL.ImageEnhance import Brightness, Color, Contrast
from torch import Tensor

from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import CropDatasetParameters
from tiefvision_assets.models.inference import REFINEMENT, WINDOWS
from tiefvision_assets.splits import fold_of, is_test_photo
from tiefvision_assets.store.crops import STORED_SCALE
from tiefvision_assets.store.photos import MAX_ASPECT, BadPhoto
from tiefvision_assets.store.schemas import BOX, VIEWS
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.foreground_map import random_refinement_region
from tiefvision_assets.vision.head_names import COORDINATES, FOREGROUND
from tiefvision_assets.vision.heads import LabelledMap, Projection
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.refinement import FIRST_SIDE, encode_region
from tiefvision_assets.vision.registry import Encoder
from tiefvision_assets.vision.windows import CropTargets, crop_targets, grid_of, rescaled_size

FOLDS = 3
ENOUGH_TEST_PHOTOS = 30
"""With fewer test photos than this, candidates are judged by cross-validation."""
_SAMPLED_VIEWS = 64
"""Number of views of a kind that its projection is fitted on."""
NO_SCALE = 0
"""The scale of views that are resized to the encoder's square for refinement."""
COLOUR = ["brightness", "contrast", "saturation"]
CUT = ["cut_left", "cut_top", "cut_right", "cut_bottom"]


def make_views(labels: pd.DataFrame, contents: pd.DataFrame, config: CropDatasetParameters) -> pd.DataFrame:
    """The rows of all views of every labelled photo that is in the catalogue.

    A view is a square picture of a part of a photo. The foreground map learns from those of kind ``looks``: the whole
    photo, which is each photo's first row and the only one of a test photo; mirrored random cuts of it; refinement
    crops, cut around a box that is somewhat wrong. The window heads learn from those of kind ``windows``: the same
    refinement crops, and parts of the photo that lie anywhere. A view's box (``left`` …) is in pixels of the view: the
    photo cut to ``cut_*``, mirrored where ``mirrored`` is true, its colours changed by the factors ``brightness``,
    ``contrast`` and ``saturation``. ``scale`` is the square's side, `NO_SCALE` that of refinement crops. In datasets of
    before, views of kind ``windows`` have the photo's proportions, and ``scale`` is their shorter side.
    """
    sizes = {row.sha256: (row.width, row.height) for row in contents.itertuples()}
    known = labels[labels["sha256"].isin(list(sizes))].sort_values("sha256")
    test = {sha256 for sha256 in known["sha256"] if is_test_photo(sha256, config.test_share)}
    folds = FOLDS if len(test) < ENOUGH_TEST_PHOTOS else 0
    boxes = {row.sha256: Box(*(float(getattr(row, side)) for side in BOX)) for row in known.itertuples()}
    rows = []
    for sha256, box in boxes.items():
        shared = {
            "sha256": sha256,
            "split": "test" if sha256 in test else "train",
            "fold": fold_of(sha256, folds) if folds and sha256 not in test else -1,
        }
        views = [_View(REFINEMENT, Box.whole(*sizes[sha256]), FIRST_SIDE)]
        if sha256 not in test:
            draw = np.random.default_rng([int(sha256[:15], 16), config.seed])
            views += _augmented(box, sizes[sha256], config, draw)
        rows += [shared | view.row(box) for view in views]
    names = {STORED_SCALE: "scale"}
    views = pd.DataFrame(rows, columns=[names.get(name, name) for name in VIEWS.names]).assign(view=range(len(rows)))
    return views.astype({names.get(name, name): dtype for name, dtype in VIEWS.dtypes.items()})


@dataclass(frozen=True)
class _View:
    kind: str
    cut: Box
    scale: int
    mirrored: bool = False
    colour: tuple[float, ...] = (1.0, 1.0, 1.0)

    def row(self, box: Box) -> dict[str, Any]:
        cut = self.cut
        seen = Box(box.left - cut.left, box.top - cut.top, box.right - cut.left, box.bottom - cut.top)
        seen = seen.mirrored(cut.width) if self.mirrored else seen
        numbers = [*self.colour, *seen.as_tuple(), *cut.as_tuple()]
        return {
            "kind": self.kind,
            "scale": self.scale,
            "mirrored": self.mirrored,
            **dict(zip([*COLOUR, *BOX, *CUT], numbers, strict=True)),
        }


def _augmented(
    box: Box, size: tuple[int, int], config: CropDatasetParameters, draw: np.random.Generator
) -> list[_View]:
    """First looks at random cuts, refinement crops, and parts anywhere; every other one mirrored, each in its own
    colours."""

    def colours() -> tuple[float, ...]:
        return tuple(1 + draw.uniform(-config.colour, config.colour, len(COLOUR)))

    views = []
    for _ in range(config.cuts):
        views.append(_View(REFINEMENT, random_cut(box, *size, draw), FIRST_SIDE, True, colours()))
        views.append(_View(WINDOWS, random_part(box, *size, draw), NO_SCALE, True, colours()))
    for number in range(config.looks):
        region, colour = random_refinement_region(box, *size, draw), colours()
        views += [_View(kind, region, NO_SCALE, bool(number % 2), colour) for kind in (REFINEMENT, WINDOWS)]
    return views


def random_part(box: Box, width: int, height: int, draw: np.random.Generator) -> Box:
    """A part of the photo, in whole pixels, that lies anywhere, with or without the object; from .7 to 1.5 times as
    large as the box, as far as the photo is."""
    across, down = (max(1.0, np.ceil(side * draw.uniform(0.7, 1.5))) for side in (box.width, box.height))
    across, down = min(across, float(width)), min(down, float(height))
    left, top = np.floor(draw.uniform(0, width - across)), np.floor(draw.uniform(0, height - down))
    return Box(float(left), float(top), float(left + across), float(top + down))


def random_cut(box: Box, width: int, height: int, draw: np.random.Generator) -> Box:
    """A random part of the photo, in whole pixels, that holds the box; its sides lie between the box and the photo's
    edges.

    The whole photo where that part would be narrower than a photo may be: a very narrow one, rescaled by its shorter
    side, would be huge.
    """
    cut = Box(
        float(np.floor(draw.uniform(0, box.left))),
        float(np.floor(draw.uniform(0, box.top))),
        float(np.ceil(draw.uniform(box.right, width))),
        float(np.ceil(draw.uniform(box.bottom, height))),
    )
    return cut if max(cut.width, cut.height) <= MAX_ASPECT * min(cut.width, cut.height) else Box.whole(width, height)


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


def knows_first_looks(views: pd.DataFrame) -> bool:
    """Whether the foreground map learns from whole photos; datasets of before have none for it."""
    return bool(((views["kind"] == REFINEMENT) & (views["scale"] != NO_SCALE)).any())


def side_of(scale: int, spec: Encoder) -> int:
    """The side in pixels of a view's square."""
    return spec.refinement.side if scale == NO_SCALE else scale


def picture_of(photo: Image.Image, view: Any) -> Image.Image:
    """The part of the photo that one row of the views describes."""
    cut = photo.crop(tuple(round(getattr(view, side)) for side in CUT))
    cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if view.mirrored else cut
    for enhance, name in zip((Brightness, Contrast, Color), COLOUR, strict=True):
        factor = getattr(view, name)
        cut = enhance(cut).enhance(factor) if factor != 1 else cut
    return cut


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
