"""How well maps keep neighbours together: principal axes, the layout of the asset, and UMAP and t-SNE if installed.

    python -m benchmarks.photo_map DATA [LABELS.csv]

DATA is a data folder that was run; LABELS.csv lists its photos (``path,label``). For each map: the share of the 15
nearest photos in the embedding that are among the 15 nearest on the map; the share of the 10 nearest on the map that
have the photo's label; processor seconds. Once of all photos together, once of those that were placed among a random
half of them. Nothing is written. UMAP and t-SNE come with ``pip install umap-learn openTSNE``.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.map_layout import laid_out, nearest, on_principal_axes, placed
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

NEIGHBOURS, SAME_LABEL = 15, 10
Together = Callable[[np.ndarray], np.ndarray]
Apart = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def main(data: Path, labels: Path | None = None) -> None:
    """Print a line a map."""
    store = Store(Settings(data=data))
    index = store.indexes.open("unsupervised", store.served.read().index["unsupervised"])
    vectors = np.asarray(index.vectors, dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    label = np.zeros(len(vectors))
    if labels:
        known = pd.read_csv(labels).set_index("path")["label"]
        label = known.reindex(index.entries["path"]).factorize()[0]
    chosen = np.random.default_rng(0).permutation(len(vectors))
    anchors, others = np.sort(chosen[: len(chosen) // 2]), np.sort(chosen[len(chosen) // 2 :])
    truth, _ = nearest(vectors, vectors, NEIGHBOURS, without_itself=True)
    print(f"embedding itself: {_same_label(truth, label):.3f} of the {SAME_LABEL} nearest have the photo's label")
    for name, (together, apart) in _maps().items():
        start = time.process_time()
        all_at_once = _nearest_on(together(vectors))
        seconds = time.process_time() - start
        half = np.zeros((len(vectors), 2))
        half[anchors], half[others] = apart(vectors[anchors], vectors[others])
        added = _nearest_on(half)[others]
        print(
            f"{name}: {_kept(all_at_once, truth):.3f} of neighbours kept, {_same_label(all_at_once, label):.3f} of the "
            f"photo's label, {seconds:.1f} s; placed: {_kept(added, truth[others]):.3f}, "
            f"{_same_label(added, label, others):.3f}"
        )


def _maps() -> dict[str, tuple[Together, Apart]]:
    def ours(vectors: np.ndarray, added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        positions = laid_out(vectors, 0)
        return positions, placed(added, vectors, positions)

    def axes(vectors: np.ndarray, added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        both = on_principal_axes(np.concatenate([vectors, added]))
        return both[: len(vectors)], both[len(vectors) :]

    def library(module: str, name: str) -> tuple[Together, Apart]:
        def fit(vectors: np.ndarray) -> object:
            made = getattr(importlib.import_module(module), name)(metric="cosine", random_state=0, n_jobs=1)
            return made.fit(vectors)

        def positions(fitted: object) -> np.ndarray:
            return np.asarray(getattr(fitted, "embedding_", fitted))

        def apart(vectors: np.ndarray, added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            fitted = fit(vectors)
            return positions(fitted), np.asarray(fitted.transform(added))  # type: ignore[attr-defined]

        return lambda vectors: positions(fit(vectors)), apart

    found: dict[str, tuple[Together, Apart]] = {
        "principal axes": (on_principal_axes, axes),
        "photo_map": (lambda vectors: laid_out(vectors, 0), ours),
    }
    others = (("UMAP", "umap", "UMAP"), ("t-SNE", "openTSNE", "TSNE"))
    return found | {name: library(*there) for name, *there in others if importlib.util.find_spec(there[0])}


def _nearest_on(positions: np.ndarray) -> np.ndarray:
    apart = ((positions[:, None] - positions[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.argsort(apart, axis=1, kind="stable")[:, :NEIGHBOURS]


def _kept(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean([np.isin(one, other).mean() for one, other in zip(found, truth, strict=True)]))


def _same_label(found: np.ndarray, label: np.ndarray, rows: np.ndarray | None = None) -> float:
    own = label if rows is None else label[rows]
    return float((label[found[:, :SAME_LABEL]] == own[:, None]).mean())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
