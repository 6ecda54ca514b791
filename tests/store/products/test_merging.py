"""A feed with products beside it that were written through the API: which counts, and of which types columns are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.store.products.feeds import write
from tiefvision_assets.store.products.feed import Feed, read_feed
from tiefvision_assets.store.products.merging import with_written
from tiefvision_assets.store.products.photos import matched
from tiefvision_assets.store.products.schema import FeedSchema
from tiefvision_assets.store.products.source import source_of
from tiefvision_assets.store.written.journal import JournalFile
from tiefvision_assets.store.written.products import BadProduct, WrittenProduct, WrittenProducts, check_products


def merged(folder: Path, kind: str, *written: WrittenProduct, schema: FeedSchema = FeedSchema()) -> Feed:  # noqa: B008
    return with_written(read_feed(source_of(write(folder, kind))), written, schema)


def rows(feed: Feed) -> list[dict[str, Any]]:
    return feed.products.to_pylist()


def types(feed: Feed) -> dict[str, str]:
    return {column.name: column.type for column in feed.columns}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_product_counts_as_written_and_the_others_as_the_feed_says(tmp_path, kind):
    alone = read_feed(source_of(write(tmp_path, kind)))
    found = merged(
        tmp_path,
        kind,
        WrittenProduct("A-2", ["new/a2.png"], {"price": 60, "brand": "Ada"}),
        WrittenProduct("C-1", ["c1.png", "c2.png"], {"price": 9.5, "in_stock": True, "colours": ["red", "black"]}),
    )
    assert types(found) == types(alone) | {"colours": "list"}
    by_id = {row["product_id"]: row for row in rows(found)}
    assert list(by_id) == ["A-1", "B-1", "A-2", "C-1"]
    assert by_id["A-1"]["price"] == 79.5 and by_id["A-1"]["colours"] is None
    assert (by_id["A-2"]["price"], by_id["A-2"]["in_stock"], by_id["A-2"]["since"]) == (60.0, None, None)
    assert (by_id["C-1"]["price"], by_id["C-1"]["colours"]) == (9.5, ["red", "black"])
    assert [one.sentence for one in found.problems if one.kind == "written"] == [
        "1 products of the feed count as they were written through the API"
    ]
    assert "price is missing for 1 of 4 products (25.0%)" in [one.sentence for one in found.problems]
    photos = matched(found, ["a1.png", "a2.png", "b1.png", "c1.png", "c2.png", "new/a2.png"]).photos
    assert photos == [["a1.png"], ["b1.png"], ["new/a2.png"], ["c1.png", "c2.png"]]


def test_an_odd_value_takes_no_column_away_from_the_others(tmp_path):
    found = merged(tmp_path, "csv", WrittenProduct("C-1", [], {"price": "cheap", "in_stock": "perhaps"}))
    alone = read_feed(source_of(write(tmp_path, "csv")))
    assert types(found) == types(alone)
    assert rows(found)[-1]["price"] is None and rows(found)[0]["price"] == 79.5
    assert [one.examples for one in found.problems if one.kind == "mixed types"] == [("cheap",), ("perhaps",)]


def test_the_stated_schema_holds_for_what_is_written_too(tmp_path):
    schema = FeedSchema(columns={"ean": "text"}, left_out=frozenset({"margin"}))
    found = merged(tmp_path, "csv", WrittenProduct("C-1", [], {"ean": 4006, "margin": 0.3}), schema=schema)
    assert types(found)["ean"] == "text" and rows(found)[-1]["ean"] == "4006"
    assert "margin" not in types(found)


def test_a_column_of_photos_is_renamed_as_of_a_feed(tmp_path):
    assert rows(merged(tmp_path, "csv", WrittenProduct("C-1", [], {"width": 3})))[-1]["product.width"] == 3


def test_without_a_feed_what_was_written_is_all_there_is():
    found = with_written(None, [WrittenProduct("C-1", ["c.png"], {"price": 3, "since": "2026-11-27"})], FeedSchema())
    assert types(found) == {"price": "number", "since": "date"}
    nothing = with_written(None, [], FeedSchema())
    assert len(nothing.products) == 0 and matched(nothing, ["c.png"]).photos == []


def test_nothing_written_leaves_a_feed_as_it_is(tmp_path):
    feed = read_feed(source_of(write(tmp_path, "csv")))
    assert with_written(feed, [], FeedSchema()) is feed


def test_written_products_are_kept_and_removed(tmp_path):
    kept = WrittenProducts(JournalFile(tmp_path / "products.jsonl"))
    one = WrittenProduct("C-1", ["c.png"], {"price": 3, "tags": ["a"], "sale": None})
    assert kept.change([one], []) == []
    assert WrittenProducts(JournalFile(tmp_path / "products.jsonl")).all() == [one]
    assert kept.change([WrittenProduct("D/2")], ["C-1", "nobody"]) == ["C-1"]
    assert kept.all() == [WrittenProduct("D/2", [], {})]


@pytest.mark.parametrize(
    ("product", "part"),
    [
        (WrittenProduct(""), "no product's id"),
        (WrittenProduct(" A"), "begins or ends with a space"),
        (WrittenProduct("A\n"), "begins or ends"),
        (WrittenProduct("A\x07"), "control characters"),
        (WrittenProduct("\ud800"), "no Unicode"),
        (WrittenProduct("x" * 201), "longer than 200"),
        (WrittenProduct("A", ["a.png"] * 1001), "More than 1000 photos"),
        (WrittenProduct("A", [" "]), "empty path"),
        (WrittenProduct("A", [], {"photo_paths": "x"}), "which no column can be"),
        (WrittenProduct("A", [], {"": "x"}), "which no column can be"),
        (WrittenProduct("A", [], {"ean": 10**17}), "more digits"),
        (WrittenProduct("A", [], {"price": float("nan")}), "is no number"),
        (WrittenProduct("A", [], {"price": float("inf")}), "is no number"),
        (WrittenProduct("A", [], {"tags": ["x"] * 1001}), "1000 elements"),
        (WrittenProduct("A", [], {"text": "x" * 10_001}), "longer than 10000"),
        (WrittenProduct("A", [], {"price": "cheap"}), "values of the type number"),
        (WrittenProduct("A", [], {"in_stock": 2}), "values of the type truth"),
    ],
)
def test_products_that_are_not_taken(tmp_path, product, part):
    columns = read_feed(source_of(write(tmp_path, "csv"))).columns
    with pytest.raises(BadProduct, match=part) as refused:
        check_products([product], [], columns)
    assert str(refused.value).endswith(".")
    check_products([WrittenProduct("A", ["a.png"], {"price": "80", "in_stock": 1, "new": "x"})], ["B"], columns)


def test_a_product_stands_in_a_request_once():
    with pytest.raises(BadProduct, match="'A' stands in the request twice"):
        check_products([WrittenProduct("A")], ["A"])


def test_types_hold_before_anything_was_taken_over(tmp_path):
    kept = WrittenProducts(JournalFile(tmp_path / "products.jsonl"))
    with pytest.raises(BadProduct, match="'B' is 'cheap', but the column holds values of the type number"):
        kept.change([WrittenProduct("A", [], {"price": 1}), WrittenProduct("B", [], {"price": "cheap"})], [])
    assert kept.all() == []
    kept.change([WrittenProduct("A", [], {"price": 1, "note": "", "size": "S"})], [])
    for columns in ({"price": "cheap"}, {"price": True}, {"size": 38}):
        with pytest.raises(BadProduct, match="but the column holds values of the type"):
            kept.change([WrittenProduct("B", [], columns)], [])
    kept.change([WrittenProduct("B", [], {"price": "60.5", "note": "n", "size": None})], [])
    found = with_written(None, kept.all(), FeedSchema())
    assert types(found) == {"price": "number", "note": "text", "size": "text"}
    assert [row["price"] for row in rows(found)] == [1, 60.5]
    kept.change([WrittenProduct("A", [], {"price": "cheap"})], ["B"])  # nobody else has a price then
