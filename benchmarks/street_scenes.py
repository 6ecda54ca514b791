"""Boxes of people in streets after such photos were labelled: `python -m benchmarks.street_scenes WORK [LABELLED]`.

Draws LABELLED (300) scenes with boxes, whose data folder in WORK is ingested and run with the encoder of the settings,
and 160 other scenes, which judge its boxes. Prints the mean IoU and the share over .9, of all, by seed and by kind of
outfit; intervals draw scenes. Nothing that `tiefvision demo` judges by is drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from benchmarks.bench.measuring import command_line, cost_of_command
from tiefvision_assets.demo.street import write_street
from tiefvision_assets.lineage.evaluation import evaluate_boxes_outside
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

LABELLED, LABELLED_SEED = 300, 2001
JUDGES = {2003: 100, 2002: 60}
"""Seed → number of the scenes that judge; those of 2003 have chosen the crops of docs/decisions/0078, too."""


def main(work: Path, labelled: int) -> None:
    """Print the table."""
    raw = work / "raw"
    write_street(raw, LABELLED_SEED, labelled)
    environment = {"TIEFVISION_DATA": str(work / "data"), "TIEFVISION_RAW": str(raw)}
    for command in (["ingest"], ["labels", "import", str(raw / "boxes.json"), "--format", "coco"], ["run"]):
        cost_of_command(command_line(*command), environment)
    store = Store(Settings(data=work / "data", raw=raw))
    print(table(pd.concat([judged(store, work / f"judge-{seed}", seed, count) for seed, count in JUDGES.items()])))


def judged(store: Store, folder: Path, seed: int, count: int) -> pd.DataFrame:
    """``seed``, ``kind`` and ``iou`` of each scene."""
    scenes = write_street(folder, seed, count)
    files = [(folder / scene.path, scene.box) for scene, _ in scenes]
    rows = evaluate_boxes_outside(store, files, lambda done, total: None).rows
    return pd.DataFrame({"seed": seed, "kind": [kind for _, kind in scenes], "iou": rows["iou"].to_numpy()})


def table(rows: pd.DataFrame) -> str:
    """All scenes, then those of each seed and of each kind, in Markdown."""
    parts: list[tuple[object, pd.DataFrame]] = [("all", rows)]
    parts += [(f"seed {seed}", part) for seed, part in rows.groupby("seed", sort=False)]
    parts += rows.groupby("kind", sort=False)
    lines = ["| scenes | | mean IoU | interval | > 0.9 |", "| --- | --- | --- | --- | --- |"]
    for name, part in parts:
        found = bootstrap(part["iou"].to_numpy())
        over = (part["iou"] > 0.9).mean()
        lines.append(f"| {name} | {len(part)} | {found.mean:.3f} | {found.low:.3f}–{found.high:.3f} | {over:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else LABELLED)
