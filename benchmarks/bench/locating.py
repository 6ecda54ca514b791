"""Dense maps beside crops: encoding a view once instead of its windows one by one, and locating from coarse to fine.

Rivals encode the same windows as pictures of their own, in batches of 32, with the same network and heads, as whoever
has only a classifier of crops does. They take long, so a few photos tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from PIL import Image

from benchmarks.bench.measuring import cost
from benchmarks.bench.table import Cost, Row
from tiefvision_assets.box import Box
from tiefvision_assets.models.inference import load_box_heads, load_encoder_from, load_locator
from tiefvision_assets.store.records import BoxHeadsRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.box_heads import BoxHeads
from tiefvision_assets.vision.engine import Engine, preprocess
from tiefvision_assets.vision.locate import EncodedScale, Locator, fuse, merge_scales, window_votes
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.refinement import encode_region
from tiefvision_assets.vision.registry import Encoder

SECTION = "Where the object is"
BATCH = 32
VIEW = 448
"""Side in pixels of the view whose windows are encoded."""
FACTORS, STEP = (2, 3), 32
"""The rival's squares are so many windows wide, as in the system of 2016, its windows so many pixels apart."""


@dataclass(frozen=True)
class Trained:
    """What locates, opened once."""

    spec: Encoder
    engine: Engine
    heads: BoxHeads
    locator: Locator

    @classmethod
    def of(cls, store: Store) -> Trained:
        """The served models; SystemExit where no box heads are served."""
        models = store.served.read().models
        if models.encoder is None or models.heads is None:
            raise SystemExit(f"{store.settings.data_dir} serves no box heads; run `tiefvision demo` there.")
        spec, engine = load_encoder_from(store, models.encoder)
        heads = load_box_heads(store, store.models.record(BoxHeadsRecord, models.heads).members)
        return cls(spec, engine, heads, load_locator(store, spec, engine, models.heads))


def measure(store: Store, photos: int, slow_photos: int) -> list[Row]:
    """``photos`` tell what is measured here, ``slow_photos`` of them the rivals."""
    opened = [store.catalogue.open(path) for path in store.catalogue.live()["path"].head(photos)]
    return measure_with(Trained.of(store), opened, slow_photos)


def measure_with(trained: Trained, opened: list[Image.Image], slow_photos: int) -> list[Row]:
    """The same with given models and photos."""
    few, side, photos = opened[:slow_photos], VIEW, len(opened)
    trained.locator.locate(few[0])
    list(_encoded_crops(few[0], trained, trained.spec.windows.side, 1))

    def dense(photo: Image.Image) -> np.ndarray:
        return trained.spec.to_windows(encode_region(trained.engine, trained.spec, photo, side))

    def crop_by_crop(photo: Image.Image) -> list[np.ndarray]:
        return list(_encoded_crops(photo, trained, side, trained.spec.windows.stride))

    def window_by_window(photo: Image.Image) -> Box:
        return _located_by_windows(photo, trained)

    name = trained.spec.name
    windows = len(_corners(trained.spec, side, trained.spec.windows.stride))
    looked_at = sum(len(_corners(trained.spec, factor * trained.spec.windows.side, STEP)) for factor in FACTORS)
    return [
        Row(
            SECTION,
            f"encoding the {windows} windows of a view of {side} pixels, {name}",
            windows,
            _each(dense, opened),
            {"crop by crop": _scaled(_each(crop_by_crop, few), photos / slow_photos)},
            per=photos,
        ),
        Row(
            SECTION,
            f"locating the object on a photo, {name}",
            photos,
            _each(trained.locator.locate, opened),
            {"window by window": _scaled(_each(window_by_window, few), photos / slow_photos)},
            per=photos,
            note=f"the rival looks at {looked_at} windows in two sizes",
        ),
    ]


def _each(work: Callable[[Image.Image], object], photos: list[Image.Image]) -> Cost:
    return cost(lambda: list(parallel_map(work, photos)))


def _scaled(one: Cost, factor: float) -> Cost:
    return Cost(one.clock * factor, (one.processor or 0) * factor)


def _corners(spec: Encoder, side: int, step: int) -> list[tuple[int, int]]:
    """(top, left) of the windows of a square of ``side`` pixels."""
    steps = range(0, side - spec.windows.side + 1, step)
    return [(top, left) for top in steps for left in steps]


def _encoded_crops(photo: Image.Image, trained: Trained, side: int, step: int) -> Iterator[np.ndarray]:
    """(B, C, c, c) cells of the windows of the photo as a square of ``side`` pixels, each a picture of its own."""
    window = trained.spec.windows.side
    pixels = preprocess(photo.resize((side, side), Image.Resampling.BILINEAR), trained.spec)
    crops = [pixels[:, top : top + window, left : left + window] for top, left in _corners(trained.spec, side, step)]
    for start in range(0, len(crops), BATCH):
        yield trained.engine.windows(np.stack(crops[start : start + BATCH]))


def _located_by_windows(photo: Image.Image, trained: Trained) -> Box:
    """Every window of the scales is encoded by itself; the heads judge each, and the foreground ones vote."""
    votes, spec = [], trained.spec
    size = (spec.windows.side, spec.windows.side)
    for factor in FACTORS:
        side = factor * spec.windows.side
        x, y = photo.width / side, photo.height / side
        of_photo = (round(size[0] * x), round(size[1] * y))
        corners = ((left * x, top * y) for top, left in _corners(spec, side, STEP))
        cells = chain.from_iterable(_encoded_crops(photo, trained, side, STEP))
        for (left, top), window in zip(corners, cells, strict=True):
            encoded = EncodedScale(trained.heads.projection(window), size, of_photo)
            vote = window_votes(encoded.cells, encoded, spec, trained.heads.windows)
            votes.append(vote.moved(Box(left, top, left + of_photo[0], top + of_photo[1])))
    return fuse(merge_scales(votes), photo.size).box
