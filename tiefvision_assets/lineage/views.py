"""Views of labelled photos: which squares are cut out of them for training, and what each shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from PIL.ImageEnhance import Brightness, Color, Contrast

from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import CropDatasetParameters
from tiefvision_assets.models.inference import REFINEMENT, WINDOWS
from tiefvision_assets.splits import fold_of, is_test_photo
from tiefvision_assets.store.crops import STORED_SCALE
from tiefvision_assets.store.photos import MAX_ASPECT
from tiefvision_assets.store.schemas import BOX, VIEWS
from tiefvision_assets.vision.foreground_map import random_refinement_region
from tiefvision_assets.vision.windows import FIRST_SIDE

FOLDS = 3
ENOUGH_TEST_PHOTOS = 30
"""With fewer test photos than this, candidates are judged by cross-validation."""
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


def going_on(views: pd.DataFrame) -> pd.DataFrame:
    """The views that training needs which goes on from starter heads: half of each photo's refinement crops are enough
    for boxes as good, and both kinds of views of the others are left out."""
    looks = views[(views["kind"] == REFINEMENT) & (views["scale"] == NO_SCALE)]
    of_photo = looks.groupby("sha256")["view"]
    more = looks[of_photo.cumcount() >= np.ceil(of_photo.transform("size") / 2)]
    same = ["sha256", "scale", "mirrored", *COLOUR, *CUT]
    return views[~pd.MultiIndex.from_frame(views[same]).isin(pd.MultiIndex.from_frame(more[same]))]


def knows_first_looks(views: pd.DataFrame) -> bool:
    """Whether the foreground map learns from whole photos; datasets of before have none for it."""
    return bool(((views["kind"] == REFINEMENT) & (views["scale"] != NO_SCALE)).any())


def picture_of(photo: Image.Image, view: Any) -> Image.Image:
    """The part of the photo that one row of the views describes."""
    cut = photo.crop(tuple(round(getattr(view, side)) for side in CUT))
    cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if view.mirrored else cut
    for enhance, name in zip((Brightness, Contrast, Color), COLOUR, strict=True):
        factor = getattr(view, name)
        cut = enhance(cut).enhance(factor) if factor != 1 else cut
    return cut
