"""The first k-NN graph of a catalogue that is too large to compare all photos with each other.

faiss finds the candidates and exact products rank them, so every score is the one an exact graph has, and later updates
work as on an exact graph: new photos are compared with all others. Neighbours that faiss missed stay missing until the
graph is built anew; `graph_recall` measures how many they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.graph import SERVED, STORED, Graph
from tiefvision_assets.store.nearest import MARGIN, best, exact_products, nearest

PROBES = 1.25
"""Factor on the lists probed by a search for ten, because a graph needs more neighbours; measured in decision 30."""
FEWEST_PROBES = 4
_QUERIES, _MEASURED = 4096, 256


def approximate_graph(
    vectors: np.ndarray,
    index: FaissIndex,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Graph:
    """The graph of (N, D) float16 vectors of about unit length, with candidates from the index over them.

    Lists that get fewer than `SERVED` neighbours are computed exactly.
    """
    width = min(STORED, max(0, len(vectors) - 1))
    neighbours = np.empty((len(vectors), width), np.int32)
    scores = np.empty((len(vectors), width), np.float32)
    probes = max(FEWEST_PROBES, math.ceil(PROBES * index.stats()["nprobe"]))
    for start in range(0, len(vectors), _QUERIES):
        rows = np.arange(start, min(start + _QUERIES, len(vectors)))
        found = index.candidates(np.asarray(vectors[rows], dtype=np.float32), STORED + MARGIN + 1, probes)
        products = exact_products(vectors, rows, found.clip(0))
        products[(found < 0) | (found == rows[:, None])] = -np.inf
        scores[rows], neighbours[rows] = best(products, found, width)
        progress(start + len(rows), len(vectors))
    neighbours[np.isneginf(scores)] = -1
    short = np.flatnonzero((neighbours >= 0).sum(axis=1) < min(SERVED, width))
    neighbours[short], scores[short] = nearest(vectors, short, STORED)
    return Graph(neighbours, scores)


def graph_recall(graph: Graph, vectors: np.ndarray, k: int = 10) -> float:
    """Share of the k nearest of 256 vectors (drawn by seed 2) that are in the graph; 1 without neighbours."""
    rows = np.sort(np.random.default_rng(2).permutation(len(vectors))[:_MEASURED])
    truth, _ = nearest(vectors, rows, k)
    named = np.asarray(graph.neighbours[rows])[:, :k]
    return float((truth[:, :, None] == named[:, None, :]).any(-1).mean()) if truth.size else 1.0
