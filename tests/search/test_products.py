"""Searching products: what a naive comparison of all vectors finds, under any condition, as photos and as products."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests import shop
from tests.without_photos import content_of, unit_vectors
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.facets import counted
from tiefvision_assets.search.products import NoProducts, UnknownProduct
from tiefvision_assets.search.request import BadRequest, ByExamples, ById, ByProduct, SearchRequest
from tiefvision_assets.search.searcher import Searcher, SearchResult
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.labels.duplicates import Choice
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import BadFilter

PHOTOS = 40
PATHS = [f"{number:02d}.jpg" for number in range(PHOTOS)]
VECTORS = unit_vectors(PHOTOS, dimensions=8)
BRANDS = ("Ada", "Bo", "Cy")
CONDITIONS: dict[str, Any] = {
    "price < 50": lambda product, path: product.get("price") is not None and product["price"] < 50,
    "brand IN ('Ada', 'Bo') AND in_stock": lambda p, path: p.get("brand") in ("Ada", "Bo") and bool(p.get("in_stock")),
    "NOT in_stock": lambda product, path: product.get("in_stock") is False,
    "price IS NULL": lambda product, path: product.get("price") is None,
    "path < '20.jpg' AND price >= 20": lambda p, path: (
        path < "20.jpg" and p.get("price") is not None and p["price"] >= 20
    ),
    "product_id LIKE 'p1%'": lambda product, path: product.get("product_id", "").startswith("p1"),
}

products_of = st.lists(
    st.fixed_dictionaries(
        {
            "brand": st.sampled_from(BRANDS),
            "price": st.none() | st.integers(0, 100),
            "in_stock": st.booleans(),
            "photos": st.integers(0, 6),
        }
    ),
    min_size=1,
    max_size=20,
)


def dealt(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The products with ids, and with the photos that are left for them."""
    paths = iter(PATHS)
    return [
        {"product_id": f"p{at}", **row, "paths": [path for path, _ in zip(paths, range(row["photos"]), strict=False)]}
        for at, row in enumerate(drawn)
    ]


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Store]:
    """The same shop, once for each engine."""
    engines = ("exact", "faiss")
    return {name: shop.open_shop(tmp_path_factory.mktemp(name), PATHS, VECTORS, index=name) for name in engines}


@pytest.fixture
def store(stores: dict[str, Store]) -> Store:
    return stores["exact"]


def expected(
    products: list[dict[str, Any]],
    own: list[str],
    condition: str | None,
    k: int,
    by_product: bool,
    ranking: str,
    store: Store,
) -> list[tuple[str, float]]:
    """Path and score of each hit, by comparing all photos of the query with all others."""
    owner = {path: product for product in products for path in product["paths"]}
    index = store.indexes.open(ranking, store.served.read().index[ranking])  # type: ignore[arg-type, index]
    vectors = np.asarray(index.vectors, dtype=np.float64)
    rows = [PATHS.index(path) for path in own]
    scores = (vectors @ vectors[rows].T).max(axis=1)
    sold = [owner[path]["product_id"] for path in own if path in owner]
    hits: list[tuple[str, float]] = []
    seen: set[str] = set()
    for row in sorted(range(PHOTOS), key=lambda at: (-np.float32(scores[at]), at)):
        path = PATHS[row]
        product = owner.get(path, {})
        if path in own or (condition and not CONDITIONS[condition](product, path)):
            continue
        if by_product:
            if not product or product["product_id"] in (*sold, *seen):
                continue
            seen.add(product["product_id"])
        hits.append((path, float(scores[row])))
    return hits[:k]


def found(result: SearchResult) -> list[tuple[str, float]]:
    return [(hit.path, hit.score) for hit in result.hits]


@given(
    drawn=products_of,
    condition=st.none() | st.sampled_from(sorted(CONDITIONS)),
    k=st.integers(1, 45),
    by=st.sampled_from(["photo", "product"]),
    ranking=st.sampled_from(RANKINGS),
    query=st.integers(0, PHOTOS - 1),
    engine=st.sampled_from(["exact", "faiss"]),
)
@examples(max_examples=16, suppress_health_check=list(HealthCheck))
def test_a_search_finds_what_a_naive_one_finds(stores, drawn, condition, k, by, ranking, query, engine) -> None:
    products, store = dealt(drawn), stores[engine]
    assert store.indexes.open(ranking, store.served.read().index[ranking]).record["engine"] == engine
    shop.sell(store, products)
    searcher = Searcher(store.settings)
    options: dict[str, Any] = {"k": k, "by": by, "where": condition, "ranking": ranking}
    asked: list[tuple[SearchRequest, list[str]]] = [(ById(image_id(PATHS[query]), **options), [PATHS[query]])]
    if products[0]["paths"]:
        asked.append((ByProduct("p0", **options), products[0]["paths"]))
    for request, own in asked:
        wanted = expected(products, own, condition, k, by == "product", ranking, store)
        hits = found(searcher.search(request))
        assert [path for path, _ in hits] == [path for path, _ in wanted]
        assert [score for _, score in hits] == pytest.approx([score for _, score in wanted], abs=2e-6)


