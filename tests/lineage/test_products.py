"""Which product a photo's content shows, for splits that must not part one."""

from __future__ import annotations

from pathlib import Path

from tests import shop
from tests.without_photos import content_of, set_catalogue, unit_vectors
from tiefvision_assets.lineage.products import product_groups
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


def test_contents_are_grouped_by_product_and_twins_go_with_the_first(tmp_path: Path) -> None:
    store = Store(Settings(data=tmp_path, products=str(tmp_path / "feed.csv")))
    set_catalogue(store, ["a.jpg", "b.jpg", "c.jpg", "twins/a.jpg"], unit_vectors(4))
    shop.sell(
        store,
        [{"product_id": "x", "paths": ["b.jpg", "twins/a.jpg"]}, {"product_id": "y", "paths": ["a.jpg"]}],
    )
    assert product_groups(store) == {content_of("a.jpg"): "y", content_of("b.jpg"): "x"}
    assert product_groups(Store(Settings(data=tmp_path))) == {}
