"""The two engines side by side, and the first k-NN graph of a catalogue, by the number of vectors.

``make bench-engines``, or ``python -m benchmarks.index_engines --vectors 300000``: unit vectors of 256 numbers, either
``clustered`` (around one centre for every 200) or on a ``manifold`` of 32 dimensions without clusters, which is harder
for lists of cells. The exact graph takes quadratic time: it is measured on some rows and extrapolated to all.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.table import Table

from benchmarks.index import DIMENSIONS, timed
from tiefvision_assets.cli.console import out
from tiefvision_assets.store.approximate_graph import approximate_graph, graph_recall
from tiefvision_assets.store.faiss_index import FaissIndex
from tiefvision_assets.store.nearest import nearest
from tiefvision_assets.store.neighbours import ExactIndex, VectorIndex

BLOCK, QUERIES, SOME_ROWS = 50_000, 200, 4096
Draw = Callable[[np.random.Generator, int], np.ndarray]


def clusters(count: int) -> Draw:
    """Draws (N, 256) vectors around one centre for every 200 of ``count``."""
    centres = np.random.default_rng(0).normal(size=(max(1, count // 200), DIMENSIONS)).astype(np.float32)
    noise = np.float32(0.6)
    return lambda draw, part: (
        centres[draw.integers(len(centres), size=part)] + noise * draw.standard_normal((part, DIMENSIONS), np.float32)
    )


def manifold(_: int) -> Draw:
    """Draws (N, 256) vectors on a manifold of 32 dimensions, with a little noise."""
    spread = np.random.default_rng(0).normal(size=(32, DIMENSIONS)).astype(np.float32) * np.float32(1.5 / 32**0.5)
    noise = np.float32(0.1)
    return lambda draw, part: (
        np.tanh(draw.standard_normal((part, 32), np.float32) @ spread)
        + noise * (draw.standard_normal((part, DIMENSIONS), np.float32))
    )


def vectors_in(folder: Path, count: int, draw: Draw) -> np.ndarray:
    """(count, 256) float16 of unit length, in a file, as an index has them."""
    file = np.memmap(folder / "vectors", np.float16, "w+", shape=(count, DIMENSIONS))
    generator = np.random.default_rng(1)
    for start in range(0, count, BLOCK):
        part = draw(generator, min(BLOCK, count - start))
        file[start : start + BLOCK] = part / np.linalg.norm(part, axis=1, keepdims=True)
    return file


def milliseconds(index: VectorIndex, queries: np.ndarray) -> tuple[float, float]:
    """Median and 95th percentile of the time that one search for ten takes, the queries one after the other."""
    index.search(queries[:1], 10)
    seconds = [timed(lambda query=query: index.search(query[None], 10))[0] for query in queries]
    return float(np.median(seconds)) * 1000, float(np.percentile(seconds, 95)) * 1000


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--kind", choices=["clustered", "manifold"], default="clustered")
    parser.add_argument("--no-graph", action="store_true", help="leave out the graphs")
    options = parser.parse_args()
    before = _memory()
    table = Table("", "", title=f"{options.vectors:,} {options.kind} x {DIMENSIONS}", show_header=False)

    def row(name: str, value: float | str) -> None:
        digits = ",.3g" if isinstance(value, float) and value < 1000 else ",.0f"
        table.add_row(name, value if isinstance(value, str) else format(value, digits))
        print(f"{name}: {value}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        draw = {"clustered": clusters, "manifold": manifold}[options.kind](options.vectors)
        vectors = vectors_in(Path(folder), options.vectors, draw)
        queries = draw(np.random.default_rng(2), QUERIES)
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
        exact = ExactIndex(vectors)
        for name, value in zip(("median", "95 %"), milliseconds(exact, queries[:50]), strict=True):
            row(f"exact, ms a query, {name}", value)
        build_s, build_cpu, index = timed(lambda: FaissIndex.build(vectors))
        row("faiss, build, s", build_s)
        row("faiss, build, processor s", build_cpu)
        for name, number in index.stats().items():
            row(f"faiss, {name}", number)
        truth, found = (engine.search(queries, 10)[0] for engine in (exact, index))
        shares = [np.isin(true, here).mean() for true, here in zip(truth, found, strict=True)]
        row("faiss, recall@10 of 200 other queries", float(np.mean(shares)))
        for name, value in zip(("median", "95 %"), milliseconds(index, queries), strict=True):
            row(f"faiss, ms a query, {name}", value)
        index.save(Path(folder))
        row("faiss, file, MB", (Path(folder) / "faiss.index").stat().st_size / 1e6)
        row("memory for both engines, MiB", _memory() - before)
        if not options.no_graph:
            graph_s, graph_cpu, graph = timed(lambda: approximate_graph(vectors, index))
            row("graph by faiss, s", graph_s)
            row("graph by faiss, processor s", graph_cpu)
            for k in (10, 32):
                row(f"graph by faiss, recall@{k}", graph_recall(graph, vectors, k))
            some = np.sort(np.random.default_rng(3).permutation(options.vectors)[:SOME_ROWS])
            some_s, some_cpu, _ = timed(lambda: nearest(vectors, some, 50))
            row("exact graph, s, from 4,096 rows", some_s * options.vectors / SOME_ROWS)
            row("exact graph, processor s, from 4,096 rows", some_cpu * options.vectors / SOME_ROWS)
            row("memory with the graphs, MiB", _memory() - before)
    out.print(table)


def _memory() -> float:
    """Peak memory of this process, including pages of mapped files."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
