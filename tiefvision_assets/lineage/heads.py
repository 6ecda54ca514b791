"""Training one box head on a crop dataset: the final variant, and one with each fold left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hyperparameters import ForegroundMapParameters, HeadParameters
from tiefvision_assets.lineage.head_training import HeadTrainer, Trained
from tiefvision_assets.models.fingerprints import head_code
from tiefvision_assets.models.inference import FINAL
from tiefvision_assets.models.loading import as_arrays, as_tensors
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.models import StoredCheckpoint
from tiefvision_assets.store.records import PROJECTION, HeadInputs, HeadRecord, ProjectionRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.parallel import parallel_map


class NoCropEncodings(TiefVisionError):
    """There are no crop encodings yet to train a head on."""


class NoCropsToLearnFrom(TiefVisionError):
    """The labelled photos have no crop that this head could be trained on."""


@dataclass(frozen=True)
class TrainedHead:
    """A head on disk; its variants are ``final``, ``fold0`` …"""

    fingerprint: str
    record: HeadRecord
    reused: bool
    """Whether a head with the same inputs already existed."""


@dataclass(frozen=True)
class TensorCheckpoint:
    """A stored checkpoint, in the form that `tiefvision_assets.vision.training` expects."""

    stored: StoredCheckpoint

    def load(self) -> dict[str, Tensor] | None:
        """The tensors that were saved last; None before the first `save`."""
        arrays = self.stored.load()
        return as_tensors(arrays) if arrays is not None else None

    def save(self, state: dict[str, Tensor]) -> None:
        """Save these tensors in place of the previous ones."""
        self.stored.save({name: tensor.numpy() for name, tensor in state.items()})


def train_and_save(
    store: Store,
    name: str,
    parameters: HeadParameters | ForegroundMapParameters,
    progress: Callable[[int, int], None],
) -> TrainedHead:
    """Train the head of that name on the newest crop encodings, unless one with the same inputs exists.

    A training that was interrupted continues after its last complete epoch.
    """
    maps = store.models.latest(PROJECTION)
    if maps is None:
        raise NoCropEncodings(f"{name} is trained on crop_encodings, and there are none; materialise them first.")
    starter = store.models.record(ProjectionRecord, maps).starter
    inputs = HeadInputs(maps, parameters.model_dump(), name, head_code(name, starter))
    version = fingerprint(**asdict(inputs))
    reused = store.models.exists(name, version)
    if not reused:
        trainer = HeadTrainer(store, maps, name, parameters)
        trained = _train_variants(store, name, version, trainer, progress)
        final = trained.get(FINAL)
        if final is None and variants_of(trainer.views)[FINAL].any():
            raise NoCropsToLearnFrom(
                f"{name} cannot be trained: none of the labelled photos has a crop that lies in its box. The boxes may "
                "be far too small, such as fractions imported as pixels; correct them, or label more photos."
            )
        record = HeadRecord(
            inputs=inputs,
            curves={
                variant: {"training": one.history.training, "held_out": one.history.held_out}
                for variant, one in trained.items()
            },
            best_epoch=final.history.best + 1 if final else 0,
            examples=final.examples if final else 0,
            reliability=final.reliability if final else {},
        )
        weights = {k: v for variant, one in trained.items() for k, v in as_arrays(one.head, f"{variant}.").items()}
        store.models.save(name, version, record, weights)
    store.models.point_to(name, version)
    return TrainedHead(version, store.models.record(HeadRecord, version, name), reused)


def variants_of(views: pd.DataFrame) -> dict[str, np.ndarray]:
    """Variant → (V,) mask of the views it is trained on; there are folds only where candidates are cross-validated."""
    training = (views["split"] == "train").to_numpy()
    fold = views["fold"].to_numpy()
    return {FINAL: training} | {f"fold{left}": training & (fold != left) for left in sorted(set(fold[training]) - {-1})}


def _train_variants(
    store: Store, name: str, version: str, trainer: HeadTrainer, progress: Callable[[int, int], None]
) -> dict[str, Trained]:
    """Train all variants in parallel; those without examples are left out."""
    variants = variants_of(trainer.views)
    steps = dict.fromkeys(variants, (0, 1))

    def train(variant: str) -> Trained | None:
        def advance(done: int, total: int) -> None:
            steps[variant] = (done, total)
            progress(sum(part for part, _ in steps.values()), len(variants) * total)

        checkpoint = TensorCheckpoint(store.models.checkpoint(name, version, variant))
        return trainer.train(variants[variant], checkpoint, advance)

    found = zip(variants, parallel_map(train, variants), strict=True)
    return {variant: trained for variant, trained in found if trained}
