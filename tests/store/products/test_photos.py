"""Which photos show which product: named, listed, or by a pattern; and each photo shows one product."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.store.products.feeds import feed_of
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.products import photos
from tiefvision_assets.store.products.photos import matched
from tiefvision_assets.store.products.table import ProductRecord, ProductTable
from tiefvision_assets.store.sealed import DamagedFile

PATHS = ["s/1-a.jpg", "s/1-b.jpg", "s/12-a.jpg", "s/1-x/c.jpg", "s/(2)+.jpg", "t/12.jpg"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("s/{product_id}-*.jpg", {"1": ["s/1-a.jpg", "s/1-b.jpg"], "12": ["s/12-a.jpg"], "(2)+": []}),
        ("s/{product_id}-**", {"1": ["s/1-a.jpg", "s/1-b.jpg", "s/1-x/c.jpg"], "12": ["s/12-a.jpg"], "(2)+": []}),
        ("?/{product_id}.jpg", {"1": [], "12": ["t/12.jpg"], "(2)+": ["s/(2)+.jpg"]}),
        ("*/{product_id}-*.jpg", {"1": ["s/1-a.jpg", "s/1-b.jpg"], "12": ["s/12-a.jpg"], "(2)+": []}),
        (
            "**{product_id}**",
            {"1": ["s/1-a.jpg", "s/1-b.jpg", "s/1-x/c.jpg"], "12": ["s/12-a.jpg", "t/12.jpg"], "(2)+": ["s/(2)+.jpg"]},
        ),
        ("s/*{product_id}.jpg", {"1": [], "12": [], "(2)+": ["s/(2)+.jpg"]}),
        ("s/{product_id}*.jpg", {"1": ["s/1-a.jpg", "s/1-b.jpg"], "12": ["s/12-a.jpg"], "(2)+": ["s/(2)+.jpg"]}),
    ],
)
def test_a_pattern_finds_the_photos_of_each_product(
    tmp_path: Path, pattern: str, expected: dict[str, list[str]]
) -> None:
    feed = feed_of(tmp_path, "product_id,brand\n1,A\n12,B\n(2)+,C\n", f'photos = "{pattern}"')
    found = matched(feed, PATHS)
    assert dict(zip(["1", "12", "(2)+"], found.photos, strict=True)) == expected
    assert len(found.unknown) == sum(not photos for photos in expected.values())
    assert found.of_two == []


PIECES = st.sampled_from(["1", "12", "a", "-", "/", ".jpg", "a1", "1-1"])
WILD = st.sampled_from(["*", "**", "?", "{product_id}"])


@given(
    ids=st.lists(st.sampled_from(["1", "12", "a", "a1", "-", "21"]), min_size=1, max_size=4, unique=True),
    pattern=st.lists(PIECES | WILD, min_size=1, max_size=6).map("".join),
    paths=st.sets(st.lists(PIECES, min_size=1, max_size=5).map("".join), min_size=1, max_size=20),
)
@examples(max_examples=200, suppress_health_check=list(HealthCheck))
def test_a_pattern_finds_what_trying_every_path_finds(ids: list[str], pattern: str, paths: set[str]) -> None:
    parts = re.split(r"(\*\*|\*|\?|\{product_id\})", pattern)
    for product_id in ids:
        globs = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{product_id}": re.escape(product_id)}
        fits = re.compile("".join(globs.get(part) or re.escape(part) for part in parts))
        (among,) = photos._candidates([(pattern, product_id)], sorted(paths))
        assert list(photos._fitting(pattern, product_id, among)) == [
            path for path in sorted(paths) if fits.fullmatch(path)
        ]


@pytest.mark.parametrize(
    "pattern", ["**/{product_id}.jpg", "*/{product_id}-*.jpg", "s/*{product_id}*", "?/p{product_id}*"]
)
def test_not_every_photo_is_tried_for_every_product(pattern: str) -> None:
    names = [f"{number:03d}" for number in range(200)]
    paths = [f"s/{name}{end}.jpg" for name in names for end in ("", "-a")]
    tried = photos._candidates([(pattern, name) for name in names], sorted(paths))
    assert sum(map(len, tried)) <= 5 * len(names)


def test_a_photo_of_two_products_shows_the_first(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "product_id,paths\nx,t/12.jpg|s/1-a.jpg\ny,s/1-b.jpg|t/12.jpg|gone.jpg\n")
    found = matched(feed, PATHS)
    assert found.photos == [["t/12.jpg", "s/1-a.jpg"], ["s/1-b.jpg"]]
    assert (found.of_two, found.unknown) == ([("t/12.jpg", "x", "y")], ["gone.jpg"])


def test_the_table_says_which_product_a_photo_shows(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "product_id,paths,price\nx,t/12.jpg|s/1-a.jpg,3\ny,s/1-b.jpg,\nz,,5\n")
    table = ProductTable(Layout(tmp_path))
    assert table.read() is None
    table.write(feed, matched(feed, PATHS), ProductRecord("feed", "photos", 0, feed.columns, feed.problems))
    products = table.read()
    assert products is not None and table.read() is products
    paths = pd.Series(["s/1-b.jpg", "other.jpg", "s/1-a.jpg"])
    assert products.rows_of(paths).tolist() == [1, 3, 0]
    assert products.padded["price"].to_pylist() == [3, None, 5, None]
    assert (products.ids, products.photos, products.values(1)) == (["x", "y", "z"], 3, {"product_id": "y"})
    assert products.record.columns == feed.columns and products.record.problems == feed.problems

    version = products.version_of(["price"])
    cheaper = feed_of(tmp_path, "product_id,paths,price\nx,t/12.jpg,2\ny,s/1-b.jpg,\nz,,5\n")
    again = table.write(cheaper, matched(cheaper, PATHS), products.record)
    assert again.version_of(["price"]) != version and again.version_of(["product_id"]) == products.version_of(
        ["product_id"]
    )
    assert table.read() is not products


def test_a_damaged_table_is_noticed(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "product_id\nx\n")
    table = ProductTable(Layout(tmp_path))
    table.write(feed, matched(feed, []), ProductRecord("feed", "photos", 0))
    file = Layout(tmp_path).products
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(DamagedFile):
        ProductTable(Layout(tmp_path)).read()
