"""Training one box head on a crop dataset: finally, and with each fold left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.fingerprints import HEADS_CODE
from tiefvision_assets.lineage.crops import labelled_maps, look_targets
from tiefvision_assets.loading import ENCODER, FINAL, LOOKS, PROJECTION, WINDOWS, as_arrays
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.foreground_map import FOREGROUND_MAP, MapConfig, train_foreground_map
from tiefvision_assets.vision.heads import FOREGROUND, LabelledMap, TrainingConfig, train_head
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import Encoder, encoder_named


class NoCropEncodings(TiefVisionError):
    """There is nothing yet that a head could be trained on."""


@dataclass(frozen=True)
class TrainedHead:
    """A head on disk, with its variants ``final``, ``fold0`` … and the loss of every step of each."""

    fingerprint: str
    losses: dict[str, list[float]]
    examples: int
    """Crops, or looks for the foreground map, that the final head learned from."""
    reused: bool
    """Whether a head of the same inputs was there already."""

    @property
    def final_loss(self) -> float:
        """Mean loss of the last 20 steps of the final variant."""
        return float(np.mean(self.losses[FINAL][-20:])) if FINAL in self.losses else float("nan")


def train_and_save(
    store: Store, name: str, config: Mapping[str, Any], progress: Callable[[int, int], None]
) -> TrainedHead:
    """Train the head of that name on the newest crop encodings, unless one of the same inputs is there."""
    maps = store.models.latest(PROJECTION)
    if maps is None:
        raise NoCropEncodings(f"{name} is trained on crop_encodings, and there are none; materialise them first.")
    inputs = {"maps": maps, "config": dict(config), "head": name, "code": HEADS_CODE}
    version = fingerprint(**inputs)
    reused = store.models.exists(name, version)
    if not reused:
        source = store.models.record(PROJECTION, maps)["inputs"]
        spec = encoder_named(store.models.record(ENCODER, source["encoder"])["inputs"]["encoder"])
        views = store.crops.encoded(maps, store.crops.views(source["crops"]))
        weights, losses, examples = train_variants(store, maps, views, name, spec, config, progress)
        store.models.save(name, version, {"inputs": inputs, "losses": losses, "examples": examples}, weights)
    store.models.point_to(name, version)
    record = store.models.record(name, version)
    return TrainedHead(version, record["losses"], record["examples"], reused)


def variants_of(views: pd.DataFrame) -> dict[str, pd.Series]:
    """Variant → which views it is trained on; folds appear only where candidates are cross-validated."""
    training = views["split"] == "train"
    folds = sorted(set(views.loc[training, "fold"]) - {-1})
    return {FINAL: training} | {f"fold{fold}": training & (views["fold"] != fold) for fold in folds}


def train_variants(
    store: Store,
    maps: str,
    views: pd.DataFrame,
    head: str,
    spec: Encoder,
    config: Mapping[str, Any],
    progress: Callable[[int, int], None],
) -> tuple[dict[str, np.ndarray], dict[str, list[float]], int]:
    """Train the head on the maps of that fingerprint; a variant with nothing to learn from is left out.

    Returns the weights, each name behind its variant's, the losses of each variant, and what the final one learned
    from, in crops, or looks for the foreground map.
    """
    views = views[views["kind"] == (LOOKS if head == FOREGROUND_MAP else WINDOWS)]
    variants = variants_of(views)
    steps_done = dict.fromkeys(variants, 0)
    cells = store.crops.maps(maps, list(views["view"]))
    if head == FOREGROUND_MAP:
        trainer = _map_trainer(views, cells, spec, MapConfig(**config))
    else:
        trainer = _window_trainer(labelled_maps(views, cells, head, spec), head, spec, TrainingConfig(**config))

    def train(variant: str) -> Trained | None:
        def advance(step: int, _: float) -> None:
            steps_done[variant] = step
            progress(sum(steps_done.values()), len(variants) * config["steps"])

        return trainer(variants[variant].to_numpy(), advance)

    weights: dict[str, np.ndarray] = {}
    losses: dict[str, list[float]] = {}
    examples = 0
    for variant, trained in zip(variants, parallel_map(train, variants), strict=True):
        if trained:
            weights |= as_arrays(trained.head, f"{variant}.")
            losses[variant] = trained.losses
            examples = trained.examples if variant == FINAL else examples
    return weights, losses, examples


@dataclass(frozen=True)
class Trained:
    """One variant of a head, fresh from its training."""

    head: nn.Module
    losses: list[float]
    examples: int


Trainer = Callable[[np.ndarray, Callable[[int, float], None]], Trained | None]
"""Trains on the views that a (V,) mask chooses; None where they hold nothing to learn from."""


def _window_trainer(examples: list[LabelledMap], head: str, spec: Encoder, config: TrainingConfig) -> Trainer:
    def train(used: np.ndarray, progress: Callable[[int, float], None]) -> Trained | None:
        chosen = [example for example, wanted in zip(examples, used, strict=True) if wanted]
        crops = sum(len(example.targets) for example in chosen)
        if not crops:
            return None
        classify = head == FOREGROUND
        trained, losses = train_head(
            chosen, classify=classify, window_cells=spec.windows.cells, config=config, progress=progress
        )
        return Trained(trained, losses, crops)

    return train


def _map_trainer(views: pd.DataFrame, cells: Iterable[np.ndarray], spec: Encoder, config: MapConfig) -> Trainer:
    looks = [torch.from_numpy(look) for look in cells]
    boxes = look_targets(views, spec.looks.side)

    def train(used: np.ndarray, progress: Callable[[int, float], None]) -> Trained | None:
        chosen = np.flatnonzero(used)
        if not len(chosen):
            return None
        stacked = torch.stack([looks[row] for row in chosen])
        trained, losses = train_foreground_map(stacked, boxes[chosen], spec, config, progress)
        return Trained(trained, losses, len(chosen))

    return train
