"""A code location for tests of the daemon: a tiny encoder, batches of four photos, and batches that fail when told to.

What is encoded is written to ``encoded.log`` beside the data folder: a line when a batch begins and one when it has
ended, each with the number of photos computed, the node, the process and the time.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.tiny_encoder import register
from tests.e2e.daemon import BATCH, SECONDS_A_BATCH, SECONDS_OF_A_BATCH
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage import embeddings
from tiefvision_assets.store.catalogue import Catalogue, ScanReport
from tiefvision_assets.store.store import Store

_scan, _encode = Catalogue.scan, embeddings.encode_objects


def scan(catalogue: Catalogue, *, batch_size: int, **others: Any) -> ScanReport:
    """The scan, with small batches."""
    return _scan(catalogue, batch_size=min(batch_size, BATCH), **others)


def encode_objects(store: Store, models: Any, embedding: str, batch: str, progress: Callable[[int, int], None]) -> Any:
    """The encoding, written down; it fails for the batches that the folder ``broken`` names."""
    beside = store.layout.root.parent
    node = os.environ.get("TIEFVISION_TEST_NODE", "here")

    def write_down(line: str) -> None:
        with (beside / "encoded.log").open("a", encoding="utf-8") as log:
            log.write(f"{line} {embedding} {batch} {node} {os.getpid()} {time.time():.3f}\n")

    write_down("begin 0")
    if (beside / "broken" / batch).exists():
        raise OSError("no more of this")
    time.sleep(float(os.environ.get(SECONDS_OF_A_BATCH, SECONDS_A_BATCH)))
    made = _encode(store, models, embedding, batch, progress)
    write_down(f"end {len(made.computed)}")
    return made


Catalogue.scan = scan  # type: ignore[assignment]
embeddings.encode_objects = encode_objects
register()
defs = build_definitions()
