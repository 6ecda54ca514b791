"""A feed from a real PostgreSQL server: its types, its changes, and that nothing but reading is done there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psycopg
import pyarrow as pa
import pytest

from tests import shop
from tests.without_photos import unit_vectors
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.search.request import ByProduct
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.products.feed import read_feed
from tiefvision_assets.store.products.similar import COLUMNS, write_to_database
from tiefvision_assets.store.products.source import BadFeed, source_of
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import rows_where

SHOP = """
CREATE TYPE size AS ENUM ('short', 'long');
CREATE TABLE article (sku uuid PRIMARY KEY, brand text, price numeric(10, 2), in_stock boolean, stock integer,
    since date, changed timestamptz, colours text[], length size, details jsonb, photos text[]);
INSERT INTO article VALUES
    ('00000000-0000-0000-0000-00000000000a', 'Ada', 79.90, true, 4, '2026-01-31', '2026-02-01 12:00+02',
        '{red,blue}', 'long', '{"care": "cold"}', '{0.jpg,1.jpg}'),
    ('00000000-0000-0000-0000-00000000000b', 'Bo', 120, false, 0, '2025-12-01', NULL, '{}', 'short', NULL, '{2.jpg}'),
    ('00000000-0000-0000-0000-00000000000c', 'Ada: 50 %', NULL, true, 12, NULL, '2026-02-02', NULL, NULL, NULL,
        '{3.jpg,missing.jpg}');
"""
A, B, C = (f"00000000-0000-0000-0000-00000000000{letter}" for letter in "abc")
NAMED = "sku AS product_id, photos AS paths, brand, price, in_stock, stock, since, changed, colours, length"


@pytest.fixture
def database(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection of the shop's own to its database."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SHOP)
        yield connection


@pytest.fixture
def feed(database: psycopg.Connection, postgres_url: str) -> str:
    return f"{postgres_url}#SELECT {NAMED} FROM article ORDER BY sku"


def test_each_type_of_postgresql_has_a_type_of_the_feeds(feed: str) -> None:
    found = read_feed(source_of(feed))
    assert {column.name: column.type for column in found.columns} == {
        "brand": "text",
        "price": "number",
        "in_stock": "truth",
        "stock": "number",
        "since": "date",
        "changed": "date",
        "colours": "list",
        "length": "text",
    }
    assert found.products["product_id"].to_pylist() == [A, B, C]
    assert found.products["price"].to_pylist() == [79.9, 120.0, None]
    assert found.products["colours"].to_pylist() == [["red", "blue"], [], None]
    assert found.named.to_pylist() == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "missing.jpg"]
    for condition, ids in {
        "price < 80 AND in_stock": [A],
        "'red' IN colours": [A],
        "since > '2025-12-31' OR stock > 10": [A, C],
        "changed < '2026-02-01 11:00' AND length = 'long'": [A],
        "price IS NULL": [C],
    }.items():
        chosen = found.products.filter(pa.array(rows_where(found.products, condition)))
        assert chosen["product_id"].to_pylist() == ids, condition


def test_a_query_may_have_casts_percent_signs_colons_and_joins(feed: str, postgres_url: str) -> None:
    query = """WITH dear AS (SELECT * FROM article WHERE price::float8 > 100 OR brand LIKE '%: 50 \\%')
        SELECT sku::text AS product_id, brand || ':x' AS brand, details->>'care' AS care FROM dear ORDER BY sku"""
    found = read_feed(source_of(f"{postgres_url}#{query}"))
    assert found.products["brand"].to_pylist() == ["Bo:x", "Ada: 50 %:x"]


def test_it_has_changed_when_what_the_query_finds_has_and_is_committed(
    feed: str, database: psycopg.Connection, postgres_url: str
) -> None:
    source = source_of(feed)
    before = source.stamp()
    database.execute("UPDATE article SET details = '{}'")
    assert source.stamp() == before, "the query does not ask for details"
    with psycopg.connect(postgres_url) as other:
        other.execute("UPDATE article SET price = 1")
        assert source.stamp() == before and read_feed(source).products["price"].to_pylist()[0] == 79.9
    assert source.stamp() != before and read_feed(source).products["price"].to_pylist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("DELETE FROM article RETURNING sku AS product_id", "syntax error"),
        ("WITH gone AS (DELETE FROM article RETURNING sku) SELECT sku AS id FROM gone", "data-modifying statements"),
        ("SELECT sku AS product_id, nextval('counted') FROM article", "read-only transaction"),
    ],
)
def test_a_query_that_writes_is_refused(
    feed: str, database: psycopg.Connection, postgres_url: str, query: str, reason: str
) -> None:
    database.execute("CREATE SEQUENCE counted")
    with pytest.raises(BadFeed, match=reason):
        read_feed(source_of(f"{postgres_url}#{query}"))
    assert database.execute("SELECT count(*) FROM article").fetchone() == (3,)


@pytest.mark.parametrize(
    ("query", "reason"),
    [("SELECT * FROM articles", '"articles" does not exist'), ("SELECT sku FROM article WHERE", "syntax error")],
)
def test_a_query_that_fails_is_a_sentence(feed: str, postgres_url: str, query: str, reason: str) -> None:
    with pytest.raises(BadFeed, match=re.escape(reason)) as caught:
        read_feed(source_of(f"{postgres_url}#{query}"))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_searches_follow_the_prices_in_the_database(feed: str, database: psycopg.Connection, tmp_path: Path) -> None:
    store = shop.open_shop(tmp_path, [f"{number}.jpg" for number in range(5)], unit_vectors(5))
    store = Store(store.settings.model_copy(update={"products": feed}))
    assert take_over_feed(store).photos == 4
    searcher = Searcher(store.settings)
    cheap = ByProduct(A, by="product", where="price < 50")
    assert searcher.search(cheap).hits == ()
    database.execute("UPDATE article SET price = 49.99 WHERE brand = 'Bo'")
    take_over_feed(store)
    assert [(hit.product_id, hit.product["price"]) for hit in searcher.search(cheap).hits] == [(B, 49.99)]


def test_similar_products_replace_the_rows_that_were_there(database: psycopg.Connection, postgres_url: str) -> None:
    rows = pd.DataFrame([("a", 1, "b", 0.5, "0.jpg", "2.jpg"), ("b", 1, "a", 0.5, "2.jpg", "0.jpg")], columns=COLUMNS)
    for part in (rows, rows.head(1)):
        write_to_database(postgres_url, part)
        found = database.execute("SELECT * FROM similar_products ORDER BY product_id").fetchall()
        assert found == list(part.itertuples(index=False, name=None))
