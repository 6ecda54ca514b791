"""`tiefvision products check`: what is understood of a feed, for people and for scripts; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests import commands, shop
from tests.store.products import feeds
from tests.without_photos import unit_vectors
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store

tiefvision = commands.in_process


def test_a_feed_is_told_about_and_not_taken(
    tiefvision: commands.InProcess, store: Store, save_photo: Callable[..., Path], tmp_path: Path
) -> None:
    save_photo("a1.png")
    store.catalogue.scan()
    feed = feeds.write(tmp_path / "feed", "csv")
    document = tiefvision("products", "check", feed, "--json").json
    assert (document["products"], document["photos"]) == (3, 1)
    assert document["columns"][1] == {"name": "price", "type": "number", "missing": 1, "example": "79.5"}
    assert {problem["kind"]: problem["examples"] for problem in document["problems"]} == {
        "missing values": [],
        "unknown photos": ["a2.png", "b1.png"],
        "products without photos": ["A-2", "B-1"],
    }
    shown = tiefvision("products", "check", feed)
    assert shown.code == 0 and "price is missing for 1 of 3 products" in shown.out
    assert store.products.read() is None


def test_a_schema_can_be_tried(tiefvision: commands.InProcess, tmp_path: Path) -> None:
    feed = feeds.write(tmp_path, "csv")
    (tmp_path / "mine.toml").write_text('[columns]\nprice = "text"\n')
    document = tiefvision("products", "check", feed, "--schema", tmp_path / "mine.toml", "--json").json
    assert document["columns"][1]["type"] == "text"


def test_a_feed_that_cannot_be_read_is_one_sentence(tiefvision: commands.InProcess) -> None:
    assert "is not there" in tiefvision("products", "check", "nowhere.csv").sentence


def test_products_are_searched_and_counted(tiefvision: commands.InProcess, tmp_path: Path, monkeypatch) -> None:
    paths = [f"{number}.jpg" for number in range(6)]
    store = shop.open_shop(tmp_path, paths, unit_vectors(6))
    monkeypatch.setenv("TIEFVISION_PRODUCTS", str(store.settings.products))
    shop.sell(
        store,
        [
            {"product_id": "a", "brand": "Ada", "price": 10, "paths": paths[:2]},
            {"product_id": "b", "brand": "Bo", "price": 20, "paths": paths[2:4]},
        ],
    )
    asked = ("search", "--product", "a", "--by", "product", "--facets", "brand", "--where", "price > 5")
    document = tiefvision(*asked, "--json").json
    (hit,) = document["hits"]
    assert (document["query"], hit["product_id"], len(hit["others"])) == ("a", "b", 1)
    assert document["facets"][0]["counts"] == [{"value": "Bo", "count": 1}]
    shown = tiefvision(*asked).out
    assert "brand Bo, price 20" in " ".join(shown.replace("│", " ").split())
    assert tiefvision("search").code == 2 and tiefvision("search", image_id("0.jpg"), "--product", "a").code == 2
    assert tiefvision("search", "--product", "a", "--box", "1,2,3,4").code == 2
    assert "is not in the feed" in tiefvision("search", "--product", "z").sentence
