"""Tiles of products: photo, name and price; and what the tile of a photo says about the product on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from tiefvision_assets.search.hits import SearchHit
from tiefvision_ui.address import open_product, product_link
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.language.texts import counted
from tiefvision_ui.products.grouping import Group
from tiefvision_ui.products.shop import Product, Shop


def product_tile(tile: Tile, product: Product, photos: int) -> Tile:
    """The tile of a photo as that of the product, of which so many photos are meant."""
    return replace(
        tile,
        caption=product.name,
        href=product_link(product.product_id),
        price=product.price,
        detail=counted("{n} photo", "{n} photos", photos) if photos > 1 else "",
        is_product=True,
    )


def group_cards(groups: Iterable[Group], shop: Shop, table: pd.DataFrame) -> dict[str, Tile]:
    """The tile of each product; ``table`` has the index's photos."""
    cards = {}
    for group in groups:
        entry, product = table.iloc[group.photo], shop.product(group.product)
        tile = Tile(str(entry["image_id"]), str(entry["sha256"]), "", "")
        cards[product.product_id] = product_tile(tile, product, group.photos)
    return cards


def hit_card(hit: SearchHit, shop: Shop) -> Tile:
    """The tile of a hit that stands for its product."""
    assert hit.product_id is not None
    tile = Tile(hit.image_id, hit.sha256, "", "", hit.score, hit.level)
    return product_tile(tile, shop.told(hit.product_id, hit.product), 1 + len(hit.others))


def product_grid(cards: Mapping[str, Tile], *, subject: str, key: str) -> None:
    """Draw the tile of each product_id; one that is clicked opens the product's page."""
    if opened := image_grid(list(cards.values()), subject=subject, key=key):
        product_id = next((product_id for product_id, tile in cards.items() if tile.image_id == opened), None)
        if product_id is not None:  # the feed may have changed since the tiles were drawn
            open_product(product_id)


def with_products(tiles: Sequence[Tile], rows: Iterable[int], shop: Shop | None) -> list[Tile]:
    """The tiles of the index's photos in these rows, with the product that each shows."""
    if shop is None:
        return list(tiles)
    return [_with_product(tile, shop.shown_on(row)) for tile, row in zip(tiles, rows, strict=True)]


def hit_with_product(tile: Tile, hit: SearchHit, shop: Shop | None) -> Tile:
    """The tile of a hit with the product that it shows."""
    if shop is None or hit.product_id is None:
        return tile
    return _with_product(tile, shop.told(hit.product_id, hit.product))


def _with_product(tile: Tile, product: Product | None) -> Tile:
    return replace(tile, price=product.price, detail=product.name) if product else tile
