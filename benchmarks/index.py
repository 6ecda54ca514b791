"""How much faster an index version is updated than built anew, and a check that both give the same results.

``make bench-index``, or ``python -m benchmarks.index --photos 100000 --engine exact``: a catalogue of clustered random
vectors, to which 1 % is added and from which 1 % is removed. A rebuild of 100,000 takes minutes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.table import Table

from tests.without_photos import MODELS, set_catalogue
from tiefvision_assets.cli.console import out
from tiefvision_assets.lineage.due import index_inputs
from tiefvision_assets.lineage.index import build_indexes
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.graph import SERVED, Graph
from tiefvision_assets.store.index import IndexVersion
from tiefvision_assets.store.store import Store

DIMENSIONS = 256
T = TypeVar("T")


def clustered(count: int, seed: int = 0) -> np.ndarray:
    """(count, 256) float16 of unit length, around one centre for every 200."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(max(1, count // 200), DIMENSIONS)).astype(np.float32)
    vectors = centres[draw.integers(len(centres), size=count)]
    vectors += 0.6 * draw.normal(size=vectors.shape).astype(np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def timed(work: Callable[[], T]) -> tuple[float, float, T]:
    """Seconds by the clock, seconds of all processors together, and the result."""
    start, started = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - start, time.process_time() - started, result


def same_answers(updated: Graph, rebuilt: Graph) -> bool:
    """Whether both graphs serve the same neighbours with the same scores."""
    return all(np.array_equal(a[:, :SERVED], b[:, :SERVED]) for a, b in zip(updated, rebuilt, strict=True))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--engine", choices=["exact", "faiss"], default="exact")
    options = parser.parse_args()
    part = options.photos // 100
    vectors = clustered(options.photos + part)
    paths = [f"{number:07d}.jpg" for number in np.random.default_rng(1).permutation(len(vectors))]
    title = f"{options.photos:,} photos x {DIMENSIONS}, {options.engine}, {os.cpu_count()} cores"
    table = Table("", "seconds", "processor seconds", "times faster", "same", title=title)

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Settings(data=Path(folder), index=options.engine))
        other = Store(Settings(data=Path(folder) / "other", index=options.engine))
        set_catalogue(store, paths[: options.photos], vectors[: options.photos])
        _serve(store, build_indexes(store, MODELS))
        for name, chosen in (("1 % added", slice(0, None)), ("1 % deleted", slice(part, None))):
            for each in (store, other):
                set_catalogue(each, paths[chosen], vectors[chosen])
            anew_s, anew_cpu, anew = timed(lambda: build_indexes(other, MODELS))
            updated_s, updated_cpu, updated = timed(lambda: build_indexes(store, MODELS))
            same = same_answers(updated["unsupervised"].graph, anew["unsupervised"].graph)
            faster = f"{anew_s / updated_s:.1f}"
            table.add_row(f"{name}: rebuilt", f"{anew_s:.1f}", f"{anew_cpu:.1f}", "", "")
            table.add_row(f"{name}: updated", f"{updated_s:.1f}", f"{updated_cpu:.1f}", faster, str(same))
            _serve(store, updated)
        planned_s, planned_cpu, _ = timed(lambda: index_inputs(store, MODELS))
        table.add_row("the plan's check of the index", f"{planned_s:.2f}", f"{planned_cpu:.2f}", "", "")
    out.print(table)


def _serve(store: Store, built: dict[str, IndexVersion]) -> None:
    store.served.switch({ranking: index.record["version"] for ranking, index in built.items()})


if __name__ == "__main__":
    main()
