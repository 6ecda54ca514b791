"""The box heads: one asset for each, with its own step, retries and history."""

from dataclasses import fields
from typing import Any

import dagster as dg

from tiefvision_assets.assets.crops import crop_encodings
from tiefvision_assets.assets.groups import LOCATION, TRAIN
from tiefvision_assets.assets.watching import Watch
from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import ClassifierParameters, ForegroundMapParameters, HeadParameters
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.head_names import FOREGROUND, FOREGROUND_MAP, REGRESSORS


class HeadConfig(HeadParameters, dg.Config):
    """Hyper-parameters of one box regressor."""


class ClassifierConfig(ClassifierParameters, dg.Config):
    """Hyper-parameters of the foreground classifier."""


class ForegroundMapConfig(ForegroundMapParameters, dg.Config):
    """Hyper-parameters of the foreground map."""


def _regressor(name: str, description: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        deps=[crop_encodings],
        group_name=LOCATION,
        kinds={"pytorch"},
        pool=TRAIN,
        description=description,
    )
    def head(
        context: dg.AssetExecutionContext,
        config: HeadConfig,
        store: dg.ResourceParam[Store],
        progress: dg.ResourceParam[Progress],
    ) -> dg.MaterializeResult:
        return _train(context, name, config, store, progress)

    return head


@dg.asset(name=FOREGROUND_MAP, deps=[crop_encodings], group_name=LOCATION, kinds={"pytorch"}, pool=TRAIN)
def foreground_map(
    context: dg.AssetExecutionContext,
    config: ForegroundMapConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Predicts for each cell of a refinement crop how much of it is object; this places the edges of the final box."""
    return _train(context, FOREGROUND_MAP, config, store, progress)


def _train(
    context: dg.AssetExecutionContext,
    name: str,
    config: HeadConfig | ClassifierConfig | ForegroundMapConfig,
    store: Store,
    progress: Progress,
) -> dg.MaterializeResult:
    from tiefvision_assets.assets.pictures.training import learning_curves, reliability_curve
    from tiefvision_assets.lineage.heads import train_and_save

    watch = Watch(context, progress)
    with watch.claimed(store):
        trained = train_and_save(store, name, config, watch.stage(f"Training {name}"))
    record = trained.record
    if not record.curves:
        context.log.warning(f"{name}: the labelled photos hold nothing to learn from; nothing was trained.")
    metadata: dict[str, Any] = {"examples": record.examples, "reused": trained.reused}
    if record.curves:
        final = record.curves["final"]
        metadata |= {"epochs": len(final["training"]), "best_epoch": record.best_epoch}
        metadata |= {f"{kind}_loss": losses[record.best_epoch - 1] for kind, losses in final.items() if losses}
        metadata["loss"] = dg.MetadataValue.md(learning_curves(record.curves, record.best_epoch))
    if record.reliability:
        metadata["calibration_error"] = record.reliability["error"]
        metadata["reliability"] = dg.MetadataValue.md(reliability_curve(record.reliability))
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(trained.fingerprint))


@dg.asset(name=FOREGROUND, deps=[crop_encodings], group_name=LOCATION, kinds={"pytorch"}, pool=TRAIN)
def foreground_classifier(
    context: dg.AssetExecutionContext,
    config: ClassifierConfig,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult:
    """Separates target from background crops: the calibrated probability that a window is a target."""
    return _train(context, FOREGROUND, config, store, progress)


regressors = [
    _regressor(
        name, f"Predicts the box's {side.name} side relative to a crop's upper-left corner, from the crop's encoding."
    )
    for name, side in zip(REGRESSORS, fields(Box), strict=True)
]
ASSETS = [foreground_classifier, *regressors, foreground_map]
