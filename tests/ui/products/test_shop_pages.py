"""The pages of a shop: cards, facets, products in the gallery and in searches, a product's own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests import shop
from tests.ui.products.conftest import path, products
from tests.ui.small_catalogue import PHOTOS, component, drawn, rank_anew, sentences
from tiefvision_assets.lineage.similar_table import make_similar_products
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.labels.duplicates import Choice
from tiefvision_assets.store.store import Store
from tiefvision_ui.access.people import Person
from tiefvision_ui.components.image_grid import Tile
from tiefvision_ui.products import cards as product_cards
from tiefvision_ui.products import facets
from tiefvision_ui.search.saving import photos_of

Run = Callable[..., AppTest]
SEARCH = "views/search.py"


def facet(page: AppTest, column: str) -> dict[str, tuple[int | None, bool]]:
    """The options of a facet: words → count, and whether it is chosen."""
    (found,) = [each for each in component(page, "facets")["facets"] if each["column"] == column]
    return {option["words"]: (option["count"], option["chosen"]) for option in found["options"]}


def cards(page: AppTest, key: str) -> list[tuple[Any, ...]]:
    return [(tile["caption"], tile["price"], tile["detail"]) for tile in component(page, key)["tiles"]]


def test_without_a_feed_there_are_no_products(store: Store, app: Run) -> None:
    for page in (app(by="product"), app(SEARCH, like=image_id(path(0)), by="product")):
        assert not page.exception
        assert "facets" not in drawn(page)
        assert "by" not in {control.key for control in page.segmented_control}
        (grid,) = {"gallery-grid", "hits"} & set(drawn(page))
        assert {(tile["price"], tile["detail"], tile["product"]) for tile in component(page, grid)["tiles"]} == {
            ("", "", False)
        }
    assert "TIEFVISION_PRODUCTS" in sentences(app(product="P-01"))


def test_photos_tell_which_product_they_show(small_shop: Store, app: Run) -> None:
    shown = cards(app(), "gallery-grid")
    assert shown[0] == ("dress-000", "10.50", "Gown 0")
    assert shown[-1][1:] == ("", "")
    assert app().caption[0].value == f"{PHOTOS} photos"


def test_the_gallery_shows_each_product_once_by_the_photo_that_the_feed_names_first(
    small_shop: Store, app: Run
) -> None:
    page = app(by="product")
    tiles = component(page, "product-grid")["tiles"]
    assert not page.exception
    assert sorted(cards(page, "product-grid")) == sorted(
        (f"Gown {number}", f"{10 * number + 10.5:,.2f}", "3 photos") for number in range(12)
    )
    assert tiles[0]["id"] == image_id(path(1)) and tiles[0]["href"] == "/?product=P-00"
    assert page.caption[0].value == f"12 products of 12; {PHOTOS - 36} photos of no product left out"
    fitting = app(by="product", where="path <> 'red/dress-001.jpg' AND price < 20")
    assert cards(fitting, "product-grid") == [("Gown 0", "10.50", "2 photos")]
    assert component(fitting, "product-grid")["tiles"][0]["id"] == image_id(path(0))


def test_the_choice_between_photos_and_products_is_in_the_address(small_shop: Store, app: Run) -> None:
    page = app(page="2")
    page.segmented_control(key="by").set_value("product").run()
    assert page.query_params["by"] == "product" and "page" not in page.query_params
    assert "product-grid" in drawn(page)


def test_products_are_sorted_by_price_those_without_one_last(small_shop: Store, app: Run) -> None:
    prices: list[float | None] = [30, None, 10, 20]
    shop.sell(small_shop, [row | {"price": price} for row, price in zip(products()[:4], prices, strict=True)])
    names = {
        sort: [name for name, *_ in cards(app(by="product", sort=sort), "product-grid")] for sort in ("cheap", "dear")
    }
    assert names["cheap"] == ["Gown 2", "Gown 3", "Gown 0", "Gown 1"]
    assert names["dear"] == ["Gown 0", "Gown 3", "Gown 2", "Gown 1"]
    assert app(sort="cheap").selectbox(key="sort").value == "path"


def test_facets_count_what_the_condition_leaves(small_shop: Store, app: Run) -> None:
    page = app(by="product")
    assert [each["column"] for each in component(page, "facets")["facets"]] == ["brand", "price", "in_stock"]
    assert facet(page, "brand") == {"Ada": (4, False), "Bo": (4, False), "Cy": (4, False)}
    assert facet(app(), "brand")["Ada"] == (12, False)
    narrowed = app(by="product", where="in_stock AND brand IN ('Ada', 'Nobody')")
    assert facet(narrowed, "brand") == {"Nobody": (0, True), "Ada": (2, True), "Bo": (2, False), "Cy": (2, False)}
    assert facet(narrowed, "in_stock") == {"yes": (2, True), "no": (2, False)}
    cheap = facet(app(where="price < 33"), "price")
    assert cheap["below 33"] == (None, True)
    assert sum(count or 0 for count, _ in cheap.values()) == 36
    assert "facets" not in drawn(app(where="prise < 3"))
    nothing = app(by="product", where="brand = 'Nobody'")
    assert "No photo fits" in sentences(nothing) and facet(nothing, "brand")["Nobody"] == (0, True)


def test_hidden_photos_count_nowhere_but_no_product_is_lost_by_them(small_shop: Store, app: Run) -> None:
    version = str(small_shop.served.read().index["unsupervised"])
    everything = set(photos_of("/?by=product", version, Person("Ann", "annotator")))
    content = dict(zip(*(small_shop.catalogue.live()[name] for name in ("path", "sha256")), strict=True))
    kept, of_first = content[path(40)], [content[path(number)] for number in (0, 1, 2)]
    before = facet(app(), "brand")["Ada"][0]
    small_shop.duplicates.decide([Choice(one, kept) for one in (*of_first, content[path(3)])], "Ann")
    page = app(by="product")
    assert cards(page, "product-grid")[0] == ("Gown 0", "10.50", "3 photos"), "it has no other photos"
    assert ("Gown 1", "20.50", "2 photos") in cards(page, "product-grid")
    assert facet(page, "brand")["Ada"] == (4, False)
    assert before == 12 and facet(app(), "brand")["Ada"] == (9, False), "photos of Gown 0, at once"
    assert set(photos_of("/?by=product", version, Person("Ann", "annotator"))) == everything - {image_id(path(3))}
    fitting = app(where="price < 25")
    assert fitting.caption[0].value == f"2 photos of {PHOTOS - 4}"
    assert component(fitting, "condition")["note"] == f"2 photos of {PHOTOS - 4}"


def test_a_click_on_a_product_that_is_gone_by_now_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_cards, "image_grid", lambda tiles, **_: "another")
    monkeypatch.setattr(product_cards, "open_product", lambda product_id: pytest.fail("it opened a product"))
    product_cards.product_grid({"P-01": Tile("one", "0" * 64, "", "")}, subject="", key="")


def test_a_click_narrows_the_condition_and_another_one_widens_it(
    small_shop: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (brand, *_) = component(app(where="width > 5"), "facets")["facets"]
    keys = {option["words"]: option["key"] for option in brand["options"]}
    monkeypatch.setattr(st, "query_params", address := {"where": "width > 5", "page": "2", "by": "product"})
    for clicked, where in (("Ada", "brand = 'Ada'"), ("Bo", "brand IN ('Ada', 'Bo')"), ("Ada", "brand = 'Bo'")):
        monkeypatch.setattr(st, "session_state", {facets.KEY: {"toggled": keys[clicked]}})
        facets._toggled()
        assert address == {"where": f"width > 5 AND {where}", "by": "product"}
    numbers, mixed = ["brand", [1], False, None, None, None, False], ["brand", ["Ada"], False, 5, 0, 0, 0]
    for nonsense in (None, "Ada", ["brand"], numbers, mixed):
        st.session_state[facets.KEY]["toggled"] = nonsense
        facets._toggled()
    assert address["where"] == "width > 5 AND brand = 'Bo'"


def test_changed_prices_are_shown_at_once(small_shop: Store, app: Run) -> None:
    like = image_id(path(40))
    before = cards(app(SEARCH, like=like, by="product"), "hits")
    shop.sell(small_shop, products(price=500.0))
    assert cards(app(by="product"), "product-grid")[0][1] == "500.50"
    after = cards(app(SEARCH, like=like, by="product"), "hits")
    assert [name for name, *_ in after] == [name for name, *_ in before]
    assert all(float(price) > 500 for _, price, _ in after)


def test_hits_are_products_once_each(small_shop: Store, app: Run) -> None:
    page = app(SEARCH, like=image_id(path(0)), by="product", where="brand = 'Ada'")
    hits = component(page, "hits")["tiles"]
    assert not page.exception
    assert {tile["caption"] for tile in hits} == {"Gown 3", "Gown 6", "Gown 9"}
    assert {tile["href"] for tile in hits} == {"/?product=P-03", "/?product=P-06", "/?product=P-09"}
    assert facet(page, "brand")["Ada"] == (4, True)
    photos = app(SEARCH, like=image_id(path(0)), where="brand = 'Ada'")
    assert {detail for _, _, detail in cards(photos, "hits")} <= {"Gown 0", "Gown 3", "Gown 6", "Gown 9"}


def test_a_photo_leads_to_its_product(small_shop: Store, app: Run) -> None:
    page = app(photo=image_id(path(4)))
    (button,) = [each for each in page.button if "Gown 1" in each.label]
    button.click().run()
    assert page.query_params["product"] == "P-01" and "photo" not in page.query_params
    assert [header.value for header in page.header] == ["Gown 1", "Similar products"]


def test_a_product_has_a_page_with_all_its_photos_and_similar_ones(small_shop: Store, app: Run) -> None:
    page = app(product="P-01", by="product")
    assert not page.exception
    assert [tile["id"] for tile in component(page, "product-photos")["tiles"]] == [
        image_id(path(number)) for number in (4, 3, 5)
    ]
    (facts,) = [element.proto.body for element in page.get("html") if "<dl class=" in element.proto.body]
    assert "20.50" in facts and "<dt>Brand</dt><dd>Bo</dd>" in facts and "<dt>In stock</dt><dd>no</dd>" in facts
    similar = component(page, "similar-products")["tiles"]
    assert len(similar) == 11 and {tile["href"] for tile in similar}.isdisjoint({"/?product=P-01"})
    assert "Searched at this moment" in " ".join(caption.value for caption in page.caption)
    unsupervised = component(app(product="P-01", ranking="unsupervised"), "similar-products")["tiles"]
    assert unsupervised != similar
    page.button[0].click().run()
    assert "product" not in page.query_params and "product-grid" in drawn(page)


def test_similar_products_come_from_the_table_where_a_rule_makes_one(
    small_shop: Store, app: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = "hit.brand = query.brand AND hit.in_stock"
    monkeypatch.setenv("TIEFVISION_SIMILAR_PRODUCTS", rule)
    st.cache_resource.clear()
    live = app(product="P-01")
    assert "Searched at this moment" in " ".join(caption.value for caption in live.caption)
    make_similar_products(Store(Settings()))
    page = app(product="P-01")
    assert [code.value for code in page.code] == [rule]
    assert "out of date" not in " ".join(caption.value for caption in page.caption)
    assert {name for name, *_ in cards(page, "similar-products")} == {"Gown 4", "Gown 10"}
    gown, other = (tile["id"] for tile in component(page, "similar-products")["tiles"])
    content = dict(zip(*(small_shop.catalogue.live()[name] for name in ("image_id", "sha256")), strict=True))
    small_shop.duplicates.decide([Choice(content[gown], content[other])], "Ann")
    page = app(product="P-01")
    assert "out of date" in " ".join(caption.value for caption in page.caption)
    assert [detail for *_, detail in cards(page, "similar-products")] == ["2 photos", "3 photos"]
    assert component(page, "similar-products")["tiles"][0]["id"] != gown, "another photo at once"
    rank_anew(small_shop)
    assert "out of date" in " ".join(caption.value for caption in app(product="P-01").caption)
    make_similar_products(Store(Settings()))
    changed = [{**row, "in_stock": False} for row in products()]
    shop.sell(small_shop, changed)
    assert "out of date: products, their photos" in " ".join(caption.value for caption in app(product="P-01").caption)
    make_similar_products(Store(Settings()))
    assert "By this rule no product" in sentences(app(product="P-01"))


def test_products_that_are_not_there_or_have_no_photo_are_a_sentence(small_shop: Store, app: Run) -> None:
    bare = products()[0] | {"product_id": "Q", "name": "<b>Bare</b>", "price": None, "paths": ["x.jpg"]}
    shop.sell(small_shop, [*products(), bare])
    assert "no product with this address" in sentences(app(product="![x](http://example.org/x.png)"))
    page = app(product="Q")
    assert not page.exception
    assert "No photo of this product" in sentences(page) and "nothing to compare by" in sentences(page)
    assert page.header[0].value == r"\<b\>Bare\</b\>"


def test_a_damaged_file_of_products_leaves_the_photos(small_shop: Store, app: Run) -> None:
    file = small_shop.layout.products
    file.write_bytes(file.read_bytes()[:-9])
    page = app(by="product")
    assert not page.exception
    assert len(component(page, "gallery-grid")["tiles"]) == 60 and "facets" not in drawn(page)
