"""The boxes of `benchmarks.labelling_next`: mean IoU of heads that learned from the labels of each order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.candidates import newest_members
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.head_evaluation import judge_photos
from tiefvision_assets.lineage.head_training import HeadTrainer, Trained
from tiefvision_assets.lineage.location_learning import heads_together
from tiefvision_assets.lineage.ranking import load_embeddings
from tiefvision_assets.lineage.telling import telling_order
from tiefvision_assets.models.inference import load_encoder_from
from tiefvision_assets.store.records import PROJECTION, HeadRecord, ProjectionRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map

SIZES = (10, 25, 50, 100)
ORDERS = ("random", "uncertain first", "uncertain and varied")
JUDGED = 1 / 3
"""Share of the labelled photos, by whole groups, that is judged on."""


class RememberingEngine:
    """An engine that keeps the cells of what it has seen twice: every locator's first look at a photo is the same."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: set[bytes] = set()
        self._kept: dict[bytes, np.ndarray] = {}
        self.objects, self.windows = engine.objects, engine.windows

    def refinement(self, photos: np.ndarray) -> np.ndarray:
        """Cells for refinement."""
        key = hashlib.sha256(np.ascontiguousarray(photos)).digest()
        if key in self._kept:
            return self._kept[key]
        cells = self._engine.refinement(photos)
        if key in self._seen:
            self._kept[key] = cells
        self._seen.add(key)
        return cells


class BoxTrial:
    """The labelled photos of a data folder, and the training of heads on any of them."""

    def __init__(self, store: Store, listed: pd.DataFrame) -> None:
        members = newest_members(store)
        self._store, self._maps = store, members[PROJECTION]
        projection = store.models.record(ProjectionRecord, self._maps)
        views = store.crops.views(projection.inputs.crops).drop_duplicates("sha256")
        groups = listed.drop_duplicates("sha256")[["sha256", "group"]]
        self.photos = views.merge(groups, on="sha256").sort_values("sha256", ignore_index=True)
        configs = {name: store.models.record(HeadRecord, members[name], name).inputs.config for name in HEADS}
        self._trainers = {
            name: HeadTrainer(store, self._maps, name, HEAD_PARAMETERS[name](**configs[name])) for name in HEADS
        }
        spec, engine = load_encoder_from(store, projection.inputs.encoder)
        self._encoder = spec, RememberingEngine(engine)
        models = store.served.read().models.complete
        assert models
        embeddings = load_embeddings(store, embedding_of(models))
        self.vectors = embeddings.invariant[[embeddings.rows[name] for name in self.photos["sha256"]]].numpy()

    def judge(self, learned: list[int], judged: np.ndarray) -> pd.DataFrame:
        """The judged rows of the photos with ``iou`` and ``confidence``, by heads that learned from these rows."""
        names = set(self.photos["sha256"].iloc[learned])

        def train(name: str) -> Trained | None:
            trainer = self._trainers[name]
            return trainer.train(trainer.views["sha256"].isin(names).to_numpy(), None, None)

        heads = heads_together(self._store, self._maps, dict(zip(HEADS, parallel_map(train, HEADS), strict=True)))
        assert heads
        locator = Locator(*self._encoder, heads)
        return pd.DataFrame(judge_photos(self._store, locator, self.photos.iloc[judged]))


def box_quality(store: Store, listed: pd.DataFrame, seeds: int) -> Iterator[tuple[int, str, int, float]]:
    """Draw, order, number of labels and mean IoU on photos of other groups."""
    trial = BoxTrial(store, listed)
    for seed in range(seeds):
        draw = np.random.default_rng(seed)
        judged = _part_of(trial.photos["group"], draw)
        pool = draw.permutation(np.flatnonzero(~judged))
        first = pool[: SIZES[0]].tolist()
        start = trial.judge(first, np.flatnonzero(judged))["iou"].mean()
        for order in ORDERS:
            yield seed, order, SIZES[0], start
            learned = first
            for before, size in pairwise(SIZES):
                left = np.array([row for row in pool if row not in learned])
                learned = learned + left[_order(order, trial, learned, left, size - before)].tolist()
                yield seed, order, size, trial.judge(learned, np.flatnonzero(judged))["iou"].mean()


def _order(order: str, trial: BoxTrial, learned: list[int], left: np.ndarray, count: int) -> list[int]:
    """The places in ``left`` of the photos to be labelled next."""
    if order == "random":
        return list(range(count))
    uncertainty = 1 - trial.judge(learned, left)["confidence"].to_numpy()
    if order == "uncertain first":
        return np.argsort(-uncertainty, kind="stable")[:count].tolist()
    return telling_order(uncertainty, trial.vectors[left], trial.vectors[learned], block=count)[:count]


def _part_of(groups: pd.Series, draw: np.random.Generator) -> np.ndarray:
    """(N,) whether each photo is judged on: whole groups, in random order, until they are enough."""
    sizes = groups.value_counts(sort=False).sort_index()
    shuffled = sizes.iloc[draw.permutation(len(sizes))]
    chosen = shuffled.index[shuffled.cumsum() <= JUDGED * len(groups)]
    return groups.isin(chosen).to_numpy()
