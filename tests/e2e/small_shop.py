"""A generated shop that goes on selling: each function below is one kind of thing that happens to it in a day.

Whatever a day may bring is one more such function, named in the week's lists; what customers do is in
`tests.e2e.clicking`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.e2e.naive_clicks import Visit
from tests.tiny import write_photo
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api_routes

BRANDS, CATEGORIES = ("Ada", "Bo", "Cy"), ("gown", "skirt")
SIDE = 3
"""The component of the embedding that people go by."""
LOOSE = 4
"""Photos that show no product."""


@dataclass
class SmallShop:
    """Products as the feed has them (product_id → row with ``paths``), and the photos in the raw folder."""

    store: Store
    feed: Path
    draw: np.random.Generator
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: int = 0
    """Photos that were ever taken, and products that were ever sold, have their numbers for good."""
    sold: int = 0
    visits: list[Visit] = field(default_factory=list)
    """Searches that customers acted on."""

    @cached_property
    def api(self) -> TestClient:
        """The API, as the shop's own server asks it for its customers."""
        return TestClient(Starlette(routes=[*api_routes(Searcher(self.store.settings))]))

    def write_feed(self) -> None:
        """Replace the feed, a row a product."""
        before = self.feed.stat().st_mtime_ns if self.feed.exists() else 0
        draft = self.feed.with_suffix(".draft")
        draft.write_text("".join(json.dumps(row) + "\n" for row in self.products.values()))
        os.utime(draft, ns=(before + 10**9, before + 10**9))
        draft.replace(self.feed)

    def photograph(self) -> str:
        """A new photo; returns its path."""
        self.taken += 1
        path = f"{self.taken:03d}.png"
        write_photo(self.store, path, seed=self.taken)
        return path

    def some(self, count: int) -> list[dict[str, Any]]:
        """Rows of so many products."""
        names = sorted(self.products)
        return [self.products[names[at]] for at in self.draw.permutation(len(names))[:count]]

    def owner(self) -> dict[str, dict[str, Any]]:
        """Path → the product that it shows."""
        return {path: row for row in self.products.values() for path in row["paths"]}


Event = Callable[[SmallShop], None]


def sell_new(shop: SmallShop, count: int = 2) -> None:
    """New products with new photos; one in eight has no price yet."""
    for _ in range(count):
        shop.sold += 1
        name = f"p{shop.sold:02d}"
        shop.products[name] = {
            "product_id": name,
            "brand": str(shop.draw.choice(BRANDS)),
            "category": str(shop.draw.choice(CATEGORIES)),
            "price": None if shop.draw.random() < 1 / 8 else round(float(shop.draw.uniform(20, 120)), 2),
            "in_stock": bool(shop.draw.random() < 0.8),
            "paths": [shop.photograph() for _ in range(shop.draw.integers(2, 4))],
        }


def drop_prices(shop: SmallShop) -> None:
    """A third off for some; what had no price has one now."""
    for row in shop.some(4):
        row["price"] = round((row["price"] or 90.0) * 2 / 3, 2)


def sell_out(shop: SmallShop) -> None:
    """Some are sold out, or in stock again."""
    for row in shop.some(3):
        row["in_stock"] = not row["in_stock"]


def discontinue(shop: SmallShop) -> None:
    """Two products leave the feed: the photos of one are deleted, those of the other stay and show no product."""
    deleted, left = shop.some(2)
    for path in deleted["paths"]:
        shop.store.catalogue.file(path).unlink()
    for row in (deleted, left):
        del shop.products[row["product_id"]]


def photograph_again(shop: SmallShop) -> None:
    """A product gets one more photo, another photo is taken anew under its old name, and a third is lost."""
    more, anew, fewer = shop.some(3)
    more["paths"].append(shop.photograph())
    shop.taken += 1
    write_photo(shop.store, anew["paths"][0], seed=shop.taken)
    shop.store.catalogue.file(fewer["paths"][-1]).unlink()  # the feed goes on naming it


def deal_out_otherwise(shop: SmallShop) -> None:
    """A photo was another product's, and a product another brand's and category's."""
    giving, getting, renamed = shop.some(3)
    getting["paths"].append(giving["paths"].pop())
    renamed["brand"], renamed["category"] = str(shop.draw.choice(BRANDS)), str(shop.draw.choice(CATEGORIES))


def people_judge(shop: SmallShop, count: int = 120) -> None:
    """People label triplets by one side of the photos alone, so that there is something for the ranking to learn."""
    version = shop.store.served.read().index["unsupervised"]
    index = shop.store.indexes.open("unsupervised", version)
    contents, side = index.entries["sha256"].to_numpy(), np.asarray(index.vectors)[:, SIDE]
    drawn = []
    for _ in range(count):
        reference, one, other = shop.draw.permutation(len(contents))[:3]
        if abs(side[reference] - side[one]) > abs(side[reference] - side[other]):
            one, other = other, one
        drawn.append(TripletLabel(contents[reference], contents[one], contents[other]))
    shop.store.labels.add_triplets(drawn, annotator="ann")


def opened(store: Store, feed: Path, seed: int) -> SmallShop:
    """A shop with a dozen products, and some photos of none."""
    shop = SmallShop(store, feed, np.random.default_rng(seed))
    for _ in range(LOOSE):
        shop.photograph()
    sell_new(shop, 12)
    shop.write_feed()
    return shop
