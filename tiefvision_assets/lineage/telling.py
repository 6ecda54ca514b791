"""Which questions tell most: those that the models are unsure about, and among these the ones unlike one another.

Only the choosing, from numbers that are there already, without PyTorch. Where the numbers come from is in
`tiefvision_assets.lineage.telling_triplets` and in the app's queues.
"""

from __future__ import annotations

import numpy as np

WIDTH = 4
"""Of so many times the wanted number of questions, the most uncertain ones, those unlike one another are chosen."""
BLOCK = 50
"""Questions that are chosen together: as many as models wait for before they learn again, unless that is set."""


def k_centre(vectors: np.ndarray, known: np.ndarray, count: int) -> list[int]:
    """``count`` rows of (N, D) vectors, each the farthest from the (M, D) ``known`` ones and from those before it.

    The greedy 2-approximation of the k-centre problem (Gonzalez, *Clustering to Minimize the Maximum Intercluster
    Distance*, 1985; for active learning Sener and Savarese, arXiv:1708.00489). Of rows that are as far, the first is
    taken; where nothing is known, the first row. Fewer than ``count`` only where there are fewer rows.
    """
    points, before = (np.asarray(given, dtype=np.float64) for given in (vectors, known))
    nearest = np.full(len(points), np.inf)
    for start in range(0, len(before), BLOCK):  # block by block: distances to all at once take N x M numbers
        nearest = np.minimum(nearest, _squared_distances(points, before[start : start + BLOCK]).min(axis=1))
    chosen: list[int] = []
    for _ in range(min(count, len(points))):
        row = int(np.argmax(nearest))
        chosen.append(row)
        nearest = np.minimum(nearest, _squared_distances(points, points[[row]])[:, 0])
        nearest[chosen] = -1.0
    return chosen


def telling_order(
    uncertainty: np.ndarray, vectors: np.ndarray, known: np.ndarray, block: int = BLOCK, width: int = WIDTH
) -> list[int]:
    """The N rows of (N,) uncertainties and (N, D) vectors, the one to be asked about first in front.

    Each ``block`` of rows is chosen by `k_centre` among the ``width`` times as many that are the most uncertain of
    those left, away from the (M, D) vectors of what is ``known`` and from the blocks before. So the order stays right
    while its first rows become known.
    """
    left = np.argsort(-np.asarray(uncertainty, dtype=np.float64), kind="stable")
    order: list[int] = []
    while len(left):
        pool = left[: width * block]
        seen = np.concatenate([known.reshape(-1, vectors.shape[1]), vectors[order]])
        chosen = pool[k_centre(vectors[pool], seen, block)]
        order += chosen.tolist()
        left = left[~np.isin(left, chosen)]
    return order


def disagreement(margins: np.ndarray) -> np.ndarray:
    """(V, N) margins of N questions by V models → (N,) how far the models disagree about each answer's sign, 0 to 1.

    The spread of the margins in shares of itself and their mean's size: 1 where they cancel out, 0 where all are the
    same. A share, so that heads of different scale count alike.
    """
    spread, mean = margins.std(axis=0), np.abs(margins.mean(axis=0))
    return np.asarray(np.divide(spread, spread + mean, out=np.zeros_like(spread), where=spread + mean > 0))


def most_disputed(scores: np.ndarray, offered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(V, R, C) similarities of R references' C candidates by V models → (R, 2) places of the two candidates of which
    the models disagree most which is closer, the first in front, and (R,) that `disagreement`.

    ``offered`` (R, C) tells which places hold a candidate; a reference with fewer than two has -1 for both.
    """
    models, references, candidates = scores.shape
    first, second = np.triu_indices(candidates, 1)
    pairs = np.stack([first, second], axis=1)
    if not len(pairs):
        return np.full((references, 2), -1), np.full(references, -1.0)
    margins = (scores[:, :, first] - scores[:, :, second]).reshape(models, -1)
    disputed = disagreement(margins).reshape(references, -1)
    disputed[~(offered[:, first] & offered[:, second])] = -1.0
    best = disputed.argmax(axis=1)
    found = disputed[np.arange(references), best]
    return np.where(found[:, None] >= 0, pairs[best], -1), found


def _squared_distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(N, D), (M, D) → (N, M)."""
    lengths = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None]
    return np.asarray(np.maximum(0.0, lengths - 2 * points @ centres.T))
