"""Taking over a feed of products, and those that the API wrote: read them, look their photos up, and replace the table
that searches join."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.products.feed import Feed, Problem, read_feed
from tiefvision_assets.store.products.merging import with_written
from tiefvision_assets.store.products.photos import Matched, matched
from tiefvision_assets.store.products.schema import read_schema, schema_of
from tiefvision_assets.store.products.source import BadFeed, FeedSource
from tiefvision_assets.store.products.table import ProductRecord, Products
from tiefvision_assets.store.records import ProductsLearned
from tiefvision_assets.store.store import Store

ASKED_AGAIN_S = 20.0
"""A feed that is no file here is asked whether it has changed at most this often: the plan is asked again and again."""
_stamps: dict[FeedSource, tuple[float, str]] = {}
_EXAMPLES = 3


@dataclass(frozen=True)
class Understood:
    """What a feed says, with the photos that it names."""

    feed: Feed
    found: Matched
    problems: tuple[Problem, ...]
    """What is odd about the feed, and about its photos."""

    @property
    def photos(self) -> int:
        """Photos of the catalogue that show a product."""
        return sum(map(len, self.found.photos))


def understood(store: Store, source: FeedSource) -> Understood:
    """Read a feed and look its photos up in the catalogue; `BadFeed` where it cannot be read."""
    return _looked_up(store, read_feed(source))


def _looked_up(store: Store, feed: Feed) -> Understood:
    found = matched(feed, store.catalogue.live()["path"].tolist())
    return Understood(feed, found, (*feed.problems, *_of_photos(feed, found)))


def take_over_feed(store: Store) -> Products:
    """Replace the products by those that the feed has now, and that were written through the API.

    `BadFeed` where the feed cannot be read, or there is neither; the products stay as they are then.
    """
    source = store.product_feed
    written = store.written_products.version()
    if source is None and not written:
        raise BadFeed("There is no feed of products; set TIEFVISION_PRODUCTS to a file, a URL or a database's query.")
    photos = store.catalogue.version()
    if source is not None:
        _stamps[source] = time.monotonic(), source.stamp()
    version = _version_of(source, written)
    stated = schema_of(source) if source else read_schema(store.settings.products_schema)
    feed = with_written(read_feed(source) if source else None, store.written_products.all(), stated)
    found = _looked_up(store, feed)
    before = store.products.intact()
    record = ProductRecord(version, photos, len(before) if before else 0, found.feed.columns, found.problems, written)
    return store.products.write(found.feed, found.found, record)


def product_groups(store: Store) -> dict[str, str]:
    """Content → the product that it shows, so that no split parts a product; contents of no product are not in it.

    Of a content under several paths that show different products, the product of the first path counts.
    """
    products = store.products.read() if store.settings.has_products else None
    if products is None:
        return {}
    live = store.catalogue.live().sort_values("path")
    rows = products.rows_of(live["path"])
    shown = live.assign(row=rows)[rows < len(products)].drop_duplicates("sha256")
    return {sha256: products.ids[row] for sha256, row in zip(shown["sha256"], shown["row"], strict=True)}


def products_learned(store: Store) -> ProductsLearned | None:
    """What a ranking learns from products now; None where that is switched off, or no product has two photos."""
    weight = store.settings.product_triplets
    products = store.products.intact() if weight and store.settings.has_products else None
    return ProductsLearned(weight, products.with_two_photos) if products and products.with_two_photos else None


def why_products_are_due(store: Store) -> str | None:
    """Why the feed is to be taken over, in a sentence; None where the products are as the feed and the photos are."""
    products = store.products.intact()
    try:
        wanted = feed_version(store)
    except BadFeed as error:
        return str(error)
    if not wanted:
        return None
    if products is None:
        if store.products.stamp() is not None:
            return "the file of the products is damaged"
        return "the feed of products was not read yet"
    if products.record.feed != wanted:
        return "the feed of products has changed"
    if products.record.photos != store.catalogue.version():
        return "photos came or went since the feed of products was read"
    return None


def feed_version(store: Store) -> str:
    """What the feed holds now, and what was written, as `ProductRecord.feed` has it; empty where there is neither.

    `BadFeed` where the feed cannot be had.
    """
    source = store.product_feed
    if source is not None:
        known = _stamps.get(source)
        if source.file is not None or not known or time.monotonic() >= known[0] + ASKED_AGAIN_S:
            _stamps[source] = time.monotonic(), source.stamp()
    return _version_of(source, store.written_products.version())


def _version_of(source: FeedSource | None, written: str) -> str:
    """The version with the stamp of the feed that was taken last."""
    stamp = _stamps[source][1] if source else ""
    feed = fingerprint(file=str(source.file), url=source.url, query=source.query, stamp=stamp) if source else ""
    return fingerprint(feed=feed, written=written) if written else feed


def _of_photos(feed: Feed, found: Matched) -> list[Problem]:
    problems = []
    if found.unknown:
        sentence = f"{len(found.unknown):,} of {len(feed.named):,} photos that the feed names are not in the catalogue"
        problems.append(Problem("unknown photos", sentence, tuple(dict.fromkeys(found.unknown))[:_EXAMPLES]))
    if found.of_two:
        sentence = f"{len(found.of_two):,} photos are named for a second product, and count for the first"
        examples = tuple(f"{path} ({first}, {second})" for path, first, second in found.of_two[:_EXAMPLES])
        problems.append(Problem("photos of two products", sentence, examples))
    bare = [
        name for name, photos in zip(feed.products["product_id"].to_pylist(), found.photos, strict=True) if not photos
    ]
    if bare:
        sentence = f"{len(bare):,} of {len(found.photos):,} products have no photo in the catalogue"
        problems.append(Problem("products without photos", sentence, tuple(bare[:_EXAMPLES])))
    return problems
