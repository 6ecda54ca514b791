"""Other looks at an object, and larger bases, for better neighbours: judged by halves of the senders.

    python -m benchmarks.object_views DATA LABELS.csv

DATA is a data folder that was run; its encoder encodes the photos that LABELS.csv lists (``path,label,group``), cut to
their boxes, anew in each way of `WAYS`: larger squares, a margin around the box, two looks joined, and more numbers a
photo. Each look has a basis of its own, fitted on the listed photos. Groups are halved as in `benchmarks.neighbours`,
which says what the measures are: in all four ways a head learns from one half's labels, and the photos of the other are
ranked among themselves. Prints the measures with their gain over the first way and its 95 % interval, which draws
groups, by the embedding and by the head, and the milliseconds of processor time that the looks take a photo. Nothing is
written.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.neighbour_methods import joined, plain
from benchmarks.neighbours import RANKINGS, Found, judged_halves
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.encoder_comparison import boxed_photos
from tiefvision_assets.metrics import bootstrap
from tiefvision_assets.models.inference import load_encoder_from
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.files import read_similarity
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.embedding import Basis, mirror_invariant
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.objects import NOTHING, cut_out, object_cells
from tiefvision_assets.vision.pools import mean_of_blocks
from tiefvision_assets.vision.registry import Encoder

DIMENSIONS = 256
AT_ONCE = 8


@dataclass(frozen=True)
class Look:
    """How an object is cut out, into a square of that many pixels, with a share of its box around it, and encoded."""

    side: int = 224
    margin: float = 0.0
    pooled: int = 1
    """Of so many rows and columns of cells the mean is taken."""

    def box(self, box: Box) -> Box:
        """The box with the margin on each side; `cut_out` keeps it within the photo."""
        across, down = self.margin * (box.right - box.left), self.margin * (box.bottom - box.top)
        return Box(max(box.left - across, 0), max(box.top - down, 0), box.right + across, box.bottom + down)


@dataclass(frozen=True)
class Way:
    """Looks of which the embeddings are joined in equal parts, and how many numbers are left."""

    looks: tuple[Look, ...] = (Look(),)
    dimensions: int = DIMENSIONS
    whitened: float = 0.0
    """Power of the standard deviation by which each number is divided, all variances less than the mean one raised
    halfway to it; 0 leaves them."""


WAYS: Mapping[str, Way] = {
    "224 pixels": Way(),
    "256 pixels": Way((Look(256),)),
    "288 pixels": Way((Look(288),)),
    "320 pixels": Way((Look(320),)),
    "384 pixels": Way((Look(384),)),
    "320 pixels, means of 2 x 2 cells": Way((Look(320, pooled=2),)),
    "384 pixels, means of 2 x 2 cells": Way((Look(384, pooled=2),)),
    "448 pixels, means of 2 x 2 cells": Way((Look(448, pooled=2),)),
    "a margin of a tenth": Way((Look(margin=0.1),)),
    "224 and 288 pixels": Way((Look(), Look(288))),
    "224 and 384 pixels": Way((Look(), Look(384))),
    "without and with a margin": Way((Look(), Look(margin=0.1))),
    "512 numbers": Way(dimensions=512),
    "a quarter whitened": Way(whitened=0.25),
    "half whitened": Way(whitened=0.5),
}


def main(data: Path, labels: Path) -> None:
    """Print a row for each way."""
    torch.set_num_threads(1)
    store = Store(Settings(data=data))
    listed = read_similarity(labels, store.catalogue.live()).reset_index(drop=True)
    photos = boxed_photos(store, listed)
    encoder = store.served.read().models.encoder
    if encoder is None:
        raise SystemExit(f"{data} serves nothing yet; run `tiefvision run` there.")
    spec, engine = load_encoder_from(store, encoder)
    seen: dict[tuple[Look, int], tuple[np.ndarray, float]] = {}
    base: dict[str, Found] = {}
    columns = ["way", "ms a photo"]
    columns += [f"{ranking} {measure}" for ranking in RANKINGS for measure in ("p@10", "own product", "copies")]
    print(f"{spec.name}, {len(listed):,} photos\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for name, way in WAYS.items():
        if any(cells_across(spec, look) % look.pooled for look in way.looks):
            continue
        parts = []
        for look in way.looks:
            key = (look, way.dimensions)
            seen[key] = seen.get(key) or embedded(store, photos, spec, engine, *key)
            parts.append(seen[key])
        together = parts[0][0]
        for other, _ in parts[1:]:
            together = joined(together, other, 0.5, way.dimensions)
        if way.whitened:
            together = whitened(together, way.whitened)
        halves = judged_halves(listed, together)
        groups = np.concatenate([listed["group"].to_numpy()[half.rows] for half in halves])
        cells = [name, f"{1000 * sum(seconds for _, seconds in parts) / len(photos):.1f}"]
        for ranking in RANKINGS:
            found = Found.together(half.found(ranking, plain) for half in halves)
            base.setdefault(ranking, found)
            cells += [told(found, base[ranking], measure, groups) for measure in ("precision", "own_product")]
            cells.append(f"{found.copies.mean():.3f}")
        print(f"| {' | '.join(cells)} |", flush=True)


def cells_across(spec: Encoder, look: Look) -> int:
    """The columns of the map of an object that is looked at so."""
    return spec.objects.cells + (look.side - spec.objects.side) // spec.objects.stride


def embedded(
    store: Store, photos: list[tuple[str, Box]], spec: Encoder, engine: Engine, look: Look, dimensions: int
) -> tuple[np.ndarray, float]:
    """(N, D) embeddings, alike for a photo and its mirror image, and seconds of processor time that encoding took."""
    cells, seconds = [], 0.0
    for start in range(0, len(photos), AT_ONCE):
        part = photos[start : start + AT_ONCE]
        began = time.process_time()
        objects = []
        for path, box in part:
            with store.catalogue.opened(path) as photo:
                objects.append(cut_out(photo, look.box(box), look.side))
        encoded = pooled(object_cells(engine, spec, objects), look.pooled)
        seconds += time.process_time() - began
        cells.append(encoded.astype(np.float16))
    sample = np.concatenate(cells)
    basis = Basis.fit(sample, dimensions)
    both = [basis.both_ways(part.astype(np.float32)) for part in cells]
    return mirror_invariant(np.concatenate(both)), seconds


def pooled(cells: np.ndarray, size: int) -> np.ndarray:
    """(B, C, h, w) cells → (B, C, h / size, w / size) normalised means of size x size cells."""
    if size == 1:
        return cells
    return normalised(np.stack([mean_of_blocks(photo, size) for photo in cells]), axis=1, shortest=NOTHING)


def whitened(vectors: np.ndarray, power: float) -> np.ndarray:
    """(N, D) unit vectors, each component divided by that power of its standard deviation, shrunk towards the mean."""
    variance = vectors.var(0)
    shrunk = np.maximum(variance, (variance + variance.mean()) / 2)
    scaled = vectors / shrunk ** (power / 2)
    unit: np.ndarray = (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)
    return unit


def told(found: Found, base: Found, measure: str, groups: np.ndarray) -> str:
    """A measure and its gain with the interval; of the first way the interval of the measure itself."""
    values = getattr(found, measure)
    compared = values if found is base else values - getattr(base, measure)
    known = ~np.isnan(compared)
    interval = bootstrap(compared[known], groups[known])
    gain = "" if found is base else f"{interval.mean:+.3f}, "
    return f"{np.nanmean(values):.3f} ({gain}{interval.low:.3f} to {interval.high:.3f})"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