GOWNS = [
    {"product_id": "a", "brand": "Ada", "price": 129, "colours": '"[""red""]"', "paths": PATHS[:3]},
    {"product_id": "b", "brand": "Bo", "price": 49, "colours": '"[""red"",""blue""]"', "paths": PATHS[3:5]},
    {"product_id": "c", "brand": "Ada", "price": None, "colours": None, "paths": PATHS[5:6]},
]


@pytest.fixture
def searcher(store: Store) -> Searcher:
    shop.sell(store, GOWNS)
    return Searcher(store.settings)


def test_a_hit_says_which_product_it_shows_and_which_other_photos_it_stands_for(searcher: Searcher) -> None:
    result = searcher.search(ByProduct("c", by="product", where="path <> '01.jpg'"))
    hits = {hit.product_id: hit for hit in result.hits}
    assert result.query == "c" and set(hits) == {"a", "b"}
    assert dict(hits["b"].product) == {"brand": "Bo", "price": 49, "colours": ["red", "blue"]}
    both = {hits["a"].image_id, *hits["a"].others}
    assert both == {image_id("00.jpg"), image_id("02.jpg")}
    assert hits["a"].as_document()["others"] == list(hits["a"].others)
    of_none = searcher.search(ById(image_id("00.jpg"), k=PHOTOS)).hits
    assert all(
        set(hit.as_document()) == {"image_id", "path", "score", "level", "duplicate", "repeats"}
        for hit in of_none
        if hit.path > "06"
    )


def test_a_changed_price_is_searchable_at_once_without_a_new_index(store: Store, searcher: Searcher) -> None:
    request = ByProduct("b", by="product", where="price < 100")
    assert searcher.search(request).hits == ()
    index = store.served.read().index
    shop.sell(store, [{**row, "price": 80} for row in GOWNS])
    assert {hit.product_id for hit in searcher.search(request).hits} == {"a", "c"}
    assert store.served.read().index == index


def test_examples_of_products_leave_their_products_out(searcher: Searcher) -> None:
    result = searcher.search(ByExamples([image_id("00.jpg")], [image_id("03.jpg")], by="product"))
    assert [hit.product_id for hit in result.hits] == ["c"]


def test_lists_are_asked_for_an_element_and_errors_name_all_columns(searcher: Searcher) -> None:
    blue = searcher.search(ById(image_id("20.jpg"), where="'blue' IN colours"))
    assert sorted(hit.path for hit in blue.hits) == PATHS[3:5]
    with pytest.raises(BadFilter, match=r"no column prise .*width.*, product_id, brand, price, colours"):
        searcher.search(ById(image_id("20.jpg"), where="prise < 3"))
    with pytest.raises(BadFilter, match=r"do not fit together .*width.*, product_id, brand"):
        searcher.search(ById(image_id("20.jpg"), where="brand < 3"))


def test_facets_count_what_the_condition_leaves(searcher: Searcher) -> None:
    request = ById(
        image_id("20.jpg"), k=1, where="price > 0 OR brand = 'Ada'", facets=("Brand", "price", "colours", "width")
    )
    documents = [facet.as_document() for facet in searcher.search(request).facets]
    brand, price, colours, width = documents
    assert brand["column"] == "brand"
    assert brand["counts"] == [{"value": "Ada", "count": 4}, {"value": "Bo", "count": 2}]
    assert sum(count["count"] for count in price["counts"]) == 5 and price["missing"] == 1
    assert colours == {
        "column": "colours",
        "counts": [{"value": "red", "count": 5}, {"value": "blue", "count": 2}],
        "others": 0,
        "missing": 1,
    }
    assert width["counts"] == [{"from": None, "to": None, "count": 6}]
    of_products = ById(image_id("20.jpg"), by="product", facets=("brand", "path"))
    brand, path = (facet.as_document() for facet in searcher.search(of_products).facets)
    assert brand["counts"] == [{"value": "Ada", "count": 2}, {"value": "Bo", "count": 1}]
    assert [count["value"] for count in path["counts"]] == PATHS[:6]
    with pytest.raises(BadRequest, match=r"There is no column colour; there are image_id, .*colours"):
        searcher.search(ById(image_id("20.jpg"), facets=("colour",)))


def test_numbers_are_counted_in_ranges_with_round_limits() -> None:
    facet = counted("price", pa.chunked_array([[float(n) for n in range(0, 101)]]), np.ones(101, np.int64))
    assert [(count.at_least, count.below) for count in facet.counts] == [
        (None, 20),
        (20, 40),
        (40, 60),
        (60, 80),
        (80, 100),
        (100, None),
    ]
    assert sum(count.count for count in facet.counts) == 101


