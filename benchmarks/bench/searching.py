"""Searching: the index beside other libraries' at several sizes, and searches by a photo's id and by a file.

Each index is measured in a process of its own, for its memory: `engines`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.bench.engines import BATCH, ENGINES
from benchmarks.bench.measuring import cost, in_a_process
from benchmarks.bench.table import Cost, Row
from tiefvision_assets.models.inference import encoder_of_basis, load_basis, load_encoder_from
from tiefvision_assets.search.request import ById, ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision.encoder import TorchEngine
from tiefvision_assets.vision.objects import object_cells

INDEX, PHOTO = "The index", "A search"
WORK = {
    "build": "building it",
    "query": "a query",
    "filtered": "a query with a condition that leaves a third",
    "batch": f"a query of {BATCH:,} together",
    "add": "1 % more",
}
TOO_SLOW = {"hnswlib": 100_000, "LanceDB": 100_000}
"""Vectors up to which these are measured without ``--full``: their graphs take ten minutes for a million."""


def measure_indexes(sizes: Sequence[int], *, full: bool) -> list[Row]:
    """Rows of each size; libraries that are not installed are left out."""
    rows = []
    for size in sizes:
        found = {}
        for name in ENGINES:
            if full or size <= TOO_SLOW.get(name, size):
                try:
                    found[name] = in_a_process("benchmarks.bench.engines", name, str(size))
                except RuntimeError as error:
                    if "ModuleNotFoundError" not in str(error):
                        raise
                    print(f"{name} is not installed.", file=sys.stderr)
        for what, work in WORK.items():
            costs = {name: Cost(**one["costs"][what]) for name, one in found.items()}
            ours = costs.pop("tiefvision")
            note = _recalls(found) if what == "query" else _memories(found) if what == "build" else ""
            per = BATCH if what == "batch" else 1
            rows.append(Row(INDEX, f"{size:,} x 256: {work}", size, ours, costs, per=per, note=note))
    return rows


def _recalls(found: dict[str, Any]) -> str:
    return "recall@10 " + ", ".join(f"{name} {one['recall']:.3f}" for name, one in found.items())


def _memories(found: dict[str, Any]) -> str:
    return "MB more at most " + ", ".join(f"{name} {one['memory']:,.0f}" for name, one in found.items())


def measure_photos(store: Store, photos: int) -> list[Row]:
    """Searches in a process that has answered some; the rival compares the whole photo, by PyTorch and a product."""
    searcher = Searcher(store.settings)
    rows = list(searcher.entries().head(photos).itertuples())
    opened = [store.catalogue.open(row.path) for row in rows]
    rival = _Script(store, searcher)

    def by_id() -> None:
        for row in rows:
            searcher.search(ById(row.image_id))

    def by_photo() -> None:
        for photo in opened:
            searcher.search(ByPhoto(photo))

    def by_script() -> None:
        for photo in opened:
            rival.nearest(photo)

    searcher.search(ByPhoto(opened[0]))
    searcher.search(ById(rows[0].image_id))
    rival.nearest(opened[0])
    name = rival.name
    note = "located, cut, encoded both ways round; the rival encodes the whole photo once"
    theirs = {"PyTorch and a matrix product": cost(by_script)}
    return [
        Row(PHOTO, f"by a photo's id, of {len(searcher.entries()):,}", 1, cost(by_id), per=len(rows)),
        Row(PHOTO, f"by a photo, {name}", 1, cost(by_photo), theirs, per=len(rows), note=note),
    ]


class _Script:
    """What many would write: the whole photo, the network, the projection, all products."""

    def __init__(self, store: Store, searcher: Searcher) -> None:
        models = store.served.read().models
        assert models.encoder and models.basis
        engine = load_encoder_from(store, models.encoder)[1]
        self._spec = encoder_of_basis(store, models.encoder, models.basis)
        self.name = self._spec.name
        if not isinstance(engine, TorchEngine):
            engine = load_encoder_from(Store(store.settings.model_copy(update={"engine": "torch"})), models.encoder)[1]
        self._engine, self._basis = engine, load_basis(store, models.encoder, models.basis)
        vectors = searcher._current().index("unsupervised").vectors
        self._vectors = np.asarray(vectors, dtype=np.float32)

    def nearest(self, photo: Any) -> np.ndarray:
        """(10,) rows."""
        side = self._spec.objects.side
        cells = object_cells(self._engine, self._spec, [photo.resize((side, side))], centred=False)
        vector = self._basis(cells)[0]
        return np.argsort(-(self._vectors @ vector))[:10]
