"""What it costs to ask what is due while a large catalogue is encoded, batch by batch: `python -m benchmarks.planning`.

The catalogue is made up: its tables are written without photos, and all but the last batches are encoded. Times are
processor time, with and without the batches of which nothing was due being remembered.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.planning import batches
from tiefvision_assets.planning.batches import batched, boxes_due, encodings_due
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.catalogue_table import CatalogueTable
from tiefvision_assets.store.photos import DECODING_VERSION
from tiefvision_assets.store.scanning import LIVE
from tiefvision_assets.store.schemas import BOX, CATALOGUE
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

A_BATCH, LEFT = 4096, 5
SIDE = 64


def write_catalogue(store: Store, photos: int) -> list[str]:
    """The tables of so many photos of one size, and their boxes; returns the batches."""
    contents = [f"{number:064x}" for number in range(photos)]
    keys = [f"b{number // A_BATCH:06d}-00000000" for number in range(photos)]
    same: dict[str, object] = dict.fromkeys(CATALOGUE.names, "")
    same |= {"width": SIDE, "height": SIDE, "bytes": 1, "mtime_ns": 1, "status": LIVE}
    own = {"image_id": contents, "path": contents, "sha256": contents, "batch": keys}
    table = pd.DataFrame(own).assign(**{name: value for name, value in same.items() if name not in own})
    CatalogueTable(store.layout.catalogue).rewrite(np.zeros(0, dtype=bool), table[CATALOGUE.names])
    for batch, rows in table.groupby("batch"):
        write_parquet(store.layout.batch(str(batch)), rows)
        store.boxes.write(None, str(batch), boxes_of(rows).assign(confidence=0.0))
    store.served.promote(ModelSet(encoder="an encoder", basis="a basis"))
    return sorted(set(keys))


def boxes_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Whole photos."""
    sides = dict(zip(BOX, (0, 0, SIDE, SIDE), strict=True))
    return rows[["sha256"]].assign(**sides, error="", decoding=DECODING_VERSION)


def encode(store: Store, batch: str) -> None:
    """Write encodings of that batch, of two numbers."""
    rows = boxes_of(store.catalogue.contents().query("batch == @batch"))
    vectors = [np.zeros(2, np.float16)] * len(rows)
    models = store.served.read().next.complete
    assert models
    store.encodings.write(embedding_of(models), batch, rows.assign(embedding=vectors, mirrored=vectors))


def asked(store: Store, due: list[str]) -> float:
    """Seconds of processor time to ask what is due of boxes and encodings."""
    started = time.process_time()
    assert boxes_due(store) is None
    step = batched(store, encodings_due(store))
    assert step and list(step.batches) == due
    return time.process_time() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    photos = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Settings(data=Path(folder)))
        *before, first = write_catalogue(store, photos)[: -LEFT + 1 or None]
        due = store.catalogue.batch_keys()[-LEFT:]
        for batch in before:
            encode(store, batch)
        measured = {"photos": photos, "batches": len(before) + LEFT, "first_s": asked(store, due)}
        encode(store, first)
        measured["after_a_batch_s"] = asked(store, due[1:])
        batches._finished.clear()
        measured["after_a_batch_without_memory_s"] = asked(store, due[1:])
    sys.stdout.write(json.dumps({name: round(value, 3) for name, value in measured.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