def test_an_element_that_a_list_has_twice_counts_once() -> None:
    lists = pa.chunked_array([pa.array([["red", "red", "blue"], ["red", None, None], None, []], pa.list_(pa.string()))])
    facet = counted("colours", lists, np.array([2, 1, 1, 1]))
    assert [(count.value, count.count) for count in facet.counts] == [("red", 3), ("blue", 2)]
    assert facet.missing == 1


@pytest.mark.parametrize(
    ("days", "counts"),
    [
        (["9999-12-31", "9999-12-01"], [("9999-12-01", None, 2)]),
        (["9999-12-31", "2026-11-27"], [("2026-01-01", "2027-01-01", 1), ("9999-01-01", None, 1)]),
        (["0001-01-01", "0001-02-03"], [("0001-01-01", "0001-02-01", 1), ("0001-02-01", "0001-03-01", 1)]),
        (["2025-12-31", "2026-01-01"], [("2025-12-01", "2026-01-01", 1), ("2026-01-01", "2026-02-01", 1)]),
    ],
)
def test_dates_at_the_ends_of_the_calendar_are_counted(days: list[str], counts: list[tuple[Any, ...]]) -> None:
    dates = pa.chunked_array([pc.cast(pa.array(days), pa.timestamp("us"))])
    facet = counted("until", dates, np.ones(len(days), np.int64))
    assert [(count.at_least, count.below, count.count) for count in facet.counts] == counts


def test_a_column_is_counted_once_however_often_it_is_asked_for(searcher: Searcher) -> None:
    request = ById(image_id("20.jpg"), facets=("brand", "price", "BRAND", *["price"] * 1000))
    assert [facet.column for facet in searcher.search(request).facets] == ["brand", "price"]


def test_without_products_there_is_a_sentence_and_everything_else_is_as_ever(store: Store, tmp_path: Path) -> None:
    shop.sell(store, GOWNS)
    without = Searcher(store.settings.model_copy(update={"products": None}))
    hits = without.search(ById(image_id("00.jpg"), k=3)).hits
    assert all(hit.product_id is None for hit in hits)
    requests: list[SearchRequest] = [ById(image_id("00.jpg"), by="product"), ByProduct("a")]
    for request in requests:
        with pytest.raises(NoProducts, match="set TIEFVISION_PRODUCTS"):
            without.search(request)
    with pytest.raises(BadFilter, match="no column price"):
        without.search(ById(image_id("00.jpg"), where="price < 3"))


def test_photos_are_searched_while_the_file_of_products_is_damaged(store: Store) -> None:
    shop.sell(store, GOWNS)
    file = store.layout.products
    file.write_bytes(file.read_bytes()[:-9])
    searcher = Searcher(store.settings)
    hits = searcher.search(ById(image_id("00.jpg"), k=3)).hits
    assert len(hits) == 3 and all(hit.product_id is None for hit in hits)
    assert "path" in searcher.columns().column_names
    requests: list[SearchRequest] = [
        ById(image_id("00.jpg"), by="product"),
        ById(image_id("00.jpg"), where="price < 3"),
        ById(image_id("00.jpg"), facets=("brand",)),
        ByProduct("a"),
    ]
    for request in requests:
        with pytest.raises(DamagedFile, match="products"):
            searcher.search(request)
    shop.sell(store, GOWNS)
    assert searcher.search(ByProduct("a", where="price < 100")).hits


@pytest.mark.parametrize(("product", "reason"), [("nobody", "is not in the feed"), ("d", "has no searchable photo")])
def test_a_product_that_cannot_be_searched_by(store: Store, product: str, reason: str) -> None:
    shop.sell(store, [*GOWNS, {"product_id": "d", "brand": "Di", "price": 1, "colours": None, "paths": ["gone.jpg"]}])
    with pytest.raises(UnknownProduct, match=reason) as caught:
        Searcher(store.settings).search(ByProduct(product))
    assert isinstance(caught.value, TiefVisionError)


def test_hidden_photos_are_left_out_but_no_product_is_lost(tmp_path: Path) -> None:
    store = shop.open_shop(tmp_path, PATHS, VECTORS)
    shop.sell(store, GOWNS)
    kept = content_of("00.jpg")
    hidden = ("01.jpg", "03.jpg", "04.jpg")
    store.duplicates.decide([Choice(kept, kept), *(Choice(content_of(path), kept) for path in hidden)], "Ann")
    searcher = Searcher(store.settings)
    photos = {hit.path for hit in searcher.search(ByProduct("c", k=PHOTOS)).hits}
    assert photos == set(PATHS) - {*hidden, "05.jpg"}
    by_product = searcher.search(ByProduct("c", k=PHOTOS, by="product", facets=("brand",)))
    hits = {hit.product_id: {hit.image_id, *hit.others} for hit in by_product.hits}
    assert hits == {
        "a": {image_id("00.jpg"), image_id("02.jpg")},
        "b": {image_id("03.jpg"), image_id("04.jpg")},
    }
    assert sum(count.count for count in by_product.facets[0].counts) == 2
