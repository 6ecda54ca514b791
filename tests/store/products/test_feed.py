"""Reading feeds: every format says the same, types follow from what columns hold, and oddities are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.store.products.feeds import ROWS, csv_text, feed_of, write
from tiefvision_assets.store.products.feed import Feed, read_feed
from tiefvision_assets.store.products.source import BadFeed, source_of

COLUMNS = "product_id,path,size,ean,tags,sale,launched\n"


def types(feed: Feed) -> dict[str, str]:
    return {column.name: column.type for column in feed.columns}


def kinds(feed: Feed) -> list[str]:
    return [problem.kind for problem in feed.problems]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_every_format_says_the_same(tmp_path: Path, kind: str) -> None:
    feed = read_feed(source_of(write(tmp_path, kind)))
    assert (
        types(feed) == {"brand": "text", "price": "number", "in_stock": "truth", "since": "date"} or kind == "parquet"
    )
    assert feed.products["product_id"].to_pylist() == ["A-1", "A-2", "B-1"]
    assert feed.products["price"].to_pylist() == [79.5, 120.0, None]
    assert feed.products["in_stock"].to_pylist() == [True, False, True]
    assert feed.products["since"].to_pylist()[0] == datetime(2026, 1, 31)
    assert (feed.owners.tolist(), feed.named.to_pylist()) == ([0, 1, 2], ["a1.png", "a2.png", "b1.png"])
    (missing,) = feed.problems
    assert missing.sentence == "price is missing for 1 of 3 products (33.3%)"


def test_a_query_of_a_database_is_a_feed(tmp_path: Path) -> None:
    url = write(tmp_path, "db") + " WHERE brand = 'Ada' AND since LIKE '2026-%' ORDER BY price DESC"
    feed = read_feed(source_of(url))
    assert feed.products["product_id"].to_pylist() == ["A-2", "A-1"]
    assert feed.products["price"].to_pylist() == [120.0, 79.5]


def test_a_column_has_a_type_if_all_of_its_values_fit_it(tmp_path: Path) -> None:
    feed = feed_of(
        tmp_path,
        COLUMNS
        + 'x1,,38,0123,red|blue,yes,2026-01-01T10:00:00+02:00\nx2,,40,4567,"[""green, dark""]",NO,2026-03-05\n'
        + "x3,,,89,,,\n",
    )
    assert types(feed) == {"size": "number", "ean": "text", "tags": "list", "sale": "truth", "launched": "date"}
    assert feed.products["size"].type == pa.int64()
    assert feed.products["tags"].to_pylist() == [["red", "blue"], ["green, dark"], None]
    assert feed.products["launched"].to_pylist()[:2] == [datetime(2026, 1, 1, 8), datetime(2026, 3, 5)]
    assert feed.products["sale"].to_pylist() == [True, False, None]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.234,50", "7", "80,9"], [1234.5, 7, 80.9]),
        (["+3", "-4.5", ".5"], [3, -4.5, 0.5]),
        (["1", "-2"], [1, -2]),
        (["3.1415926535897931", "-0.1000000000000000055"], [3.141592653589793, -0.1]),
        (["123456789012345.25", "7"], [123456789012345.25, 7]),
    ],
)
def test_numbers_with_a_comma_or_a_point(tmp_path: Path, cells: list[str], numbers: list[float]) -> None:
    lines = [f"p{at};{cell}" for at, cell in enumerate(cells)]
    assert feed_of(tmp_path, "\n".join(["product_id;price", *lines])).products["price"].to_pylist() == numbers


@pytest.mark.parametrize("code", ["4006381333931123", "4006381333931123.50"])
def test_what_has_more_digits_than_a_number_keeps_is_a_code(tmp_path: Path, code: str) -> None:
    assert feed_of(tmp_path, f"id,ean\nx,{code}\n").products["ean"].to_pylist() == [code]


def test_what_is_almost_a_number_is_a_text_until_somebody_states_its_type(tmp_path: Path) -> None:
    lines = [f"p{at},{at}" for at in range(19)] + ["p19,on request"]
    text = "\n".join(["product_id,price", *lines])
    feed = feed_of(tmp_path, text)
    assert types(feed) == {"price": "text"}
    (mixed,) = feed.problems
    assert (mixed.kind, mixed.examples) == ("mixed types", ("on request",)) and "19 of 20 values" in mixed.sentence
    feed = feed_of(tmp_path, text, '[columns]\nprice = "number"\n')
    assert types(feed) == {"price": "number"} and feed.products["price"].to_pylist()[-2:] == [18, None]
    assert kinds(feed) == ["mixed types", "missing values"]


def test_values_of_several_kinds_are_what_all_of_them_can_be_read_as(tmp_path: Path) -> None:
    file = tmp_path / "products.jsonl"
    prices, sizes = [3, "4", 5.5], [38, "M", "L"]
    rows = [{"id": f"p{at}", "price": prices[at], "size": sizes[at]} for at in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    feed = read_feed(source_of(str(file)))
    assert feed.products["price"].to_pylist() == [3, 4, 5.5]
    assert feed.products["size"].to_pylist() == ["38", "M", "L"]
    assert [(one.kind, one.sentence) for one in feed.problems] == [
        ("mixed types", "size holds texts beside values of other kinds, so it is a text")
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["79,90 €", "1.299,00 €"], "amounts with their currency"),
        (["EUR 12", "£ 7.50"], "amounts with their currency"),
        (["01.02.2026", "3.2.26"], "dates in an order of their own"),
        (["1.5kg", "A 12"], ""),
    ],
)
def test_what_was_probably_meant_to_be_compared_is_said(tmp_path: Path, values: list[str], said: str) -> None:
    file = tmp_path / "products.csv"
    file.write_text("".join(f"{at};{value}\n" for at, value in [("id", "value"), *enumerate(values)]))
    feed = read_feed(source_of(str(file)))
    assert feed.columns[0].type == "text"
    assert [one.kind for one in feed.problems] == ["lookalikes"] * bool(said)
    assert all(said in one.sentence and one.examples == tuple(values) for one in feed.problems)


def test_a_schema_names_columns_and_types(tmp_path: Path) -> None:
    schema = """
        product_id = "artikel"
        photos = "dresses/{product_id}-*.jpg"
        separator = "/"
        [columns]
        code = "text"
        sizes = "list"
        stock = "truth"
        margin = "leave out"
    """
    feed = feed_of(tmp_path, "artikel,code,sizes,stock,margin\n7,12,36/38,1,.4\n8,13,40,0,.5\n", schema)
    assert types(feed) == {"code": "text", "sizes": "list", "stock": "truth"}
    assert feed.products["sizes"].to_pylist() == [["36", "38"], ["40"]]
    assert feed.products["stock"].to_pylist() == [True, False]
    assert feed.named.to_pylist() == ["dresses/{product_id}-*.jpg"] * 2


def test_rows_of_one_product_are_one_product(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "sku,path,brand\nx,1.jpg,A\ny,2.jpg,B\nx,3.jpg,C\n,4.jpg,D\nx,1.jpg,A\n")
    assert feed.products["product_id"].to_pylist() == ["x", "y"]
    assert feed.products["brand"].to_pylist() == ["A", "B"]
    assert list(zip(feed.owners.tolist(), feed.named.to_pylist(), strict=True)) == [
        (0, "1.jpg"),
        (1, "2.jpg"),
        (0, "3.jpg"),
    ]
    assert sorted(kinds(feed)) == ["differing rows", "no product"]


def test_photos_of_a_product_in_one_cell(tmp_path: Path) -> None:
    text = '{"id": 1, "paths": ["a.jpg", "./b.jpg"]}\n{"id": 2, "paths": ["c\\\\d.jpg"]}\n{"id": 3}\n'
    feed = feed_of(tmp_path, text, name="products.jsonl")
    assert (feed.owners.tolist(), feed.named.to_pylist()) == ([0, 0, 1], ["a.jpg", "b.jpg", "c/d.jpg"])
    bars = feed_of(tmp_path, "id,paths\n1,a.jpg|b.jpg\n2,c.jpg\n")
    assert (bars.owners.tolist(), bars.named.to_pylist()) == ([0, 0, 1], ["a.jpg", "b.jpg", "c.jpg"])


def test_columns_that_photos_have_as_well_are_searched_under_another_name(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "product_id,width,Dark,price,Price\nx,30,yes,1,2\n")
    assert list(types(feed)) == ["product.width", "product.Dark", "price"]
    assert kinds(feed) == ["renamed", "renamed", "left out"]


def test_values_of_no_type_are_left_out_and_kept_apart(tmp_path: Path) -> None:
    file = tmp_path / "products.parquet"
    pq.write_table(pa.table({"id": [1, 2], "nested": [{"a": 1}, {"a": 2}], "price": [float("nan"), 2.0]}), file)
    feed = read_feed(source_of(str(file)))
    assert types(feed) == {"price": "number"} and feed.products["price"].to_pylist() == [None, 2.0]
    assert kinds(feed) == ["left out", "missing values"]
    mixed = feed_of(tmp_path, '{"id": 1, "size": 38}\n{"id": 2, "size": "L"}\n', name="products.jsonl")
    assert types(mixed) == {"size": "text"} and mixed.products["size"].to_pylist() == ["38", "L"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_what_spreadsheets_save_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "products.csv").write_bytes("product_id;brand\r\nx;Bär\r\n".encode(encoding))
    feed = read_feed(source_of(str(tmp_path / "products.csv")))
    assert feed.products["brand"].to_pylist() == ["Bär"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("products.csv", csv_text() + "C-1,one,too,few\n", "Expected 6 columns, got 4"),
        ("products.csv", 'id,x\nA,7" screen\nB,"two\nC,three\n', "a quotation mark in it is never closed"),
        ("products.csv", "", "it is empty"),
        ("products.csv", "brand\nA\n", "has no column product_id; it has brand"),
        ("products.csv", "sku,brand,brand\nx,A,B\n", "the column brand stands there twice"),
        ("products.csv", "id, x,x\n1,A,B\n", "the column x stands there twice"),
        ("products.csv", "id,x\n", "names no product; nothing of it was taken"),
        ("products.csv", "id,x\n,A\n ,B\n", "names no product; nothing of it was taken"),
        ("products.jsonl", '{"id": null}\n', "names no product; nothing of it was taken"),
        ("products.jsonl", '{"id": 1}\n{"id": 2, "x": ' + "[" * 200_000 + "\n", "line 2 is nested too deeply"),
        ("products.jsonl", '{"id": 1}\n{"id": \n', "line 2 is no JSON"),
        ("products.jsonl", "[1]\n", "line 1 is no JSON object"),
        ("products.parquet", "PAR1", "cannot be read"),
    ],
)
def test_nothing_of_an_unreadable_feed_is_taken(tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(BadFeed) as caught:
        feed_of(tmp_path, text, name=name)
    assert reason in str(caught.value) and str(caught.value).endswith(".") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ('colour = "red"', "there is no 'colour'"),
        ("product_id = 3", "product_id is 3"),
        ('photos = "*.jpg"', r"a pattern with \{product_id\}"),
        ('[columns]\nprice = "money"', "the type of price is 'money'"),
        ("[columns", "is no TOML"),
        ('product_id = "nobody"', "has no column nobody"),
        ("product_id = " + "[" * 20_000, "is nested too deeply"),
    ],
)
def test_a_schema_that_is_not_understood_is_refused(tmp_path: Path, schema: str, reason: str) -> None:
    with pytest.raises(BadFeed, match=reason):
        feed_of(tmp_path, csv_text(), schema)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("products.xlsx", "is no feed of products"),
        ("postgresql://shop:secret@host/shop", "has no query"),
        ("nowhere.csv", "is not there"),
        ("mysql://shop:secret@host/shop#SELECT 1", "it is no URL that is understood"),
        ("sqlite:////nowhere/shop.db#SELECT 1", "there is no file /nowhere/shop.db"),
    ],
)
def test_a_feed_that_cannot_be_had_is_a_sentence_without_a_password(text: str, reason: str) -> None:
    with pytest.raises(BadFeed, match=reason) as caught:
        read_feed(source_of(text))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT * FROM shop WHERE price > 1000", "names no product"),
        ("SELECT product_id, brand AS x, path AS x FROM shop", "the column x stands there twice"),
    ],
)
def test_nothing_of_an_odd_query_is_taken(tmp_path: Path, query: str, reason: str) -> None:
    url = write(tmp_path, "db").partition("#")[0]
    with pytest.raises(BadFeed, match=reason):
        read_feed(source_of(f"{url}#{query}"))


def test_a_mistyped_file_of_a_database_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "shpo.db"
    with pytest.raises(BadFeed, match=r"there is no file .*shpo\.db"):
        read_feed(source_of(f"sqlite:///{file}#SELECT 1"))
    assert not file.exists()


def test_columns_of_a_parquet_file_with_the_same_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "products.parquet"
    pq.write_table(pa.table([pa.array(["a"])] * 3, ["id", "x", "x"]), file)
    with pytest.raises(BadFeed, match="the column x stands there twice"):
        read_feed(source_of(str(file)))


def test_a_schema_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "products.schema.toml").mkdir()
    with pytest.raises(BadFeed, match=r"The schema of products .* cannot be read: "):
        feed_of(tmp_path, csv_text())


def test_a_feed_or_a_schema_under_a_file_or_a_loop_of_links_is_a_sentence(tmp_path: Path) -> None:
    feed = write(tmp_path, "csv")
    with pytest.raises(BadFeed, match="is not there"):
        source_of(f"{feed}/products.csv").stamp()
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    with pytest.raises(BadFeed, match=r"loop\.toml cannot be read: "):
        source_of(feed, loop).stamp()
    with pytest.raises(BadFeed, match=r"loop\.toml cannot be read: "):
        read_feed(source_of(feed, loop))


def test_a_text_that_was_cut_within_an_emoji_is_read(tmp_path: Path) -> None:
    lines = (
        '{"id": "x", "brand": "Bo \\ud83d"}\n{"id": "y", "brand": "\\ud83d\\udc57 \\u00e4", "\\udc57": ["\\udc57"]}\n'
    )
    feed = feed_of(tmp_path, lines, name="products.jsonl")
    assert feed.products["brand"].to_pylist() == ["Bo \ufffd", "👗 ä"]
    assert feed.products["\ufffd"].to_pylist() == [None, ["\ufffd"]]


def test_a_deeply_nested_cell_is_a_list_of_one_text(tmp_path: Path) -> None:
    nested = "[" * 100_000
    feed = feed_of(tmp_path, f"id,tags\nx,{nested}]\n", '[columns]\ntags = "list"\n')
    assert feed.products["tags"].to_pylist() == [[nested + "]"]]


@pytest.mark.parametrize("empty", ["", "list", "date"])
def test_a_feed_with_a_row_a_photo_may_have_an_empty_column(tmp_path: Path, empty: str) -> None:
    schema = f'[columns]\nnote = "{empty}"\n' if empty else ""
    feed = feed_of(tmp_path, "id,path,note\nx,1.jpg,\nx,2.jpg,\ny,3.jpg,\n", schema)
    assert feed.products["note"].to_pylist() == [None, None]
    assert kinds(feed) == ["missing values"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:se@cret@host/shop",
        "postgresql://shop@host/shop?password=secret&sslmode=require",
        "mysql://shop@host/shop?sslmode=require&password=secret",
        "postgresql://shop:secret@host:port/shop",
        "sqlite:////nowhere/shop.db?password=secret",
    ],
)
def test_no_form_of_a_password_is_in_what_a_feed_is_called_or_fails_with(url: str) -> None:
    source = source_of(f"{url}#SELECT 1")
    assert "cret" not in source.shown and source.shown.startswith(url.partition("://")[0])
    with pytest.raises(BadFeed) as caught:
        read_feed(source)
    assert "cret" not in str(caught.value)


def test_a_changed_feed_has_another_stamp(tmp_path: Path) -> None:
    for kind in ("csv", "db"):
        setting = write(tmp_path, kind)
        stamp = source_of(setting).stamp()
        assert source_of(setting).stamp() == stamp
        (tmp_path / f"products.{kind}").unlink()
        write(tmp_path, kind, [{**row, "price": 9999.25} for row in ROWS])
        assert source_of(setting).stamp() != stamp
    schema = tmp_path / "other.toml"
    before = source_of(str(tmp_path / "products.csv"), schema).stamp()
    schema.write_text('[columns]\nprice = "text"\n')
    assert source_of(str(tmp_path / "products.csv"), schema).stamp() != before


def test_dates_beyond_the_calendar_count_as_missing(tmp_path: Path) -> None:
    file = tmp_path / "products.parquet"
    seconds = [253402300799, 253402300800, -62135596801]
    pq.write_table(pa.table({"id": ["x", "y", "z"], "until": pa.array(seconds, pa.timestamp("s"))}), file)
    feed = read_feed(source_of(str(file)))
    assert feed.products["until"].to_pylist() == [datetime(9999, 12, 31, 23, 59, 59), None, None]
    late = feed_of(tmp_path, "id,until\nx,9999-12-31T23:59:59-05:00\ny,9999-12-31\n", '[columns]\nuntil = "date"\n')
    assert late.products["until"].to_pylist() == [None, datetime(9999, 12, 31)]


def test_times_with_a_zone_become_utc(tmp_path: Path) -> None:
    file = tmp_path / "products.parquet"
    when = pa.array([datetime(2026, 1, 1, 12, tzinfo=UTC)], pa.timestamp("ns", "Europe/Berlin"))
    pq.write_table(pa.table({"id": ["x"], "launched": when}), file)
    assert read_feed(source_of(str(file))).products["launched"].to_pylist() == [datetime(2026, 1, 1, 12)]
