"""Triplets that a feed of products gives for free: two photos of one product, and one of another product.

They tell what a shop sells as one thing, which is not what people find similar: people's triplets judge what was
learned from them, and they weigh less (docs/decisions/0056).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.ranking import Embeddings
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS

MOST = 4096
"""Photos that are references of such triplets, at most; those with the lowest hashes, which stay the same for long."""
_TRIES = 16


def product_triplets(products: Mapping[str, str], embeddings: Embeddings, same_shot: float) -> pd.DataFrame:
    """A triplet (`TRIPLET_COLUMNS`) for each encoded photo whose product has another photo: H+ is one of the product's
    others, H- any photo of another product.

    ``products`` is content → product. What a photo is compared with is drawn by its hash, so equal products give equal
    triplets, and a product more changes few of them. Near-duplicates, which have a cosine of ``same_shot``, are no H+,
    as there is nothing to learn from them, and no H-, as they may be the same thing sold twice.
    """
    photos = sorted(products.keys() & embeddings.rows.keys())
    shown: dict[str, list[str]] = defaultdict(list)
    for photo in photos:
        shown[products[photo]].append(photo)
    rows = [embeddings.rows[photo] for photo in photos]
    vectors = dict(zip(photos, embeddings.invariant[rows].numpy(), strict=True))
    found = []
    for photo in [photo for photo in photos if len(shown[products[photo]]) > 1][:MOST]:
        draw = np.random.default_rng(int(photo[:16], 16))

        def differs(other: str, own: np.ndarray = vectors[photo]) -> bool:
            return float(vectors[other] @ own) < same_shot

        alike = [other for other in shown[products[photo]] if other != photo and differs(other)]
        tried = [photos[row] for row in draw.integers(len(photos), size=_TRIES)]
        unlike = [other for other in tried if products[other] != products[photo] and differs(other)]
        if alike and unlike:
            found.append((photo, alike[int(draw.integers(len(alike)))], unlike[0]))
    return pd.DataFrame(found, columns=TRIPLET_COLUMNS)
