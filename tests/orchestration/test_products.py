"""The feed in Dagster: taken over by the plan, by a sensor of its own while other runs go on, and checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from tests import shop as small_shop
from tests.store.products import feeds
from tests.without_photos import unit_vectors
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.orchestration import products as watching
from tiefvision_assets.orchestration.products import product_feed_changed
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.written.products import WrittenProduct


@pytest.fixture
def shop(settings: Settings, tmp_path: Path, save_photo: Callable[..., Path]) -> Store:
    """Three products with a photo each, one photo of none; nothing was taken over yet."""
    for number, name in enumerate(["a1.png", "a2.png", "b1.png", "other.png"]):
        save_photo(name, (number * 60, 90, 90))
    store = Store(settings.model_copy(update={"products": feeds.write(tmp_path / "feed", "csv")}))
    store.catalogue.scan()
    return store


def rewrite(store: Store, rows: list[dict[str, object]] | None = None, text: str = "") -> None:
    """Replace the feed by a newer file."""
    file = Path(str(store.settings.products))
    before = file.stat().st_mtime_ns
    file.write_text(text or feeds.csv_text(rows or feeds.ROWS))
    os.utime(file, ns=(before + 10**9, before + 10**9))


def materialise(store: Store, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = build_definitions(store=store).resolve_implicit_global_asset_job_def()
    selected = [dg.AssetKey("product_catalogue")]
    return job.execute_in_process(instance=instance, asset_selection=selected, raise_on_error=False)


def reason(store: Store) -> str | None:
    """Why the plan wants the products made, if it does."""
    return next((step.reason for step in plan(store) if step.assets == ("product_catalogue",)), None)


def test_the_assets_their_sensor_and_their_checks_are_there_where_a_feed_is(shop: Store, store: Store) -> None:
    with_feed, without = (build_definitions(store=one) for one in (shop, store))
    graph = with_feed.resolve_asset_graph()
    catalogue = graph.get(dg.AssetKey("product_catalogue"))
    assert {key.to_user_string() for key in catalogue.parent_keys} == {"product_feed", "image_catalogue"}
    assert not graph.get(dg.AssetKey("product_feed")).is_materializable
    assert with_feed.resolve_sensor_def("product_feed_changed").default_status == dg.DefaultSensorStatus.RUNNING
    others = without.resolve_asset_graph()
    assert not {key.to_user_string() for key in others.get_all_asset_keys()} & {"product_feed", "product_catalogue"}
    assert {key.name for key in graph.asset_check_keys - others.asset_check_keys} == {
        spec.name for check in watching.CHECKS for spec in check.check_specs
    }


def test_the_plan_takes_the_feed_over_whenever_it_or_the_photos_change(
    shop: Store, save_photo: Callable[..., Path]
) -> None:
    instance = dg.DagsterInstance.ephemeral()
    assert reason(shop) == "the feed of products was not read yet"
    result = materialise(shop, instance)
    (event,) = result.get_asset_materialization_events()
    metadata = event.step_materialization_data.materialization.metadata
    assert (metadata["dagster/row_count"].value, metadata["photos"].value) == (3, 3)
    assert [column.type for column in metadata["dagster/column_schema"].value.columns][2:] == [
        "text",
        "number",
        "truth",
        "date",
    ]
    assert "price is missing for 1 of 3 products" in metadata["odd"].value
    assert reason(shop) is None

    rewrite(shop, [{**row, "price": 5.0} for row in feeds.ROWS])
    assert reason(shop) == "the feed of products has changed"
    materialise(shop, instance)
    assert reason(shop) is None
    save_photo("new.png")
    shop.catalogue.scan()
    assert reason(shop) == "photos came or went since the feed of products was read"


def damage(store: Store) -> None:
    file = store.layout.products
    file.write_bytes(file.read_bytes()[:-9])


def test_a_damaged_file_of_products_is_replaced(shop: Store) -> None:
    instance = dg.DagsterInstance.ephemeral()
    materialise(shop, instance)
    damage(shop)
    assert reason(shop) == "the file of the products is damaged"
    assert materialise(shop, instance).success
    assert reason(shop) is None
    assert len(shop.products.read() or ()) == 3


def test_the_sensor_replaces_a_damaged_file_of_products(shop: Store) -> None:
    instance = dg.DagsterInstance.ephemeral()
    materialise(shop, instance)
    damage(shop)
    cursor = None
    for _ in range(2):
        context = dg.build_sensor_context(instance=instance, resources={"store": shop}, cursor=cursor)
        result = product_feed_changed(context)
        cursor = result.cursor
    assert result.asset_events and len(shop.products.read() or ()) == 3


def test_a_feed_that_cannot_be_read_changes_nothing_and_is_a_failure_of_its_own(shop: Store) -> None:
    instance = dg.DagsterInstance.ephemeral()
    materialise(shop, instance)
    before = shop.layout.products.read_bytes()
    rewrite(shop, text="product_id,path\nA-1,a1.png,3\n")
    assert not materialise(shop, instance).success
    assert shop.layout.products.read_bytes() == before
    Path(str(shop.settings.products)).unlink()
    assert "is not there" in str(reason(shop))


def test_the_sensor_takes_a_feed_over_when_it_has_stayed_the_same_for_one_check(shop: Store) -> None:
    instance = dg.DagsterInstance.ephemeral()
    cursor: str | None = None

    def check() -> dg.SensorResult:
        nonlocal cursor
        context = dg.build_sensor_context(instance=instance, resources={"store": shop}, cursor=cursor)
        result = product_feed_changed(context)
        cursor = result.cursor
        return result

    assert not check().asset_events, "it may be being written"
    taken = check()
    assert not taken.run_requests, "runs that encode have the machine"
    materialised, *checks = taken.asset_events
    assert (materialised.asset_key, materialised.metadata["dagster/row_count"].value) == (
        dg.AssetKey("product_catalogue"),
        3,
    )
    assert {one.check_name: one.passed for one in checks} == {
        "products_are_kept": True,
        "photos_are_known": True,
        "photos_of_one_product": True,
        "columns_of_one_type": True,
        "values_are_given": False,
    }
    assert not check().asset_events and reason(shop) is None

    rewrite(shop, list(feeds.ROWS[:1]))
    check()
    (kept,) = [one for one in check().asset_events[1:] if one.check_name == "products_are_kept"]
    assert not kept.passed and kept.description == "1 products are left of 3."

    rewrite(shop, text="broken")
    check()
    (request,) = check().run_requests
    assert request.asset_selection is None or request.asset_selection == [dg.AssetKey("product_catalogue")]
    assert not check().run_requests, "it is tried again when the feed has changed"
    rewrite(shop)
    check()
    assert len(check().asset_events) == 6


def test_similar_products_are_an_asset_where_there_is_a_rule(shop: Store, tmp_path: Path) -> None:
    name = dg.AssetKey("similar_products")
    assert name not in build_definitions(store=shop).resolve_asset_graph().get_all_asset_keys()
    paths = [f"{number}.jpg" for number in range(4)]
    store = small_shop.open_shop(tmp_path / "other", paths, unit_vectors(4), similar_products="TRUE")
    small_shop.sell(store, [{"product_id": path[0], "paths": [path]} for path in paths])
    definitions = build_definitions(store=store)
    node = definitions.resolve_asset_graph().get(name)
    assert {key.to_user_string() for key in node.parent_keys} == {"product_catalogue", "similarity_index"}
    assert node.freshness_policy is not None
    (event,) = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=dg.DagsterInstance.ephemeral(), asset_selection=[name]
    ).get_asset_materialization_events()  # fmt: skip
    metadata = event.step_materialization_data.materialization.metadata
    assert metadata["dagster/row_count"].value == 12
    assert (metadata["products"].value, metadata["compared_with_all"].value) == (4, 4)
    assert metadata["examples"].value


def polled(store: Store, cursor: str | None) -> dg.SensorResult:
    """The sensor's answer to one check."""
    context = dg.build_sensor_context(
        instance=dg.DagsterInstance.ephemeral(), resources={"store": store}, cursor=cursor
    )
    result = product_feed_changed(context)
    assert isinstance(result, dg.SensorResult)
    return result


