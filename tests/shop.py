"""A small shop without photos or models: an index of random vectors, and a feed of products over its paths."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from tests.store.products.feeds import csv_text
from tests.without_photos import set_catalogue
from tiefvision_assets.lineage.index_serving import build_and_serve
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


def open_shop(folder: Path, paths: Sequence[str], vectors: np.ndarray, **settings: Any) -> Store:
    """A data folder with an index of the (N, D) vectors of these paths; its feed is `feed_of` that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(Settings(data=folder / "data", products=str(feed_of(folder)), **settings))
    index(store, paths, vectors)
    return store


def feed_of(folder: Path) -> Path:
    return folder / "products.csv"


def index(store: Store, paths: Sequence[str], vectors: np.ndarray) -> None:
    """Let the catalogue hold these photos, and serve an index of them."""
    set_catalogue(store, paths, vectors)
    build_and_serve(store, nullcontext)


def sell(store: Store, products: Sequence[Mapping[str, Any]]) -> None:
    """Replace the feed, a row a product with ``paths`` among its columns, and take it over."""
    file = Path(str(store.settings.products))
    rows = [{**row, "paths": "|".join(row["paths"])} for row in products]
    text = csv_text(rows) if rows else "product_id,paths\n"
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 10**9, before + 10**9))
    take_over_feed(store)
