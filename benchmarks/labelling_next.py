"""What to label next: how many labels each order needs for the same quality, on a catalogue of which all is known.

    python -m benchmarks.labelling_next boxes DATA LABELS.csv [SEEDS]
    python -m benchmarks.labelling_next triplets DATA LABELS.csv [SEEDS]

DATA is a data folder that was run with all its boxes, LABELS.csv lists its photos (``path,label,group``). In each draw
a part of the groups is kept to judge on. Of the others a first handful of labels is random and the same for all
orders; then each order adds what it finds best, by heads that learned from its own labels so far, until the next size.
Boxes are the labelled ones. A question about two photos is answered by their labels: the one of the reference's label
is closer, and where both or neither have it, the question was asked for nothing. Nothing is written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from benchmarks.labelling_next_boxes import box_quality
from benchmarks.labelling_next_triplets import triplet_quality
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store

Quality = Callable[[Store, pd.DataFrame, int], Iterator[tuple[int, str, int, float]]]
MEASURES: dict[str, tuple[str, Quality]] = {
    "boxes": ("mean IoU", box_quality),
    "triplets": ("ranked right", triplet_quality),
}


def main(kind: str, data: Path, labels: Path, seeds: int = 5) -> None:
    """Print a table: the mean of the draws by order and number of labels, and its gain over the random order."""
    store = Store(Settings(data=data))
    listed = read_similarity(labels, store.catalogue.live())
    measure, quality = MEASURES[kind]
    rows = []
    for row in quality(store, listed, seeds):
        rows.append(row)
        print(*row, sep="\t", file=sys.stderr, flush=True)
    found = pd.DataFrame(rows, columns=["seed", "order", "labels", "quality"])
    print(f"| {kind} | order | {measure} | over random | interval |\n| --- | --- | --- | --- | --- |")
    random = found[found["order"] == "random"].set_index(["seed", "labels"])["quality"]
    for (size, order), part in found.groupby(["labels", "order"], sort=False):
        gains = part.set_index(["seed", "labels"])["quality"] - random
        interval = bootstrap(gains.dropna().to_numpy())
        gain = f"{interval.mean:+.4f} | {interval.low:+.4f} to {interval.high:+.4f}" if order != "random" else " | "
        print(f"| {size} | {order} | {part['quality'].mean():.4f} | {gain} |")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:]))
