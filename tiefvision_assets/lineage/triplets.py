"""What the labelled triplets imply, and where they contradict one another."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from tiefvision_assets.store.labels.store import TRIPLET_COLUMNS

LABEL, MIRROR, MINED, PRODUCT, CLICK = "label", "mirror", "mined", "product", "click"
"""Where a triplet comes from."""
BESIDE = (PRODUCT, CLICK)
"""What nobody labelled: it is learned from, with a weight, and has no part in how people's triplets are divided."""


def judging(triplets: pd.DataFrame) -> np.ndarray:
    """(N,) which of the triplets may judge a ranking: people's, and where there are none those of products."""
    source = triplets["source"].to_numpy()
    return np.asarray(source == (LABEL if (source == LABEL).any() else PRODUCT))


def contradictory(triplets: pd.DataFrame) -> pd.Series:
    """Whether the opposite (A: C over B) of each triplet (A: B over C) is among the triplets, too."""
    known = set(triplets[TRIPLET_COLUMNS].itertuples(index=False, name=None))
    opposite = [(row.reference, row.negative, row.positive) in known for row in triplets.itertuples()]
    return pd.Series(opposite, index=triplets.index, dtype=bool)


def suspicious(triplets: pd.DataFrame) -> pd.Series:
    """Whether each triplet is part of a cycle of one reference's preferences, such as B over C, C over D, D over B.

    Preferences are transitive, so at least one triplet of a cycle is wrong. Contradictory pairs are cycles of two.
    """
    import networkx as nx  # only datasets of triplets need it, and it takes a sixth of a second to import

    flags = pd.Series(False, index=triplets.index)
    for _, group in triplets.groupby("reference"):
        preferences = nx.DiGraph(zip(group["positive"], group["negative"], strict=True))
        components = enumerate(nx.strongly_connected_components(preferences))
        component = {photo: number for number, photos in components for photo in photos}
        flags[group.index] = (group["positive"].map(component) == group["negative"].map(component)).to_numpy()
    return flags


def mined(triplets: pd.DataFrame, rows: dict[str, int], vectors: np.ndarray, each: int, margin: float) -> pd.DataFrame:
    """At most ``each`` additional triplets for each triplet, with semi-hard negatives.

    Candidates are the negatives of the reference and of the photos known to be similar to it: if A is similar to B, and
    B is not to C, neither is A to C. Of these, the nearest to the reference are taken that are less similar to it than
    its positive, but by less than ``margin`` (Schroff et al., FaceNet, arXiv:1503.03832, section 3.2). ``rows`` finds a
    photo's unit vector in ``vectors``.
    """
    like, unlike = defaultdict(set), defaultdict(set)
    for row in triplets.itertuples():
        like[row.reference].add(row.positive)
        like[row.positive].add(row.reference)
        unlike[row.reference].add(row.negative)
        unlike[row.negative].add(row.reference)
    found = []
    for row in triplets.itertuples():
        candidates = unlike[row.reference].union(*(unlike[other] for other in like[row.reference]))
        names = sorted(candidates - like[row.reference] - unlike[row.reference] - {row.reference})
        if not names:
            continue
        reference = vectors[rows[row.reference]]
        scores = vectors[[rows[name] for name in names]] @ reference
        gap = float(vectors[rows[row.positive]] @ reference) - scores
        order = np.flatnonzero((gap > 0) & (gap < margin))
        found += [(row.reference, row.positive, names[i]) for i in order[np.argsort(-scores[order])][:each]]
    return pd.DataFrame(found, columns=TRIPLET_COLUMNS).drop_duplicates()
