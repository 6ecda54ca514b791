"""Running the whole lineage on the generated catalogue, judged by ground truth that training never saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tiefvision_assets.demo.catalogue import write_demo
from tiefvision_assets.demo.photo import photo_style
from tiefvision_assets.demo.products import write_products
from tiefvision_assets.lineage.evaluation import NothingServed, evaluate_boxes, evaluate_similarity, evaluate_triplets
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.store.labels.files import read_coco, read_triplets
from tiefvision_assets.store.store import Store

ANNOTATOR = "demo"


def _box_summary(store: Store, file: Path) -> dict[str, Any]:
    return evaluate_boxes(store, file).summary


def run_demo(
    store: Store, runner: Runner, images: int, seed: int, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Write the catalogue and its labels, run everything, and measure it; raises `ForeignCatalogue` before writing."""
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
    summary = runner.run_plan()
    return {
        "images": images,
        "seed": seed,
        "run": asdict(summary),
        "boxes": _judged(_box_summary, store, truth / "judge_boxes.json"),
        "triplets": _judged(evaluate_triplets, store, truth / "judge_triplets.csv"),
        "people": _judged(evaluate_triplets, store, truth / "judge_people.csv"),
        "similarity": _judged(evaluate_similarity, store, truth / "judge_similarity.csv"),
    }


def _judged(evaluate: Callable[[Store, Path], dict[str, Any]], store: Store, file: Path) -> dict[str, Any] | None:
    """The measure, or None where the catalogue is too small to leave anything to judge with."""
    try:
        return evaluate(store, file)
    except NothingServed:
        return None
