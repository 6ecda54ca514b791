"""A week of a shop: every morning its table of similar products, all searches, and what follows from its customers'
clicks are as if made from nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from tests import tiny
from tests.e2e.clicking import (
    customers_buy_from_pages,
    customers_click,
    one_click,
    people_contradict,
    somebody_clicks_too_much,
)
from tests.e2e.naive_clicks import OF_A_QUERY, NaiveClicks, check_win_rates
from tests.e2e.naive_shop import CONDITIONS, RULE, NaiveShop
from tests.e2e.small_shop import (
    Event,
    SmallShop,
    deal_out_otherwise,
    discontinue,
    drop_prices,
    opened,
    people_judge,
    photograph_again,
    sell_new,
    sell_out,
)
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.lineage.similar_products import Gallery, similar_products
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ById, ByPhoto, ByProduct, SearchRequest, Unit
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.search.serving import Serving
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS, Ranking
from tiefvision_assets.store.products.rule import Rule
from tiefvision_assets.store.store import Store

pytestmark = pytest.mark.acceptance

tiny_encoder, few_steps, settings = tiny.tiny_encoder, tiny.few_steps, tiny.settings

K, SIMILAR = 7, 3
WEEK: dict[str, tuple[Event, ...]] = {
    "Monday": (people_judge, customers_click, sell_new, drop_prices),
    "Tuesday": (one_click, discontinue, sell_out),
    "Wednesday": (somebody_clicks_too_much, customers_click, photograph_again),
    "Thursday": (people_judge, people_contradict, customers_click),
    "Friday": (drop_prices, sell_out),
    "Saturday": (customers_buy_from_pages, deal_out_otherwise, sell_new, discontinue, photograph_again),
    "Sunday": (),
}


def night(store: Store) -> None:
    """What the daemon does between two days."""
    store.catalogue.scan()
    Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
    assert plan(store) == []


@pytest.mark.parametrize("seed", [0])
def test_a_week_of_a_shop(settings, tmp_path: Path, seed: int) -> None:
    feed, target = tmp_path / "products.jsonl", tmp_path / "pages.db"
    of_shop = {
        "products": str(feed),
        "similar_products": RULE,
        "similar_products_count": SIMILAR,
        "similar_products_url": f"sqlite:///{target}",
        "product_triplets": 0.1,
        "feedback": "on",
        "interleave": 0.7,
    }
    store = Store(settings.model_copy(update=of_shop))
    shop = opened(store, feed, seed)
    searcher, clicks = Searcher(store.settings), NaiveClicks()
    night(store)
    check_similar(shop, target)
    for day, events in WEEK.items():
        before = store.served.read().index, store.similar_products.read()
        for event in events:
            event(shop)
        shop.write_feed()
        night(store)
        check_similar(shop, target)
        clicks.check_triplets(store)
        won = check_win_rates(store, shop.visits)
        for ranking in RANKINGS:
            check_searches(shop, searcher, ranking)
        if day in ("Friday", "Sunday"):
            assert store.served.read().index == before[0], "prices and stock make no index"
        if day == "Sunday":
            assert store.similar_products.read().equals(before[1])
    assert max(Counter(photos[0] for photos in clicks.triplets).values()) == OF_A_QUERY
    assert any(rate.wins and rate.losses and rate.ties for rate in won.values())
    store.labels.close()


def check_similar(shop: SmallShop, target: Path) -> None:
    """The table is what a computation anew gives, what all pairs give, and what the shop's database holds."""
    store = shop.store
    made = store.similar_products.read()
    products = store.products.read()
    index = store.indexes.open("supervised", store.served.read().index["supervised"])
    gallery = Gallery.of(products, index.entries["path"], np.asarray(index.vectors))
    anew, _ = similar_products(gallery, Rule(RULE, products), SIMILAR)
    pd.testing.assert_frame_equal(made, anew, check_dtype=False)
    shown = list(made[["product_id", "rank", "similar_id", "score"]].itertuples(index=False, name=None))
    assert shown and shown == NaiveShop.of(store, shop.owner(), "supervised").similar(SIMILAR)
    with sqlite3.connect(target) as database:
        rows = database.execute("SELECT product_id, rank, similar_id, score FROM similar_products ORDER BY 1, 2")
        assert rows.fetchall() == shown


def check_searches(shop: SmallShop, searcher: Searcher, ranking: Ranking) -> None:
    """Searches by photos, products and a picture find and count what comparing all vectors does."""
    naive = NaiveShop.of(shop.store, shop.owner(), ranking)
    rows = dict(zip(naive.paths, naive.vectors, strict=True))
    for condition in CONDITIONS:
        for by in ("photo", "product"):
            for request, own, queries in asked(shop, naive, condition, by, ranking):
                vectors = np.stack([rows[path] for path in own]) if queries is None else queries
                result = searcher.search(request)
                naive.check_hits(result.hits, vectors, own, condition, by, K)
                for facet in result.facets:
                    naive.check_facet(facet, own, condition, by)


def asked(
    shop: SmallShop, naive: NaiveShop, condition: str | None, by: Unit, ranking: Ranking
) -> Iterator[tuple[SearchRequest, list[str], np.ndarray | None]]:
    """Requests with the paths of the query's own photos; and its vectors, where it is none of the catalogue's."""
    options = {"k": K, "by": by, "where": condition, "ranking": ranking, "facets": ("brand", "price", "in_stock")}
    for path in shop.draw.choice(naive.paths, 2, replace=False).tolist():
        yield ById(image_id(path), **options), [path], None
    for row in shop.some(2):
        own = [path for path in row["paths"] if path in naive.paths]
        if own:
            yield ByProduct(row["product_id"], **options), own, None
    serving = Serving(shop.store, shop.store.served.read())
    photo = serving.photo(int(shop.draw.integers(len(naive.paths)))).rotate(3)
    queries = serving.vectors(photo, serving.located(photo, None).box, ranking).ranked
    yield ByPhoto(photo, **options), [], queries
