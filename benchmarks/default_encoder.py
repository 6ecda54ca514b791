"""What an encoder costs, on data folders that were made with it: `python -m benchmarks.default_encoder DATA...`.

Each folder has been through `tiefvision run`, with boxes, on the same photos. Everything is processor time, so that
other work on the machine matters little; encoder and search are measured in processes of their own, for their memory.
Prints a Markdown table with a column for each folder.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bench.measuring import peak_megabytes
from tiefvision_assets.box import Box
from tiefvision_assets.search.request import ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.records import PROJECTION
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store

PHOTOS, SEARCHES = 200, 40
AT_ONCE = 8


def encoding(store: Store) -> dict[str, Any]:
    """Photos a second through the network and from files to embeddings; milliseconds to locate one, with decoding."""
    import numpy as np

    from tiefvision_assets.models.inference import encoder_of_basis, load_basis, load_encoder_from, load_locator
    from tiefvision_assets.vision.objects import cut_out, object_cells
    from tiefvision_assets.vision.parallel import parallel_map

    models = store.served.read().next
    assert models.encoder and models.basis and models.heads, f"{store.settings.data_dir} was not run with boxes"
    engine = load_encoder_from(store, models.encoder)[1]
    spec = encoder_of_basis(store, models.encoder, models.basis)
    basis, locator = load_basis(store, models.encoder, models.basis), load_locator(store, spec, engine, models.heads)
    rows = list(Searcher(store.settings).entries().head(PHOTOS).itertuples())

    def embed(group: list[Any]) -> np.ndarray:
        objects = []
        for row in group:
            with store.catalogue.opened(row.path) as photo:
                objects.append(cut_out(photo, Box(*(float(getattr(row, side)) for side in BOX)), spec.objects.side))
        return basis.both_ways(object_cells(engine, spec, objects))

    def locate(row: Any) -> object:
        with store.catalogue.opened(row.path) as photo:
            return locator.locate(photo)

    def pass_through() -> None:
        for _ in range(len(rows) // AT_ONCE):
            engine.objects(noise)

    noise = np.random.default_rng(0).standard_normal((AT_ONCE, 3, *[spec.objects.side] * 2), dtype=np.float32)
    groups = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
    some = rows[: len(rows) // 2]
    embed(groups[0])
    locate(some[0])
    return {
        "encoder": spec.name,
        "photos": len(rows),
        "network alone, photos/s": len(rows) // AT_ONCE * AT_ONCE / _seconds(pass_through),
        "files to embeddings, photos/s": len(rows) / _seconds(lambda: list(parallel_map(embed, groups))),
        "locating, ms a photo": 1000 * _seconds(lambda: list(parallel_map(locate, some))) / len(some),
        "memory of both at most, MB": peak_megabytes(),
    }


def heads(store: Store) -> dict[str, Any]:
    """Seconds of training the final variant of all six heads, and the ranking head with all its folds."""
    from tiefvision_assets.hyperparameters import RankingHeadParameters
    from tiefvision_assets.lineage.head_training import HeadTrainer
    from tiefvision_assets.lineage.heads import variants_of
    from tiefvision_assets.lineage.ranking import load_embeddings, train_variants
    from tiefvision_assets.models.inference import FINAL
    from tiefvision_assets.vision.head_names import HEAD_PARAMETERS, HEADS
    from tiefvision_assets.vision.parallel import parallel_map

    maps = store.models.latest(PROJECTION)
    assert maps is not None, f"{store.settings.data_dir} has no crop encodings"

    def train(name: str) -> None:
        trainer = HeadTrainer(store, maps, name, HEAD_PARAMETERS[name]())
        trainer.train(variants_of(trainer.views)[FINAL], None, None)

    measured = {"training the box heads, s": _seconds(lambda: list(parallel_map(train, HEADS)))}
    current = store.triplets.current()
    if current:
        embeddings, triplets = load_embeddings(store, current[1].embedding), store.triplets.read(current[0])
        measured["training the ranking head, s"] = _seconds(
            lambda: train_variants(triplets, embeddings, RankingHeadParameters(), lambda done, wanted: None)
        )
    return measured


def searching(store: Store) -> dict[str, Any]:
    """Milliseconds of a search by file in a process that has answered some, and that process's memory."""
    searcher = Searcher(store.settings)
    rows = list(searcher.entries().head(SEARCHES).itertuples())
    taken = []
    for row in rows:
        start = time.process_time()
        with store.catalogue.opened(row.path) as photo:
            searcher.search(ByPhoto(photo))
        taken.append(1000 * (time.process_time() - start))
    return {
        "search by file, ms, median": statistics.median(taken[2:]),
        "search by file, the first, ms": taken[0],
        "memory of searching at most, MB": peak_megabytes(),
    }


PARTS: dict[str, Callable[[Store], dict[str, Any]]] = {"encoding": encoding, "heads": heads, "searching": searching}


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(data: Path) -> dict[str, Any]:
    """All of one data folder, each part in its own process."""
    found: dict[str, Any] = {}
    for part in PARTS:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.default_encoder", "--part", part],
            env=os.environ
            | {"TIEFVISION_DATA": str(data), "OPENBLAS_NUM_THREADS": "1"},  # two would count waiting, too
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        found |= json.loads(done.stdout.splitlines()[-1])
    return found


def table(columns: list[dict[str, Any]]) -> str:
    """Markdown: a row for each measurement, a column for each data folder."""
    names = [name for name in columns[0] if name != "encoder"]
    lines = [["", *(column["encoder"] for column in columns)], ["---"] * (len(columns) + 1)]
    lines += [[name, *(_shown(column[name]) for column in columns)] for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    if sys.argv[1] == "--part":
        print(json.dumps(PARTS[sys.argv[2]](Store(Settings()))))
    else:
        print(table([measured(Path(data)) for data in sys.argv[1:]]))