def test_what_the_api_wrote_is_due_and_does_not_wait_for_the_feed_to_stay_the_same(shop: Store) -> None:
    materialise(shop, dg.DagsterInstance.ephemeral())
    quiet = polled(shop, None)
    assert quiet.asset_events == [] and reason(shop) is None
    shop.written_products.change([WrittenProduct("C-1", ["other.png"], {"price": 5})], [])
    assert reason(shop) == "the feed of products has changed"
    assert len(polled(shop, quiet.cursor).asset_events) > 1
    products = shop.products.read()
    assert products is not None and products.values(products.rows["C-1"]) == {"product_id": "C-1", "price": 5.0}
    assert reason(shop) is None and list(products.rows_of(["other.png"])) == [products.rows["C-1"]]


def test_products_that_the_api_wrote_need_no_feed(store: Store, save_photo: Callable[..., Path]) -> None:
    save_photo("a1.png")
    store.catalogue.scan()
    assert reason(store) is None and not store.settings.has_products
    store.written_products.change([WrittenProduct("C-1", ["a1.png"], {"price": 5})], [])
    assert reason(store) == "the feed of products was not read yet"
    assert build_definitions(store=store).resolve_sensor_def("product_feed_changed")
    assert polled(store, None).asset_events
    store.written_products.change([], ["C-1"])
    assert polled(store, None).asset_events
    products = store.products.read()
    assert products is not None and len(products) == 0 and reason(store) is None
