"""What starter heads do for similarity without labels: `python -m benchmarks.starter_similarity ENCODER CLOTHING WORK`.

Takes the photos of `benchmarks.starter_heads`, with its WORK. Every photo of ``labels.csv`` is compared with those of
other senders by the unsupervised ranking: once as whole photos, once as the boxes of starter heads that saw no photo
of its sender: those of the package for senders who sent none that was learned from, for others those of
`benchmarks.head_start`, which learned from a third of the senders. Prints precision for both and the differences in
pairs, whose intervals draw senders.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.head_start import starter_of
from benchmarks.starter_heads import FOLDS, Prepared, prepared
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.encoder_comparison import embed
from tiefvision_assets.lineage.evaluation import rows_of_products
from tiefvision_assets.metrics import bootstrap, query_quality
from tiefvision_assets.models.inference import box_heads_from, load_encoder_from
from tiefvision_assets.models.starter_heads import read_starter_heads
from tiefvision_assets.vision.embedding import mirror_invariant
from tiefvision_assets.vision.locate import Locator
from tiefvision_assets.vision.parallel import parallel_map

MEASURES = ("p@1", "p@10", "map@r")
UNSEEN = -1
"""Fold of senders from whom nothing was learned."""


def located(given: Prepared, photos: pd.DataFrame, name: str, folder: Path) -> list[Box]:
    """The box on each photo (path, fold) by heads that learned from none of its sender."""
    shipped = read_starter_heads(name)
    assert shipped
    found: dict[str, Box] = {}
    for fold in (UNSEEN, *range(FOLDS)):
        weights = shipped.tensors() if fold == UNSEEN else starter_of(given, (fold + 1) % FOLDS, folder)
        encoder = load_encoder_from(given.store, given.encoder)
        locator = Locator(*encoder, box_heads_from(weights), shipped.least_confidence)

        def box(path: str, locator: Locator = locator) -> Box:
            with given.store.catalogue.opened(path) as photo:
                return Box(*map(float, locator.locate(photo).box.rounded()))

        paths = list(photos.loc[photos["fold"] == fold, "path"])
        found |= dict(zip(paths, parallel_map(box, paths), strict=True))
        print(f"fold {fold}: {len(paths)} photos located", file=sys.stderr, flush=True)
    return [found[path] for path in photos["path"]]


def main(name: str, clothing: Path, work: Path) -> None:
    """Locate, embed, compare, print."""
    given = prepared(name, clothing, work)
    live = given.store.catalogue.live()
    photos = pd.read_csv(clothing / "labels.csv").assign(path=lambda rows: "clothing/" + rows["path"])
    photos = photos.merge(live[["path", "sha256", "width", "height"]], on="path").reset_index(drop=True)
    folds = given.photos.dropna(subset=["group"]).drop_duplicates("group").set_index("group")["fold"]
    photos["fold"] = photos["group"].map(folds).fillna(UNSEEN).astype(int)
    whole = [Box.whole(row.width, row.height) for row in photos.itertuples()]
    qualities = {}
    for title, boxes in {"whole photos": whole, "starter boxes": located(given, photos, name, work / name)}.items():
        torch.set_num_threads(1)
        of_photos = list(zip(photos["path"], boxes, strict=True))
        both, _ = embed(given.store, of_photos, *load_encoder_from(given.store, given.encoder), lambda *_: None)
        rows = rows_of_products(mirror_invariant(both.numpy()))
        qualities[title] = query_quality(rows, photos["label"].to_numpy(), photos["group"].to_numpy())
    print(f"{name}, {len(photos)} photos\n\n| | {' | '.join(MEASURES)} |\n| --- | {'--- | ' * len(MEASURES)}")
    for title, quality in qualities.items():
        print(f"| {title} | {' | '.join(f'{np.nanmean(quality[measure]):.3f}' for measure in MEASURES)} |")
    print(f"| gain | {' | '.join(_gain(qualities, measure, photos['group'].to_numpy()) for measure in MEASURES)} |")


def _gain(qualities: dict[str, dict[str, np.ndarray]], measure: str, groups: np.ndarray) -> str:
    whole, boxes = (quality[measure] for quality in qualities.values())
    known = ~np.isnan(whole)
    found = bootstrap((boxes - whole)[known], groups[known])
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
