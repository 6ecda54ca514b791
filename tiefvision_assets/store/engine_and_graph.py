"""The engine and the k-NN graph of a new version, made anew or from those of the version before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tiefvision_assets.store.approximate_graph import approximate_graph
from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.graph import Graph, build_graph, is_worth_updating, updated_graph
from tiefvision_assets.store.index_version import IndexVersion
from tiefvision_assets.store.neighbours import EXACT_LIMIT, Engine, ExactIndex, IndexInFiles


@dataclass(frozen=True)
class Before:
    """A version from which another one is made."""

    index: IndexVersion
    origins: np.ndarray
    """(N,) row in this version of each entry of the new version, if it has the same vector; -1 for new vectors."""


def made_engine(engine: Engine, vectors: np.ndarray, before: Before | None) -> IndexInFiles:
    """The engine over (N, D) vectors: the one of the version before carried on, where faiss can be."""
    if engine == "exact" or not len(vectors):
        return ExactIndex(vectors)
    # opened for this alone, so that it is not in memory beside what is made of it for longer than that takes
    known = replace(before.index).engine if before else None
    if before and isinstance(known, FaissIndex):
        return known.updated(vectors, before.origins)
    return FaissIndex.build(vectors)


def made_graph(
    made: IndexInFiles, vectors: np.ndarray, before: Before | None, progress: Callable[[int, int], None]
) -> tuple[Graph, bool]:
    """The graph, updated from the one before where that is faster, and whether it is exact."""
    approximate = isinstance(made, FaissIndex) and len(vectors) > EXACT_LIMIT
    if before and before.index.graph is not None and is_worth_updating(before.origins):
        was_exact = before.index.record.get("graph", "exact") == "exact"
        if was_exact or approximate:
            return updated_graph(before.index.graph, vectors, before.origins, progress), was_exact
    if isinstance(made, FaissIndex) and approximate:
        return approximate_graph(vectors, made, progress), False
    return build_graph(vectors, progress), True
