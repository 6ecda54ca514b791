"""What starter heads do for similarity without labels: `python -m benchmarks.starter_similarity ENCODER CLOTHING WORK`.

Takes the photos of ``labels.csv`` (``path,label,group``) from whose senders the shipped starter heads learned nothing.
They are compared with one another by the unsupervised ranking, whose basis is fitted on them: once as whole photos,
once as the boxes that the heads find. A photo's own sender does not count. Prints precision for both and the
differences in pairs, whose intervals draw senders. WORK keeps a data folder, for the next time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.starter_heads import store_of
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


def main(name: str, clothing: Path, work: Path) -> None:
    """Locate, embed, compare, print."""
    store = store_of(name, work / f"{name}-similarity", {"clothing": clothing / "photos"})
    shipped = read_starter_heads(name)
    encoder = store.served.read().next.encoder
    assert shipped and encoder
    live = store.catalogue.live()
    photos = pd.read_csv(clothing / "labels.csv").assign(path=lambda rows: "clothing/" + rows["path"])
    photos = photos.merge(live[["path", "sha256", "width", "height"]], on="path")
    senders = photos.loc[shipped.have_seen(photos["sha256"]), "group"]
    photos = photos[~photos["group"].isin(senders)].reset_index(drop=True)
    locator = Locator(*load_encoder_from(store, encoder), box_heads_from(shipped.tensors()), shipped.least_confidence)

    def located(path: str) -> Box:
        with store.catalogue.opened(path) as photo:
            return Box(*map(float, locator.locate(photo).box.rounded()))

    whole = [Box.whole(row.width, row.height) for row in photos.itertuples()]
    ways = {"whole photos": whole, "starter boxes": list(parallel_map(located, photos["path"]))}
    labels, groups = photos["label"].to_numpy(), photos["group"].to_numpy()
    qualities = {}
    for title, boxes in ways.items():
        torch.set_num_threads(1)
        of_photos = list(zip(photos["path"], boxes, strict=True))
        spec, engine = load_encoder_from(store, encoder)
        both, _ = embed(store, of_photos, spec.seeing(spec.look), engine, lambda *_: None)
        qualities[title] = query_quality(rows_of_products(mirror_invariant(both.numpy())), labels, groups)
    print(f"{name}, {len(photos)} photos of {photos['group'].nunique()} senders\n")
    print(f"| | {' | '.join(MEASURES)} |\n| --- | {'--- | ' * len(MEASURES)}")
    for title, quality in qualities.items():
        print(f"| {title} | {' | '.join(f'{np.nanmean(quality[measure]):.3f}' for measure in MEASURES)} |")
    gains = [_gain(qualities["starter boxes"][each] - qualities["whole photos"][each], groups) for each in MEASURES]
    print(f"| gain | {' | '.join(gains)} |")


def _gain(differences: np.ndarray, groups: np.ndarray) -> str:
    known = ~np.isnan(differences)
    found = bootstrap(differences[known], groups[known])
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
