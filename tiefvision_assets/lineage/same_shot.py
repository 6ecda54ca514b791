"""From which cosine on two photos may be the same shot: that of the encoder, or measured on the catalogue's own photos.

The built-in encoders' were chosen by eye (docs/decisions/0014); a network of timm has nobody who looked. So objects of
the catalogue are altered as copies of photos are, and compared with the originals and with other photos.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageEnhance

from tiefvision_assets.models.inference import encoder_of
from tiefvision_assets.store.records import BasisRecord
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.embedding import Basis, mirror_invariant
from tiefvision_assets.vision.engine import Engine
from tiefvision_assets.vision.objects import object_cells
from tiefvision_assets.vision.parallel import parallel_map
from tiefvision_assets.vision.registry import Encoder

COPIED = 48
"""So many photos of the basis' sample are copied."""
COPIES_FOUND = 0.9
"""Share of the copies that are found at least, whatever other photos look like."""
OTHERS_PASSED = 0.99
"""Share of photos whose nearest other one is not taken for the same shot, where the copies allow that."""
BOUNDS = (0.8, 0.98)
"""A catalogue of few photos, or of one product, may tell neither; then the cosine stays within these."""
UNMEASURED = 0.9


def same_shot_of(store: Store, encoder: str, basis: str | None) -> float:
    """The cosine for these models: of the encoder where it has one, else as measured when the basis was fitted."""
    known = encoder_of(store, encoder).same_shot
    if known is None and basis is not None:
        known = store.models.record(BasisRecord, basis).same_shot
    return UNMEASURED if known is None else known


def measured_same_shot(
    spec: Encoder, engine: Engine, basis: Basis, objects: Sequence[Image.Image], sample: np.ndarray
) -> float:
    """The cosine by which copies of ``objects``, cut out, are told from other photos; ``sample`` are (N, 2, D)
    embeddings of different photos.

    It is the cosine that `OTHERS_PASSED` of the sample have with no other photo, unless fewer than `COPIES_FOUND` of
    the copies reach it.
    """
    vectors = mirror_invariant(sample.astype(np.float32))
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -1)
    others = np.quantile(scores.max(axis=1), OTHERS_PASSED)

    def embedded(item: Image.Image) -> np.ndarray:
        versions = [item, *(copy(item) for copy in COPIES)]
        return mirror_invariant(basis.both_ways(object_cells(engine, spec, versions)))

    found = np.stack(list(parallel_map(embedded, objects)))
    copies = np.quantile((found[:, 1:] * found[:, :1]).sum(axis=-1), 1 - COPIES_FOUND)
    return float(np.clip(min(others, copies), *BOUNDS))


def _compressed(item: Image.Image) -> Image.Image:
    written = io.BytesIO()
    item.save(written, "JPEG", quality=50)
    return Image.open(written).convert("RGB")


def _smaller(item: Image.Image) -> Image.Image:
    """A third of the pixels in each direction is lost."""
    size = (item.width * 2 // 3, item.height * 2 // 3)
    return item.resize(size, Image.Resampling.BILINEAR).resize(item.size, Image.Resampling.BILINEAR)


def _cut(item: Image.Image) -> Image.Image:
    """Three hundredths less at each side."""
    x, y = 0.03 * item.width, 0.03 * item.height
    return item.resize(item.size, Image.Resampling.BILINEAR, box=(x, y, item.width - x, item.height - y))


def _brighter(item: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(item).enhance(1.15)


COPIES = (_compressed, _smaller, _cut, _brighter)
