"""The demo as a shop: a feed without oddities, the same for the same seed, that leaves the photos as they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tiefvision_assets.demo.catalogue import photo_path
from tiefvision_assets.demo.photo import photo_style
from tiefvision_assets.demo.products import write_products
from tiefvision_assets.store.products.feed import Feed, read_feed
from tiefvision_assets.store.products.photos import matched
from tiefvision_assets.store.products.source import source_of


def written(folder: Path, images: int, seed: int = 0) -> tuple[Feed, list[list[str]], list[str]]:
    """The feed of a demo of so many photos, the photos of each product, and all photos."""
    styles = [photo_style(index, seed) for index in range(images)]
    paths = [photo_path(index, style) for index, style in enumerate(styles)]
    file = folder / f"products{images}.csv"
    write_products(file, paths, styles, seed)
    feed = read_feed(source_of(str(file)))
    return feed, matched(feed, paths).photos, paths


def test_the_feed_is_understood_and_nothing_is_odd(tmp_path: Path) -> None:
    feed, photos, paths = written(tmp_path, 300)
    assert {column.name: column.type for column in feed.columns} == {
        "name": "text",
        "category": "text",
        "brand": "text",
        "price": "number",
        "in_stock": "truth",
        "stock": "number",
        "colours": "list",
        "since": "date",
    }
    assert feed.problems == ()
    sizes = Counter(map(len, photos))
    assert set(sizes) <= {1, 2, 3, 4} and sizes[1] <= 15, "only the last of a class may have one photo"
    shown = [path for product in photos for path in product]
    assert len(shown) == len(set(shown)) and 0.9 * len(paths) < len(shown) < len(paths)


def test_products_stay_when_the_catalogue_grows(tmp_path: Path) -> None:
    feed, few, _ = written(tmp_path, 150)
    larger, many, _ = written(tmp_path, 300)
    before = dict(zip(feed.products["product_id"].to_pylist(), few, strict=True))
    after = dict(zip(larger.products["product_id"].to_pylist(), many, strict=True))
    assert all(after[product][: len(photos)] == photos for product, photos in before.items())
    assert feed.products.equals(written(tmp_path, 150)[0].products)
