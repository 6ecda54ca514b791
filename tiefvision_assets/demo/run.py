"""Running the whole lineage on the generated catalogue, judged by ground truth that training never saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiefvision_assets.demo.catalogue import write_demo
from tiefvision_assets.demo.photo import photo_style
from tiefvision_assets.demo.products import write_products
from tiefvision_assets.demo.street import write_street
from tiefvision_assets.lineage.evaluation import (
    NothingServed,
    evaluate_boxes,
    evaluate_boxes_outside,
    evaluate_similarity,
    evaluate_triplets,
)
from tiefvision_assets.orchestration.runner import Runner, RunSummary
from tiefvision_assets.store.labels.files import read_coco, read_triplets
from tiefvision_assets.store.store import Store

ANNOTATOR = "demo"


def run_demo(store: Store, runner: Runner, images: int, seed: int, progress: Callable[[int, int], None]) -> RunSummary:
    """Write the catalogue and its labels, and run everything; raises `ForeignCatalogue` before writing."""
    truth = store.layout.demo
    with store.writing("tiefvision demo", wait_s=60):
        written = write_demo(store.settings.raw_dir, truth, images, seed, progress)
        styles = [photo_style(index, seed) for index in range(images)]
        write_products(store.layout.root / "products.csv", written.photos, styles, seed)
    runner.scan()
    entries = store.catalogue.live()
    store.labels.add_boxes(read_coco(truth / "boxes.json", entries), annotator=ANNOTATOR, source="demo")
    triplets = truth / "triplets.csv"
    store.labels.add_triplets(read_triplets(triplets, "csv", entries), annotator=ANNOTATOR, source="demo")
    return runner.run_plan()


def judge_demo(store: Store, seed: int, stage: Callable[[str], Callable[[int, int], None]]) -> dict[str, Any]:
    """Measure what the demo learned; draws the street scenes, which only judge, into `demo/street`.

    `stage` begins a stage of that name and returns what is told how far it is.
    """
    truth = store.layout.demo
    return {
        "boxes": _judged(lambda: evaluate_boxes(store, truth / "judge_boxes.json").summary),
        "street": _judged(lambda: _judge_street(store, truth / "street", seed, stage)),
        "triplets": _judged(lambda: evaluate_triplets(store, truth / "judge_triplets.csv")),
        "people": _judged(lambda: evaluate_triplets(store, truth / "judge_people.csv")),
        "similarity": _judged(lambda: evaluate_similarity(store, truth / "judge_similarity.csv")),
    }


def _judge_street(
    store: Store, folder: Path, seed: int, stage: Callable[[str], Callable[[int, int], None]]
) -> dict[str, Any]:
    photos = write_street(folder, seed, progress=stage("Drawing street scenes"))
    files = [(folder / photo.path, photo.box) for photo, _ in photos]
    evaluation = evaluate_boxes_outside(store, files, stage("Judging street scenes"))
    by_outfit = evaluation.rows.groupby([outfit for _, outfit in photos], sort=False)["iou"].mean()
    return evaluation.summary | {"mean_iou_by_outfit": by_outfit.to_dict()}


def _judged(evaluate: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The measure, or None where the catalogue is too small to leave anything to judge with."""
    try:
        return evaluate()
    except NothingServed:
        return None
