"""Whether training should go on from starter heads: `python -m benchmarks.head_start ENCODER CLOTHING WORK [COUNTS]`.

Takes the photos of `benchmarks.starter_heads`, with its WORK. The senders of the clothing photos are in three parts:
starter heads learn from one part and the generated photos, 10, 25, 50, 100 (or COUNTS) and all photos of the second
part are labelled, and the third is judged, of whose senders neither has seen any. The parts change places three times,
so every photo is judged once. Prints, by number of labels, the mean IoU of training from random weights and of
training that goes on from the starter heads, whose own is that of 0 labels; intervals draw senders.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from benchmarks.starter_heads import FOLDS, Prepared, Weights, judged, prepared, trained
from tiefvision_assets.lineage.head_training import HeadTrainer
from tiefvision_assets.lineage.views import going_on
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.models.inference import of_variant
from tiefvision_assets.models.loading import as_arrays, as_tensors
from tiefvision_assets.vision.head_names import FOREGROUND_MAP

COUNTS = (10, 25, 50, 100)
STARTER, SCRATCH, START = "starter heads", "from random weights", "from the starter heads"


def starter_of(given: Prepared, part: int, folder: Path) -> Weights:
    """Starter heads that learned from one part of the senders and all generated photos; FOLDER keeps them."""
    file = folder / f"start{part}.safetensors"
    if not file.exists():
        learned = (given.photos["source"] != "clothing") | (given.photos["fold"] == part)
        # the part before has left its start there, which knows photos that this one judges
        given.trainers[FOREGROUND_MAP].start = None
        save_file(trained(given, given.photos[learned]), file)
    return load_file(file)


def with_map(starter: Weights, trainer: HeadTrainer, photos: pd.DataFrame, *, start: bool) -> Weights:
    """The starter heads with a foreground map that learned from these labelled photos, going on from theirs or not."""
    trainer.start = as_tensors(of_variant(starter, FOREGROUND_MAP)) if start else None
    learned = going_on(trainer.views) if start else trainer.views
    used = learned[learned["sha256"].isin(photos["sha256"])].index
    found = trainer.train(trainer.views.index.isin(used), None, None)
    assert found, "nothing to learn from"
    return {**starter, **as_arrays(found.head, f"{FOREGROUND_MAP}.")}


def measured(given: Prepared, folder: Path, counts: tuple[int, ...]) -> pd.DataFrame:
    """The IoU of each judged photo, by ``way`` and number of ``labels``; 0 stands for all."""
    trainer = given.trainers[FOREGROUND_MAP]
    clothing = given.photos[given.photos["source"] == "clothing"]
    rows = []
    for part in range(FOLDS):
        labelled = clothing[clothing["fold"] == (part + 1) % FOLDS].sort_values("order", kind="stable")
        labelled = labelled.sample(frac=1, random_state=part)
        judges = clothing[clothing["fold"] == (part + 2) % FOLDS]
        starter = starter_of(given, part, folder)

        def note(way: str, labels: int, weights: Weights, judges: pd.DataFrame = judges, part: int = part) -> None:
            found = judged(given, weights, judges)[["sha256", "iou"]].assign(way=way, labels=labels, part=part)
            rows.append(found.merge(judges[["sha256", "group"]], on="sha256"))
            print(
                f"part {part}, {labels or 'all'} labels, {way}: {found['iou'].mean():.4f}", file=sys.stderr, flush=True
            )

        note(STARTER, 0, starter)
        for count in (*counts, 0):
            photos = labelled.head(count or len(labelled))
            note(SCRATCH, count, with_map(starter, trainer, photos, start=False))
            note(START, count, with_map(starter, trainer, photos, start=True))
        pd.concat(rows).to_parquet(folder / "head_start.parquet")
    return pd.concat(rows)


def table(rows: pd.DataFrame) -> str:
    """The curve in Markdown: mean IoU and the share over .9, and what the start gains on both others in pairs."""
    starter = rows[rows["way"] == STARTER]
    lines = [
        "| labels | starter heads | from random weights | from the starter heads | gain on the starter heads | gain on "
        "random weights |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for count in sorted(set(rows["labels"]), key=lambda labels: labels or np.inf):
        of_count = rows[rows["labels"] == count]
        scratch, start = (of_count[of_count["way"] == way] for way in (SCRATCH, START))
        cells = [_level(found) for found in (starter, scratch, start)]
        gains = [_gain(start, starter), _gain(start, scratch)]
        lines.append(f"| {count or 'all'} | {' | '.join(cells + gains)} |")
    return "\n".join(lines)


def _level(rows: pd.DataFrame) -> str:
    return f"{rows['iou'].mean():.3f} · {(rows['iou'] > 0.9).mean():.2f}"


def _gain(rows: pd.DataFrame, others: pd.DataFrame) -> str:
    both = rows.merge(others, on=["sha256", "part"], suffixes=("", "_other"))
    found = bootstrap((both["iou"] - both["iou_other"]).to_numpy(), both["group"].to_numpy())
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def main(name: str, clothing: Path, work: Path, counts: tuple[int, ...]) -> None:
    """Train, judge, print."""
    print(table(measured(prepared(name, clothing, work), work / name, counts)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), tuple(map(int, sys.argv[4:])) or COUNTS)
