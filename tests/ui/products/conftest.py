"""The app over a small shop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import shop
from tiefvision_assets.store.store import Store


def path(number: int) -> str:
    return f"{'red' if number % 2 else 'blue'}/dress-{number:03d}.jpg"


BRANDS = ("Ada", "Bo", "Cy")


def products(price: float = 10.0) -> list[dict[str, Any]]:
    """Twelve products of three photos each; the second half of the photos shows none."""
    return [
        {
            "product_id": f"P-{number:02d}",
            "name": f"Gown {number}",
            "brand": BRANDS[number % 3],
            "price": price + 10 * number + 0.5,
            "in_stock": number % 2 == 0,
            "paths": [path(3 * number + offset) for offset in (1, 0, 2)],
        }
        for number in range(12)
    ]


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `tests.shop.sell` writes is the feed."""
    monkeypatch.setenv("TIEFVISION_PRODUCTS", str(tmp_path / "products.csv"))


@pytest.fixture
def small_shop(feed: None, store: Store) -> Store:
    """The store of the catalogue, with `products` in its feed."""
    shop.sell(store, products())
    return store
