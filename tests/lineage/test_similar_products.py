"""Similar products: what comparing all pairs finds, and an update gives exactly what a table made anew has."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests import shop
from tests.without_photos import content_of, unit_vectors
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage import similar_products as lineage
from tiefvision_assets.lineage.similar_products import Gallery, similar_products
from tiefvision_assets.lineage.similar_table import make_similar_products, why_similar_products_are_due
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ByProduct
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.labels.duplicates import Choice
from tiefvision_assets.store.products.rule import Rule
from tiefvision_assets.store.products.similar import COLUMNS
from tiefvision_assets.store.products.table import ProductRecord, Products
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import BadFilter

RULES: dict[str, Any] = {
    "TRUE": lambda query, hit: True,
    "hit.brand = query.brand": lambda query, hit: hit["brand"] == query["brand"],
    "hit.price BETWEEN query.price * 0.7 AND query.price * 1.3": lambda query, hit: (
        None not in (hit["price"], query["price"]) and query["price"] * 0.7 <= hit["price"] <= query["price"] * 1.3
    ),
    "hit.brand <> query.brand AND hit.price < 50": lambda query, hit: (
        hit["brand"] != query["brand"] and hit["price"] is not None and hit["price"] < 50
    ),
}
VECTORS = unit_vectors(12, dimensions=4, seed=3).astype(np.float16)
"""Few, so that many photos are alike and many scores are equal."""

some_products = st.dictionaries(
    st.integers(0, 14).map("p{:02d}".format),
    st.fixed_dictionaries(
        {
            "brand": st.sampled_from(["Ada", "Bo"]),
            "price": st.none() | st.sampled_from([10, 40, 50, 60]),
            "photos": st.lists(st.integers(0, len(VECTORS) - 1), max_size=3),
        }
    ),
    max_size=12,
)


def gallery_of(shop_: dict[str, dict[str, Any]]) -> Gallery:
    """The gallery of products whose photos have the vectors of these numbers."""
    names = {product: [f"{product}/{at}.jpg" for at in range(len(one["photos"]))] for product, one in shop_.items()}
    table = pa.table(
        {
            "product_id": pa.array(list(shop_), pa.string()),
            "brand": pa.array([one["brand"] for one in shop_.values()], pa.string()),
            "price": pa.array([one["price"] for one in shop_.values()], pa.int64()),
            "photo_paths": pa.array(list(names.values()), pa.list_(pa.string())),
        }
    )
    paths = ["none.jpg", *(name for each in names.values() for name in each)]
    numbers = [0, *(number for one in shop_.values() for number in one["photos"])]
    return Gallery.of(Products(table, ProductRecord("", "", 0)), pd.Series(paths, dtype="str"), VECTORS[numbers])


def naive(shop_: dict[str, dict[str, Any]], rule: str, k: int) -> list[tuple[str, int, str, float]]:
    rows = []
    exact = VECTORS.astype(np.float64)
    for name, query in sorted(shop_.items()):
        found = [
            (-round(max(float((exact[a] * exact[b]).sum()) for a in query["photos"] for b in hit["photos"]), 6), other)
            for other, hit in shop_.items()
            if other != name and query["photos"] and hit["photos"] and RULES[rule](query, hit)
        ]
        best = sorted(found)[:k]
        rows += [(name, rank, other, min(1.0, -score)) for rank, (score, other) in enumerate(best, start=1)]
    return rows


def shown(table: pd.DataFrame) -> list[tuple[str, int, str, float]]:
    return list(table[list(COLUMNS[:4])].itertuples(index=False, name=None))


@given(
    weeks=st.lists(some_products, min_size=1, max_size=3),
    rule=st.sampled_from(sorted(RULES)),
    k=st.integers(1, 4),
    block=st.sampled_from([1, 40, 10_000]),
)
@examples(max_examples=5, suppress_health_check=list(HealthCheck))
def test_an_update_gives_what_a_table_made_anew_has_and_that_is_what_all_pairs_give(weeks, rule, k, block) -> None:
    before = None
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(lineage, "_SCORES", block)
        products: dict[str, dict[str, Any]] = {}
        for week in weeks:
            products = dict(list(products.items())[::2]) | week  # some go, some change, some come
            gallery = gallery_of(products)
            parsed = Rule(rule, gallery.products)
            updated, _ = similar_products(gallery, parsed, k, before)
            anew, _ = similar_products(gallery, parsed, k)
            pd.testing.assert_frame_equal(updated, anew, check_dtype=False)
            assert shown(updated) == naive(products, rule, k)
            before = updated, gallery.states(parsed)


def test_only_products_that_changed_and_those_beside_them_are_compared_with_all() -> None:
    products = {f"p{at:02d}": {"brand": "Ada", "price": at, "photos": [at]} for at in range(12)}
    gallery = gallery_of(products)
    rule = Rule("hit.brand = query.brand", gallery.products)
    table, anew = similar_products(gallery, rule, 1)
    assert anew == 12
    before = table, gallery.states(rule)
    cheaper = gallery_of({name: {**one, "price": 99} for name, one in products.items()})
    assert similar_products(cheaper, Rule("hit.brand = query.brand", cheaper.products), 1, before)[1] == 0
    gone = {name: one for name, one in products.items() if name != "p03"}
    beside = int((table["similar_id"] == "p03").sum())
    assert similar_products(gallery_of(gone), rule, 1, before)[1] == beside < 6


GOWNS = [
    {"product_id": "a", "brand": "Ada", "price": 129, "paths": ["0.jpg", "1.jpg"]},
    {"product_id": "b", "brand": "Bo", "price": 49, "paths": ["2.jpg"]},
    {"product_id": "c", "brand": "Ada", "price": 60, "paths": ["3.jpg", "4.jpg"]},
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    paths = [f"{number}.jpg" for number in range(6)]
    options = {"similar_products": "hit.brand <> query.brand", "similar_products_count": 2}
    store = shop.open_shop(tmp_path, paths, unit_vectors(6), **options)
    shop.sell(store, GOWNS)
    return store


def due(store: Store) -> str | None:
    return next((step.reason for step in plan(store) if step.assets == ("similar_products",)), None)


@pytest.mark.parametrize("file", ["similar_products", "similar_states"])
def test_a_damaged_table_is_made_anew(store: Store, file: str) -> None:
    rows = make_similar_products(store).rows
    damaged = getattr(store.layout, file)
    damaged.write_bytes(damaged.read_bytes()[:-9])
    if file == "similar_products":
        assert due(store) == "no table of similar products was made yet"
    shop.sell(store, [{**row, "brand": f"{row['brand']}!"} for row in GOWNS])
    assert due(store)
    assert make_similar_products(store).rows.equals(rows)
    assert due(store) is None


def test_the_table_is_made_when_what_it_depends_on_has_changed(store: Store) -> None:
    assert due(store) == "no table of similar products was made yet"
    made = make_similar_products(store)
    assert {(row.product_id, row.similar_id) for row in made.rows.itertuples()} == {
        ("a", "b"),
        ("b", "a"),
        ("b", "c"),
        ("c", "b"),
    }
    written = pd.read_csv(store.layout.similar_csv)
    assert shown(written) == shown(made.rows) == shown(store.similar_products.read())
    assert due(store) is None
    shop.sell(store, [{**row, "price": 1} for row in GOWNS])
    assert due(store) is None, "the rule is not about prices"
    shop.sell(store, [{**row, "brand": "Ada"} for row in GOWNS])
    assert due(store) == "products, their photos or the index have changed"
    assert make_similar_products(store).rows.empty
    other = Store(store.settings.model_copy(update={"similar_products": "hit.price < 100"}))
    assert due(other) == "the rule for similar products has changed"
    assert due(Store(store.settings.model_copy(update={"similar_products": None}))) is None


def test_a_hidden_photo_stands_for_no_product_that_has_another(store: Store) -> None:
    def hide(*pairs: tuple[str, str]) -> None:
        store.duplicates.decide([Choice(content_of(one), content_of(kept)) for one, kept in pairs], "Ann")

    before, stamp = make_similar_products(store).rows, store.stamp()
    beside_b, other = before.set_index(["product_id", "similar_id"]), {"0.jpg": "1.jpg", "1.jpg": "0.jpg"}
    hidden = beside_b.loc[("b", "a"), "similar_path"]
    hide((hidden, other[hidden]))
    assert due(store) == "products, their photos or the index have changed" and store.stamp() != stamp
    made = make_similar_products(store)
    assert made.anew < 3 and due(store) is None
    rows = made.rows.set_index(["product_id", "similar_id"])
    assert rows.loc[("b", "a"), "similar_path"] == rows.loc[("a", "b"), "path"] == other[hidden]
    assert rows.loc[("b", "a"), "score"] < beside_b.loc[("b", "a"), "score"]
    found = Searcher(store.settings).search(ByProduct("b", by="product", where="brand <> 'Bo'"))
    assert [(hit.product_id, hit.path, hit.score) for hit in found.hits] == [
        (row.similar_id, row.similar_path, pytest.approx(row.score, abs=1e-5))
        for row in made.rows[made.rows["product_id"] == "b"].itertuples()
    ]
    hide(("2.jpg", other[hidden]))
    assert set(make_similar_products(store).rows["product_id"]) == {"a", "b", "c"}, "b has no other photo"
    store.duplicates.undo({content_of(path): 1 for path in ("2.jpg", hidden)})
    assert due(store)
    pd.testing.assert_frame_equal(make_similar_products(store).rows, before, check_dtype=False)


def test_the_table_is_written_to_a_database_as_well(store: Store, tmp_path: Path) -> None:
    shared = Store(store.settings.model_copy(update={"similar_products_url": f"sqlite:///{tmp_path}/shop.db"}))
    for _ in range(2):
        made = make_similar_products(shared)
    with sqlite3.connect(tmp_path / "shop.db") as database:
        rows = database.execute("SELECT product_id, rank, similar_id, score FROM similar_products ORDER BY 1, 2")
        assert rows.fetchall() == shown(made.rows)
    nowhere = Store(store.settings.model_copy(update={"similar_products_url": "sqlite:////nowhere/shop.db"}))
    with pytest.raises(TiefVisionError, match="cannot be written to the database"):
        make_similar_products(nowhere)


def test_a_rule_that_does_not_fit_the_products_is_a_sentence(store: Store) -> None:
    wrong = Store(store.settings.model_copy(update={"similar_products": "hit.prise < query.price"}))
    assert "hit.prise" in str(why_similar_products_are_due(wrong))
    with pytest.raises(BadFilter, match=r"query\.price, .*hit\.brand"):
        make_similar_products(wrong)
