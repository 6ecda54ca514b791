"""What an index in Milvus costs: filled, carried on for a night, asked; processor seconds with Milvus Lite in a file.

`python -m benchmarks.index_in_milvus --url URL` asks another Milvus, whose own time is not counted, and leaves nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from rich.table import Table

from benchmarks.index_engines import clusters, vectors_in
from tiefvision_assets.cli.console import out
from tiefvision_assets.store.index_version import nearest_others
from tiefvision_assets.store.milvus import versions
from tiefvision_assets.store.milvus.collection import Collection
from tiefvision_assets.store.milvus.expressions import translated
from tiefvision_assets.store.milvus.server import server_at
from tiefvision_assets.store.neighbours import ExactIndex

COLLECTION = "tiefvision_benchmark"
ASKED = 200
CONDITION = "width > 500 AND path LIKE 'gowns/%'"
T = TypeVar("T")


def entries_of(numbers: np.ndarray) -> pd.DataFrame:
    """Entries of the photos with these numbers."""
    paths = [f"{('gowns', 'shoes')[number % 2]}/{number:08d}.jpg" for number in numbers.tolist()]
    return pd.DataFrame({"image_id": [f"i{number:08d}" for number in numbers], "path": paths, "width": numbers % 1000})


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--url")
    options = parser.parse_args()
    table = Table("", "processor s", "s", title=f"{options.photos:,} photos in Milvus")

    def timed(name: str, act: Callable[[], T], times: int = 1) -> T:
        begun, cpu = time.perf_counter(), time.process_time()
        found = act()
        spent = [(now - then) / times for now, then in ((time.process_time(), cpu), (time.perf_counter(), begun))]
        table.add_row(name, *(f"{seconds:.4g}" for seconds in spent))
        return found

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = server_at(options.url or str(folder / "vectors.db"))
        for part in ("first", "night"):
            (folder / part).mkdir()
        count, come, gone = options.photos, options.photos // 100, options.photos // 1000
        vectors = vectors_in(folder, count + come, clusters(count))
        were, now = entries_of(np.arange(count)), entries_of(np.arange(gone, count + come))
        carried = np.append(np.arange(gone, count), np.full(come, -1))
        first = timed(
            "filled", lambda: versions.write_anew(server, folder / "first", COLLECTION, were, vectors[:count])
        )
        index = timed(
            "a night: 1 % added, .1 % gone",
            lambda: versions.write_changes(
                server, folder / "night", folder / "first", were, now, carried, vectors[count:], first.measured["ef"]
            ),
        )
        rows = np.sort(np.random.default_rng(3).permutation(len(now))[:ASKED])
        queries = np.asarray(vectors[gone:][rows], dtype=np.float32)
        expression = translated(CONDITION, {"width": "i", "path": "O"}) or ""
        each = [query[None] for query in queries]
        found = timed("a query", lambda: [index.search(query, 11)[0] for query in each], ASKED)
        timed("a query with a condition", lambda: [index.search_where(query, 10, expression) for query in each], ASKED)
        stored = versions.vectors_of(server, folder / "night", now)
        singly = rows[:, None]
        timed("neighbours of a photo", lambda: [nearest_others(index, stored, row, 10) for row in singly], ASKED)
        timed("neighbours of 200 photos at once, each", lambda: nearest_others(index, stored, rows, 1), ASKED)
        exact = ExactIndex(vectors[gone:]).search(queries, 11)[0]
        others = [np.isin(true, here).mean() for true, here in zip(exact, np.concatenate(found), strict=True)]
        for what, value in {**index.measured, f"recall@11 of {ASKED} other photos": float(np.mean(others))}.items():
            table.add_row(what, f"{value:.4g}", "")
        Collection(server, COLLECTION).drop()
    out.print(table)


if __name__ == "__main__":
    main()
