"""What a search costs in a large shop: conditions on products and photos, hits that are products, facets, all at once.

    python -m benchmarks.filtered_search [--photos 1000000] [--folder build/bench-filtered]

A data folder without photos, made once and kept: clustered vectors of 256 numbers, the faiss index over them, and
products of three photos each, which nine photos of ten show. Processor time of whole searches in one process that has
answered some: the median and the 95th percentile of 40 searches.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.index import clustered
from tests.without_photos import PROMOTED, encoder_record
from tiefvision_assets.search.request import ById, ByProduct, SearchRequest
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.graph import Graph
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.neighbours import choose_engine
from tiefvision_assets.store.products.feed import Feed, FeedColumn
from tiefvision_assets.store.products.photos import Matched
from tiefvision_assets.store.products.table import ProductRecord
from tiefvision_assets.store.records import ENCODER
from tiefvision_assets.store.schemas import INDEX_ENTRIES, QUALITY
from tiefvision_assets.store.store import Store

QUERIES, WARM = 40, 3
OF_A_PRODUCT, SOLD = 3, 0.9
BRANDS = tuple("ABCDEFGHIJKLMNOPQRST")
HALF, THIRD = "price < 80", "price < 80 AND brand IN ('A', 'B', 'C', 'D', 'E', 'F') AND in_stock"
FEW = "price < 70 AND brand = 'A' AND in_stock"
RARE = "price < 22 AND brand = 'A' AND in_stock"
PHOTOS_TOO = "price < 80 AND in_stock AND width > 500 AND NOT blurred"
FACETS = ("brand", "price")


def requests(paths: list[str], products: int) -> dict[str, list[SearchRequest]]:
    """What is measured → its searches, by different photos and products."""
    draw = np.random.default_rng(3)
    queries = [image_id(paths[at]) for at in draw.integers(len(paths), size=QUERIES)]
    sold = [f"p{at:07d}" for at in draw.integers(products, size=QUERIES)]

    def by_id(**options: Any) -> list[SearchRequest]:
        return [ById(query, **options) for query in queries]

    def by_product(**options: Any) -> list[SearchRequest]:
        return [ByProduct(product, **options) for product in sold]

    return {
        f"`{HALF}`": by_id(where=HALF),
        f"`{THIRD}`": by_id(where=THIRD),
        f"`{FEW}`": by_id(where=FEW),
        f"`{RARE}`": by_id(where=RARE),
        f"`{PHOTOS_TOO}`": by_id(where=PHOTOS_TOO),
        "hits are products": by_id(by="product"),
        "hits are products, the second condition": by_id(by="product", where=THIRD),
        "by a product's photos, hits are products, the second condition": by_product(by="product", where=THIRD),
        "the same, the fourth condition": by_product(by="product", where=RARE),
        f"facets {', '.join(FACETS)}, the second condition": by_id(where=THIRD, facets=FACETS),
        "everything: by a product's photos, hits are products, the second condition, facets": by_product(
            by="product", where=THIRD, facets=FACETS
        ),
    }


def shop_in(folder: Path, photos: int) -> Store:
    """The store of that folder, made if it is not there."""
    store = Store(Settings(data=folder, products="a feed that nobody reads.csv"))
    if not store.served.read().index:
        paths = paths_of(photos)
        _write_products(store, paths)
        _write_index(store, paths)
    return store


def paths_of(photos: int) -> list[str]:
    """The paths of so many photos."""
    return [f"{number:07d}.jpg" for number in range(photos)]


def _write_index(store: Store, paths: list[str]) -> None:
    draw = np.random.default_rng(1)
    sizes = {"width": draw.integers(300, 900, len(paths)), "height": draw.integers(300, 900, len(paths))}
    own = {"image_id": [image_id(path) for path in paths], "path": paths, "sha256": paths_of(len(paths)), **sizes}
    whole = {"left": 0.0, "top": 0.0, "right": sizes["width"], "bottom": sizes["height"], "confidence": 1.0}
    others: dict[str, Any] = {"bytes": 1, "mtime_ns": 1, "batch": "b", "human": False, "decoding": 1}
    entries = pd.DataFrame({**own, **whole, **others})[INDEX_ENTRIES.names]
    record = {"levels": {"same": 0.95, "very similar": 0.9}}
    none = Graph(np.zeros((len(paths), 1), np.int32), np.zeros((len(paths), 1), np.float32))
    engine = choose_engine("auto", len(paths))
    # no search with a condition asks the graph, which takes longest to build
    with mock.patch("tiefvision_assets.store.index.made_graph", return_value=(none, True)):
        first, *others_too = RANKINGS
        index = store.indexes.build(first, "made-up", entries, clustered(len(paths)), engine, record)
    for ranking in others_too:
        store.indexes.again(index, ranking, "made-up")
    store.quality.write(pd.DataFrame({"sha256": entries["sha256"], **dict.fromkeys(QUALITY.names[1:], 0)}))
    store.models.save(ENCODER, PROMOTED.encoder or "", encoder_record("alexnet"))
    store.served.promote(PROMOTED)
    store.served.switch(dict.fromkeys(RANKINGS, "made-up"))


def _write_products(store: Store, paths: list[str]) -> None:
    """Each product has its photos side by side, as in one folder; the last tenth shows none."""
    count = _products(len(paths))
    draw = np.random.default_rng(2)
    columns = {
        "brand": pa.array(np.array(BRANDS)[draw.integers(len(BRANDS), size=count)].tolist()),
        "price": pa.array(draw.uniform(20, 140, count).round(2), mask=draw.random(count) < 0.03),
        "in_stock": pa.array(draw.random(count) < 0.8),
    }
    table = pa.table({"product_id": [f"p{at:07d}" for at in range(count)], **columns})
    kinds = {"brand": "text", "price": "number", "in_stock": "truth"}
    described = tuple(FeedColumn(name, kind, columns[name].null_count) for name, kind in kinds.items())  # type: ignore[arg-type]
    feed = Feed(table, np.empty(0, np.int64), pa.array([], pa.string()), described, ())
    photos = [paths[OF_A_PRODUCT * at : OF_A_PRODUCT * (at + 1)] for at in range(count)]
    store.products.write(feed, Matched(photos, [], []), ProductRecord("made up", "made up", 0, described))


def _products(photos: int) -> int:
    return int(SOLD * photos / OF_A_PRODUCT)


def measured(searcher: Searcher, asked: dict[str, list[SearchRequest]]) -> Iterator[tuple[str, float, float, float]]:
    """Of each kind of search its median and 95th percentile, in milliseconds of processor time, and its mean hits."""
    for name, searches in asked.items():
        for request in searches[:WARM]:
            searcher.search(request)
        costs, hits = [], 0
        for request in searches:
            started = time.process_time()
            hits += len(searcher.search(request).hits)
            costs.append(1000 * (time.process_time() - started))
        yield name, statistics.median(costs), float(np.percentile(costs, 95)), hits / len(searches)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("build/bench-filtered"))
    given = parser.parse_args()
    store = shop_in(given.folder / str(given.photos), given.photos)
    searcher = Searcher(store.settings)
    print("| search | ms, median | 95 % | hits |\n| --- | --- | --- | --- |")
    asked = requests(paths_of(given.photos), _products(given.photos))
    for name, median, most, hits in measured(searcher, asked):
        print(f"| {name} | {median:.1f} | {most:.1f} | {hits:.1f} |", flush=True)


if __name__ == "__main__":
    main()
