"""What a ranking learns from products: when it is trained for that, and that nothing is where it is off."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from tests import tiny
from tests.store.products.feeds import csv_text
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.planning.inputs import StepInputs
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.training import TRAIN_RANKING
from tiefvision_assets.store.records import RANKING_HEAD, ProductsLearned, RankingRecord
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def shop_of(store: Store, feed: Path, weight: float = 0.0) -> Store:
    """The same data folder with that feed, and products of that weight."""
    return Store(store.settings.model_copy(update={"products": str(feed), "product_triplets": weight}))


def sell(shop: Store, feed: Path, products: int) -> None:
    """Let so many products have two photos each; one has a single photo."""
    rows = [{"product_id": f"p{n}", "paths": f"{2 * n:02d}.png|{2 * n + 1:02d}.png"} for n in range(products)]
    before = feed.stat().st_mtime_ns if feed.exists() else 0
    feed.write_text(csv_text([*rows, {"product_id": "single", "paths": "11.png"}]))
    os.utime(feed, ns=(before + 10**9, before + 10**9))
    take_over_feed(shop)


def due(store: Store) -> str | None:
    """Why the ranking is to be trained, if it is."""
    return next((step.reason for step in plan(store) if step.assets == TRAIN_RANKING), None)


def run(store: Store) -> int:
    """Run the plan until nothing is due; returns how many assets were made."""
    runner = Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral())
    return runner.run_plan().materialised


def test_a_feed_alone_trains_nothing_and_changes_no_fingerprint(trained: Store, feed: Path) -> None:
    before = StepInputs(trained).of(TRAIN_RANKING)
    shop = shop_of(trained, feed)
    sell(shop, feed, 4)
    assert due(shop) is None
    assert StepInputs(shop).of(TRAIN_RANKING) == before
    switched_on = shop_of(trained, feed, 0.1)
    sell(switched_on, feed, 0)
    assert due(switched_on) is None, "no product has two photos"
    assert due(Store(trained.settings.model_copy(update={"product_triplets": 0.1}))) is None, "there is no feed"


def test_switched_on_it_is_trained_once_and_again_when_products_have_doubled_or_it_is_off(
    trained: Store, feed: Path
) -> None:
    people = trained.models.latest(RANKING_HEAD)
    shop = shop_of(trained, feed, 0.1)
    sell(shop, feed, 2)
    assert due(shop) == "the code or the configuration of the training has changed"
    assert run(shop) and due(shop) is None
    newest = shop.models.latest(RANKING_HEAD)
    record = shop.models.record(RankingRecord, str(newest))
    assert newest != people and record.dataset.products == ProductsLearned(0.1, 2)
    sources = shop.triplets.read(record.inputs.triplets)["source"]
    assert (sources == "product").sum() == 4

    sell(shop, feed, 3)
    assert due(shop) is None
    sell(shop, feed, 4)
    assert due(shop) == "4 products have several photos, and 2 had when the ranking learned from them"

    off = shop_of(trained, feed)
    assert due(off) == "what is learned from products has changed"
    run(off)
    last = off.models.record(RankingRecord, str(off.models.latest(RANKING_HEAD)))
    assert due(off) is None and last.dataset.products is None
