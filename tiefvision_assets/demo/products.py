"""The demo as a shop: its photos as products with brand, price and stock, in the form of a feed.

Photos of one class of style are dealt out to products of two to four photos, as a shop shows one dress in several
colours. No photo is made for that: the catalogue, and what is measured on it, is the same with products as without.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from tiefvision_assets.demo.files import write_csv
from tiefvision_assets.demo.palette import pick
from tiefvision_assets.demo.styles import STYLE_LABELS, Style, style_label

COLUMNS = ("product_id", "path", "name", "category", "brand", "price", "in_stock", "stock", "colours", "since")
BRANDS = ("Adelheid", "Bonnard", "Carmine", "Delphi", "Elbe", "Fjord")
NEWEST = date(2026, 9, 1)
_PRICES = {"plain": 39.0, "stripes": 49.0, "checks": 54.0, "dots": 49.0, "ornate": 79.0}
_LENGTHS = {"mini": 0.8, "knee": 1.0, "midi": 1.25, "maxi": 1.7}
_NO_PRODUCT = 0.05
"""Share of the photos that belong to no product, as in every catalogue."""


@dataclass(frozen=True)
class _Product:
    """A product's number within its class, and the numbers of its photos."""

    label: str
    number: int
    photos: tuple[int, ...]


def write_products(file: Path, paths: Sequence[str], styles: Sequence[Style], seed: int) -> None:
    """Write the feed of the demo of that seed: a row a product.

    Products stay when the catalogue grows, but for the last one of each class, which may get more photos.
    """
    write_csv(file, COLUMNS, [_row(product, paths, styles, seed) for product in _products(styles, seed)])


def _products(styles: Sequence[Style], seed: int) -> Iterator[_Product]:
    for number, label in enumerate(STYLE_LABELS):
        rng = np.random.default_rng((seed, number, 3))
        size, photos, count = int(rng.integers(2, 5)), list[int](), 0
        for index, style in enumerate(styles):
            if style_label(style) != label or rng.random() < _NO_PRODUCT:
                continue
            photos.append(index)
            if len(photos) == size:
                yield _Product(label, count, tuple(photos))
                size, photos, count = int(rng.integers(2, 5)), [], count + 1
        if photos:
            yield _Product(label, count, tuple(photos))


def _row(product: _Product, paths: Sequence[str], styles: Sequence[Style], seed: int) -> tuple[str, ...]:
    rng = np.random.default_rng((seed, STYLE_LABELS.index(product.label), product.number, 4))
    first = styles[product.photos[0]]
    category, family = product.label.split("-")
    price = _PRICES[family] * _LENGTHS[first.length] * float(rng.uniform(0.7, 1.4))
    stock = int(rng.integers(1, 60)) if rng.random() < 0.8 else 0
    since = NEWEST - timedelta(days=int(rng.integers(0, 500)))
    brand = pick(BRANDS, rng)
    name = f"{first.pattern} {first.silhouette} dress".capitalize()
    colours = dict.fromkeys(styles[index].colour_family for index in product.photos)
    return (
        f"{category[:2].upper()}{family[:2].upper()}-{product.number + 1:03d}",
        "|".join(paths[index] for index in product.photos),
        name,
        category,
        brand,
        f"{int(price) + 0.9:.2f}",
        "yes" if stock else "no",
        str(stock),
        json.dumps(list(colours)),
        since.isoformat(),
    )
