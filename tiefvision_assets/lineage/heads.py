"""Training one box head on a crop dataset, finally and with each fold left out, and judging all five together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.fingerprints import HEADS_CODE
from tiefvision_assets.lineage.crops import BOX, labelled_maps
from tiefvision_assets.loading import ENCODER, FINAL, PROJECTION, as_arrays, load_box_heads
from tiefvision_assets.quality import RelativeBox, mean_relative_box
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.heads import FOREGROUND, HEADS, TrainingConfig, WindowHead, train_head
from tiefvision_assets.vision.locate import EncodedLevel, fuse, merge_levels, window_votes
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import Encoder, encoder_named


class NoCropEncodings(TiefVisionError):
    """There is nothing yet that a head could be trained on."""


@dataclass(frozen=True)
class TrainedHead:
    """A head on disk, with its variants ``final``, ``fold0`` … and the loss of every step of each."""

    fingerprint: str
    losses: dict[str, list[float]]
    crops: int
    """Windows that the final head learned from."""
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
    fingerprint_ = fingerprint(**inputs)
    reused = store.models.exists(name, fingerprint_)
    if not reused:
        source = store.models.record(PROJECTION, maps)["inputs"]
        spec = encoder_named(store.models.record(ENCODER, source["encoder"])["inputs"]["encoder"])
        views = store.crops.encoded(maps, store.crops.views(source["crops"]))
        weights, losses, crops = train_variants(store, maps, views, name, spec, TrainingConfig(**config), progress)
        store.models.save(name, fingerprint_, {"inputs": inputs, "losses": losses, "crops": crops}, weights)
    store.models.point_to(name, fingerprint_)
    record = store.models.record(name, fingerprint_)
    return TrainedHead(fingerprint_, record["losses"], record["crops"], reused)


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
    config: TrainingConfig,
    progress: Callable[[int, int], None],
) -> tuple[dict[str, np.ndarray], dict[str, list[float]], int]:
    """Train the head on the maps of that fingerprint; a variant without any window to learn from is left out.

    Returns the weights, each name behind its variant's, the losses of each variant, and the final one's crops.
    """
    weights: dict[str, np.ndarray] = {}
    losses: dict[str, list[float]] = {}
    examples = labelled_maps(views, store.crops.maps(maps, list(views["view"])), head, spec)
    variants = variants_of(views)
    steps_done = dict.fromkeys(variants, 0)

    def train(variant: str) -> tuple[WindowHead, list[float]] | None:
        def advance(step: int, _: float) -> None:
            steps_done[variant] = step
            progress(sum(steps_done.values()), len(variants) * config.steps)

        chosen = [example for example, wanted in zip(examples, variants[variant], strict=True) if wanted]
        if not any(len(example.targets) for example in chosen):
            return None
        return train_head(
            chosen, classify=head == FOREGROUND, window_cells=spec.window_cells, config=config, progress=advance
        )

    for variant, trained in zip(variants, parallel_map(train, variants), strict=True):
        if trained:
            weights |= as_arrays(trained[0], f"{variant}.")
            losses[variant] = trained[1]
    crops = sum(len(item.targets) for item, wanted in zip(examples, variants[FINAL], strict=True) if wanted)
    return weights, losses, crops


def evaluate_heads(
    store: Store, views: pd.DataFrame, maps: str, members: Mapping[str, str], spec: Encoder
) -> pd.DataFrame:
    """Boxes found by heads that never saw the photo, a row a photo that can be judged.

    Columns: sha256, width, height, the labelled box (``left`` …), the found one (``found_left`` …), ``confidence``,
    ``iou``, and ``mean_box_iou``, that of the mean relative box of the training photos. Held-out test photos are judged
    with the final heads, training photos with those that left their fold out.
    """
    whole = views[~views["mirrored"]]
    trivial = mean_training_box(views)
    rows = []
    for variant, judged in judged_by(whole).items():
        if not len(judged):
            continue
        if f"{variant}.out.bias" not in store.models.tensors(HEADS[0], members[HEADS[0]]):
            continue
        heads = load_box_heads(store, members, variant).heads
        for sha256, levels in judged.groupby("sha256"):
            first = levels.iloc[0]
            size = (round(first["cut_right"]), round(first["cut_bottom"]))
            votes = []
            for view, cells in zip(levels.itertuples(), store.crops.maps(maps, list(levels["view"])), strict=True):
                scale = view.level / min(size)
                rescaled = (max(view.level, round(size[0] * scale)), max(view.level, round(size[1] * scale)))
                projected = torch.from_numpy(cells)[None].float()
                votes.append(window_votes(projected, EncodedLevel(projected[0], rescaled, size), spec, heads))
            located = fuse(merge_levels(votes), size)
            truth = Box(*(float(first[side]) for side in BOX))
            rows.append(
                {"sha256": sha256, "width": size[0], "height": size[1]}
                | dict(zip(BOX, truth.as_tuple(), strict=True))
                | {f"found_{side}": value for side, value in zip(BOX, located.box.as_tuple(), strict=True)}
                | {"confidence": located.confidence, "iou": located.box.iou(truth)}
                | {"mean_box_iou": trivial.on(*size).iou(truth), "split": first["split"]}
            )
    columns = ["sha256", "width", "height", *BOX, *(f"found_{side}" for side in BOX)]
    return pd.DataFrame(rows, columns=[*columns, "confidence", "iou", "mean_box_iou", "split"])


def judged_by(whole: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Variant → the whole views of the photos that it is judged on, none of which it was trained on."""
    judged = {FINAL: whole[whole["split"] == "test"]}
    return judged | {f"fold{fold}": part for fold, part in whole[whole["fold"] >= 0].groupby("fold")}


def mean_training_box(views: pd.DataFrame) -> RelativeBox:
    """The mean relative box of the training photos."""
    whole = views[(views["split"] == "train") & ~views["mirrored"]].drop_duplicates("sha256")
    boxes = [Box(*(float(getattr(row, side)) for side in BOX)) for row in whole.itertuples()]
    return mean_relative_box(boxes, [(row.cut_right, row.cut_bottom) for row in whole.itertuples()])
