"""The catalogue's maps: photos that are on them stay, and additions lead where one go would have led."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tiefvision_assets.lineage import map_layout
from tiefvision_assets.lineage.photo_map import Mapped, make_maps
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.index import NoIndex, Ranking
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store

HEADS = ModelSet(encoder="encoder", basis="basis", ranking_head="head")
ANCHORS = 40


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_layout, "STEPS", 30)


def vector_of(name: str) -> np.ndarray:
    vector = np.random.default_rng(int(name[1:])).normal(size=16)
    return vector / np.linalg.norm(vector)


def serve(store: Store, names: list[str], models: ModelSet = HEADS, **moved: str) -> None:
    """An index of these photos; ``moved`` ones have the vector of another name."""
    entries = pd.DataFrame({"image_id": names, "path": [f"{name}.jpg" for name in names], "sha256": names})
    vectors = np.stack([vector_of(moved.get(name, name)) for name in names])
    version = f"v{len(list(store.layout.index('unsupervised', 'v').parent.glob('v*')))}"
    rankings: tuple[Ranking, Ranking] = ("unsupervised", "supervised")
    for ranking in rankings:
        store.indexes.build(ranking, version, entries, vectors if ranking == "unsupervised" else -vectors, "exact", {})
    store.served.promote(models)
    store.served.switch(dict.fromkeys(rankings, version))


def made(store: Store, **options: bool | int) -> Mapped:
    return make_maps(store, lambda name: lambda done, total: None, anchors=ANCHORS, **options)["unsupervised"]


def points(store: Store, ranking: Ranking = "unsupervised") -> pd.DataFrame:
    return store.maps.read(ranking).set_index("sha256")


def names(start: int, stop: int) -> list[str]:
    return [f"p{number:03d}" for number in range(start, stop)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(data=tmp_path / "data"))


def test_photos_stay_where_they_are_when_others_come_and_go(store: Store) -> None:
    serve(store, names(0, 100))
    first = made(store)
    before = points(store)
    assert (first.photos, first.anchors, first.laid_out) == (100, ANCHORS, True)
    serve(store, names(30, 140))
    second = made(store)
    after = points(store)
    assert (second.photos, second.placed, second.laid_out) == (110, 40, False)
    both = before.index.intersection(after.index)
    pd.testing.assert_frame_equal(before.loc[both], after.loc[both])


def test_additions_lead_where_one_go_of_the_same_anchors_leads(store: Store) -> None:
    serve(store, names(0, 60))
    made(store)
    for stop in (61, 90, 150):
        serve(store, names(0, stop))
        made(store)
    little_by_little = points(store)
    # the layout is there, the points are not: all are placed at once
    store.layout.photo_map("unsupervised").unlink()
    layout = str(little_by_little["layout"].iloc[0])
    anchors = store.maps.anchors(layout)
    assert anchors is not None
    store.maps.write("unsupervised", little_by_little.head(0).reset_index(), layout, anchors)
    one = little_by_little.iloc[[0]].assign(vector="none of these").reset_index()
    store.maps.write("unsupervised", one, layout, anchors)
    made(store)
    pd.testing.assert_frame_equal(points(store), little_by_little)


def test_a_catalogue_mapped_twice_in_one_go_is_the_same_map(store: Store, tmp_path: Path) -> None:
    other = Store(Settings(data=tmp_path / "other"))
    for each in (store, other):
        serve(each, names(0, 80))
        made(each)
    pd.testing.assert_frame_equal(points(store), points(other))


def test_a_photo_that_was_encoded_anew_moves_and_no_other(store: Store) -> None:
    serve(store, names(0, 80))
    made(store)
    before = points(store)
    serve(store, names(0, 80), p005="p900", p006="p901")
    assert made(store).placed == 2
    after = points(store)
    others = before.index.difference(["p005", "p006"])
    pd.testing.assert_frame_equal(before.loc[others], after.loc[others])
    assert (before.loc["p005", ["x", "y"]] != after.loc["p005", ["x", "y"]]).any()


def test_another_ranking_head_moves_the_supervised_map_alone(store: Store) -> None:
    serve(store, names(0, 60))
    made(store)
    before, supervised = points(store), points(store, "supervised")
    serve(store, names(0, 60), ModelSet(encoder="encoder", basis="basis", ranking_head="newer"))
    assert not made(store).laid_out
    pd.testing.assert_frame_equal(points(store), before)
    assert points(store, "supervised")["layout"].iloc[0] != supervised["layout"].iloc[0]
    assert len(list(store.layout.photo_map("unsupervised").parent.glob("anchors-*"))) == 2


def test_without_a_ranking_head_there_is_one_map(store: Store) -> None:
    serve(store, names(0, 50), ModelSet(encoder="encoder", basis="basis"))
    made(store)
    assert len(points(store)) == 50 and points(store, "supervised").empty


def test_all_is_laid_out_anew_on_demand(store: Store) -> None:
    serve(store, names(0, 50))
    made(store)
    before = points(store)
    assert not made(store, seed=1).laid_out, "the layout that is there is kept"
    assert made(store, seed=1, anew=True).laid_out
    assert (before["x"] != points(store)["x"]).any()


def test_nothing_served_is_said(store: Store) -> None:
    with pytest.raises(NoIndex, match="tiefvision run"):
        made(store)
