"""Two-fold cross-validation of the ranking head by groups: a head learns from one half and ranks the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tiefvision_assets.hyperparameters import RankingHeadParameters, TripletDatasetParameters
from tiefvision_assets.lineage.evaluation import rows_of_products
from tiefvision_assets.lineage.ranking import Embeddings, train_on
from tiefvision_assets.lineage.triplet_dataset import make_triplets
from tiefvision_assets.metrics import ranking_quality
from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS
from tiefvision_assets.vision.embedding import mirror_invariant
from tiefvision_assets.vision.ranking import RankingHead

DRAWN = 4
"""Triplets drawn for each photo that has a match and a mismatch in other groups."""
_NO_TWINS = 2.0
"""A cosine that no two photos have: what judges is of other groups anyway."""


def quality_by_halves(listed: pd.DataFrame, both: Tensor) -> dict[str, dict[str, float]]:
    """``unsupervised`` and ``supervised`` → `ranking_quality` of N listed photos by `rows_by_halves`."""
    labels, groups = labels_of_halves(listed), listed["group"].to_numpy()
    return {name: ranking_quality(rows, labels, groups) for name, rows in rows_by_halves(listed, both).items()}


def rows_by_halves(listed: pd.DataFrame, both: Tensor) -> dict[str, Iterator[np.ndarray]]:
    """``unsupervised`` and ``supervised`` → the N rows, (N,) each, of similarities of the listed photos.

    Each photo is compared with those of its own half; those of the other half have minus infinity. ``listed`` has
    sha256, label, group; ``both`` is (N, 2, D), the embeddings of each photo and of its mirror image. The groups are
    halved by `halves`. A ranking head learns from triplets that are drawn from the labels of one half, by the default
    recipes of ``triplet_dataset`` and ``ranking_head``, and ranks the photos of the other; it has seen neither them nor
    any photo of their groups. Where no triplet can be drawn, supervised equals unsupervised.
    """
    half = halves(listed["group"])
    unsupervised, supervised = [], []
    for number in (0, 1):
        own, other = (torch.from_numpy(half == which) for which in (number, 1 - number))
        head = head_of(listed[other.numpy()], both[other])
        unsupervised.append(torch.from_numpy(mirror_invariant(both[own].numpy())))
        supervised.append(head(unsupervised[-1]) if head else unsupervised[-1])
    return {
        "unsupervised": _within(unsupervised, half),
        "supervised": _within(supervised, half),
    }


def labels_of_halves(listed: pd.DataFrame) -> np.ndarray:
    """(N,) labels by which photos of the other half are no match."""
    return halves(listed["group"]).astype(str).astype(object) + listed["label"].to_numpy()


def halves(groups: pd.Series) -> np.ndarray:
    """(N,) 0 or 1, the same for all photos of a group: groups are taken in the order of their hashes, each into the
    smaller half.

    Halving by the hash alone could leave a half empty where there are few groups, or where the groups were themselves
    chosen by a hash of their names.
    """
    sizes = groups.value_counts()
    half: dict[str, int] = {}
    photos = [0, 0]
    for group in sorted(sizes.index, key=lambda name: hashlib.sha256(name.encode()).digest()):
        half[group] = photos.index(min(photos))
        photos[half[group]] += int(sizes[group])
    return groups.map(half).to_numpy(dtype=np.int64)


def drawn_triplets(listed: pd.DataFrame, each: int = DRAWN, seed: int = 0) -> pd.DataFrame:
    """``each`` random triplets for every photo: H+ has its label, H- another, both from other groups than its own."""
    draw = np.random.default_rng(seed)
    photos = listed.drop_duplicates("sha256")
    names, labels, groups = (photos[column].to_numpy() for column in ("sha256", "label", "group"))
    found = set()
    for row, name in enumerate(names):
        strangers = groups != groups[row]
        alike, unlike = (np.flatnonzero(strangers & same) for same in (labels == labels[row], labels != labels[row]))
        for _ in range(each if len(alike) and len(unlike) else 0):
            found.add((name, names[draw.choice(alike)], names[draw.choice(unlike)]))
    return pd.DataFrame(sorted(found), columns=TRIPLET_COLUMNS)


def head_of(listed: pd.DataFrame, both: Tensor) -> RankingHead | None:
    """A ranking head that learned from triplets of these N photos' labels by the default recipes.

    ``both`` is (N, 2, D), the embeddings of each photo and of its mirror image. None where no triplet can be drawn.
    """
    drawn = drawn_triplets(listed)
    if not len(drawn):
        return None
    embeddings = Embeddings({sha256: row for row, sha256 in enumerate(listed["sha256"])}, both)
    triplets = make_triplets(drawn, embeddings, TripletDatasetParameters(test_share=0.0), _NO_TWINS)
    trained = train_on(triplets[triplets["split"] == "train"], embeddings, RankingHeadParameters())
    return trained[0] if trained else None


def _within(vectors: Sequence[Tensor], half: np.ndarray) -> Iterator[np.ndarray]:
    """The N rows, (N,) each, of products of the vectors within either half; photos of the other half rank last."""
    products = [rows_of_products(part) for part in vectors]
    for number in half:
        row = np.full(len(half), -np.inf)
        row[half == number] = next(products[number])
        yield row
