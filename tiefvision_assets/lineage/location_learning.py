"""The learning curve of the box heads: trained on growing parts of the labels, judged on photos outside all parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.candidates import newest_members
from tiefvision_assets.lineage.head_evaluation import judge_photos, mean_training_box
from tiefvision_assets.lineage.head_training import HeadTrainer, Trained
from tiefvision_assets.lineage.views import ENOUGH_TEST_PHOTOS
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.models.fingerprints import HEADS_CODE
from tiefvision_assets.models.inference import box_heads_from, box_heads_of, load_encoder_from
from tiefvision_assets.models.loading import as_arrays
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import PROJECTION, HeadRecord, ProjectionRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.box_heads import BoxHeads
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map

JUDGING_FOLD = 0
"""Fold that is judged on where there are few test photos; the curve then learns from the other folds alone."""


@dataclass(frozen=True)
class LearningPoint:
    """Mean IoU, with its 95 % interval, of heads that learned from ``labels`` photos."""

    labels: int
    mean_iou: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """The points, fewest labels first, and the photos that they were judged on."""

    fingerprint: str
    points: tuple[LearningPoint, ...]
    judged: int
    mean_box_iou: float


class TooFewPhotos(ValueError):
    """No photo would be left to learn from, or to judge on."""


def learning_curve(store: Store, counts: tuple[int, ...], progress: Callable[[int, int], None]) -> LearningCurve:
    """Train heads with the newest heads' hyper-parameters on ``counts`` of the labelled photos and on all, and judge
    each.

    The parts are nested, in the order of a hash of each photo's content. Where training goes on from starter heads,
    their own boxes are the first point, that of 0 labels. Nothing is promoted.
    """
    members = newest_members(store)
    projection = store.models.record(ProjectionRecord, members[PROJECTION])
    views = store.crops.views(projection.inputs.crops)
    learned, judged = divide(views)
    if not learned or judged.empty:
        raise TooFewPhotos("A learning curve needs labelled photos to learn from and others to judge on.")
    sizes = sorted({min(count, len(learned)) for count in (*counts, len(learned))})
    configs = {name: store.models.record(HeadRecord, members[name], name).inputs.config for name in HEADS}
    parameters = {name: HEAD_PARAMETERS[name](**configs[name]) for name in HEADS}
    trainers = {name: HeadTrainer(store, members[PROJECTION], name, parameters[name]) for name in HEADS}
    spec, engine = load_encoder_from(store, projection.inputs.encoder)
    points: list[LearningPoint] = []
    steps = 2 * (len(sizes) + bool(projection.starter))

    def judge(size: int, heads: BoxHeads | None) -> None:
        ious = [row["iou"] for row in judge_photos(store, Locator(spec, engine, heads), judged)] if heads else []
        interval = bootstrap(np.array(ious))
        points.append(LearningPoint(size, interval.mean, interval.low, interval.high))
        progress(2 * len(points), steps)

    if projection.starter:
        judge(0, box_heads_from(store.models.tensors(PROJECTION, members[PROJECTION])))
    for size in sizes:
        part = set(learned[:size])

        def train(name: str, part: set[str] = part) -> Trained | None:
            trainer = trainers[name]
            return trainer.train(trainer.views["sha256"].isin(part).to_numpy(), None, None)

        trained = dict(zip(HEADS, parallel_map(train, HEADS), strict=True))
        progress(2 * len(points) + 1, steps)
        judge(size, heads_together(store, members[PROJECTION], trained))
    mean_box = mean_training_box(views[views["sha256"].isin(learned)].drop_duplicates("sha256"))
    trivial = [
        mean_box.on(row["cut_right"], row["cut_bottom"]).iou(_box(row)) for row in judged.to_dict(orient="records")
    ]
    name = fingerprint(members=members, counts=sizes, code=HEADS_CODE)
    return LearningCurve(name, tuple(points), len(judged), float(np.mean(trivial)))


def divide(views: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """The photos to learn from, ordered by the ends of their hashes, and a whole view of each photo to judge on."""
    whole = views.drop_duplicates("sha256")
    judges = whole["split"] == "test"
    if judges.sum() < ENOUGH_TEST_PHOTOS:
        judges |= whole["fold"] == JUDGING_FOLD
    return sorted(whole.loc[~judges, "sha256"], key=lambda sha256: sha256[::-1]), whole[judges]


def _box(row: dict[str, float]) -> Box:
    return Box(*(float(row[side]) for side in BOX))


def heads_together(store: Store, maps: str, trained: dict[str, Trained | None]) -> BoxHeads | None:
    """The trained heads as a locator needs them; None where one of them had no example to learn from."""
    heads = {name: as_arrays(one.head) for name, one in trained.items() if one}
    return box_heads_of(store, maps, heads) if len(heads) == len(trained) else None
