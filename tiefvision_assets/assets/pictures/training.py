"""Pictures of trainings: loss curves, reliability of probabilities, and learning curves by number of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tiefvision_assets.models.inference import FINAL
from tiefvision_assets.pictures import as_markdown, curves, relations
from tiefvision_assets.vision.ranking_training import EVALUATION_INTERVAL


def learning_curves(losses: Mapping[str, Mapping[str, Sequence[float]]], best_epoch: int) -> str:
    """Losses of the final variant by epoch, and of the folds on their held-out photos."""
    final = losses[FINAL]
    lines = {"training": final["training"]}
    if final["held_out"]:
        lines["photos held out from training"] = final["held_out"]
    lines |= {
        f"{variant}, held out": parts["held_out"]
        for variant, parts in losses.items()
        if variant != FINAL and parts["held_out"]
    }
    return as_markdown(curves(lines, x="epoch", y="loss", marked=best_epoch), "learning curves")


def reliability_curve(trust: Mapping[str, Any]) -> str:
    """Share of windows that are targets by predicted probability; perfectly calibrated ones are on the diagonal."""
    lines = {
        "perfectly calibrated": ([0.0, 1.0], [0.0, 1.0]),
        "windows of held-out photos": (trust["predicted"], trust["observed"]),
    }
    return as_markdown(relations(lines, x="probability of a target", y="share of targets"), "reliability")


def labels_curve(
    counts: Sequence[int], lines: Mapping[str, Sequence[float]], y: str, x: str = "labelled photos"
) -> str:
    """A measure of quality by the number of labelled items learned from."""
    points = {name: (list(map(float, counts)), list(values)) for name, values in lines.items()}
    return as_markdown(relations(points, x=x, y=y), "learning curve")


def ranking_curves(losses: Mapping[str, Mapping[str, Sequence[float]]], best_step: int) -> str:
    """Losses by which the number of steps was chosen: of references that the folds' heads never saw."""
    final = losses[FINAL]
    steps = [float(EVALUATION_INTERVAL * number) for number in range(len(final["held_out"]))]
    lines = {
        "references left out in turn": (steps, final["held_out"]),
        "the same, unsupervised": (steps, final["unsupervised"]),
        "kept": ([float(best_step)], [final["held_out"][best_step // EVALUATION_INTERVAL]]),
    }
    return as_markdown(relations(lines, x="step", y="loss"), "learning curves")


def measures_table(rows: Mapping[str, Mapping[str, float]], head: str) -> str:
    """A table with one row for each name and one column for each measure."""
    measures = list(next(iter(rows.values())))
    lines = [
        f"| {name} | {' | '.join(f'{values[measure]:.3f}' for measure in measures)} |" for name, values in rows.items()
    ]
    return "\n".join([f"| {head} | {' | '.join(measures)} |", "| --- " * (1 + len(measures)) + "|", *lines])
