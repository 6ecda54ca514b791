"""The demo as `tiefvision demo` makes it: what the lineage learns from a catalogue whose truth is known."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.commands import answer, environment_of, tiefvision
from tiefvision_assets.demo.street import STREET_PHOTOS
from tiefvision_assets.search.request import ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.store import Store

PHOTOS = 300
ABOVE_THE_MEAN_BOX = 0.15
MIRRORS_FOUND = 0.95

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment_of(tmp_path_factory.mktemp("demo") / "data")


@pytest.fixture(scope="module")
def demo(environment: dict[str, str]) -> dict[str, Any]:
    """What the demo of the default size and seed prints."""
    done = tiefvision(environment, "demo", "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    print(f"\n{done.stdout}")
    return json.loads(done.stdout)


@pytest.fixture
def store(environment: dict[str, str], demo: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Store:
    for name in ("DATA", "CACHE"):
        if f"TIEFVISION_{name}" in environment:
            monkeypatch.setenv(f"TIEFVISION_{name}", environment[f"TIEFVISION_{name}"])
    return Store(Settings())


def test_boxes_are_found_far_better_than_by_the_mean_box(demo: dict[str, Any]) -> None:
    boxes = demo["boxes"]
    assert (boxes["n"], boxes["trained_on"]) == (PHOTOS * 2 // 3, 0)
    assert boxes["mean_iou"] >= boxes["mean_box_iou"] + ABOVE_THE_MEAN_BOX
    assert boxes["mean_box_iou"] < 0.55, "the demo has become too easy"


def test_street_scenes_are_judged_though_no_head_learned_from_them(demo: dict[str, Any]) -> None:
    street = demo["street"]
    assert (street["n"], street["trained_on"]) == (STREET_PHOTOS, 0)
    assert street["mean_box_iou"] < street["mean_iou"] < demo["boxes"]["mean_iou"], "they are the harder ones"
    assert min(street["mean_iou_by_outfit"], key=street["mean_iou_by_outfit"].get).startswith("skirt under")


def test_triplets_teach_the_ranking(demo: dict[str, Any]) -> None:
    triplets = demo["triplets"]
    assert triplets["trained_on"] == 0
    assert triplets["supervised"]["accuracy"] > triplets["unsupervised"]["accuracy"] > 0.5
    precision = {ranking: measured["p@10"] for ranking, measured in demo["similarity"].items()}
    assert precision["supervised"] > precision["unsupervised"] > precision["random"]


def test_every_photo_was_computed_once_and_nothing_is_left_to_do(
    demo: dict[str, Any], environment: dict[str, str]
) -> None:
    assert demo["run"]["computed"] == PHOTOS
    again = answer(environment, "run")
    assert (again["materialised"], again["computed"], again["reused"]) == (0, 0, PHOTOS)
    assert answer(environment, "status")["stale"] == []


def test_a_mirror_image_finds_its_photo(store: Store) -> None:
    searcher = Searcher(store.settings)
    entries = searcher.entries()
    assert len(entries) == PHOTOS
    found: Counter[str] = Counter()
    for entry in entries.itertuples():
        mirror = store.catalogue.open(str(entry.path)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        box = searcher.locate(mirror).box
        for ranking in RANKINGS:
            (first,) = searcher.search(ByPhoto(mirror, k=1, ranking=ranking, box=box)).hits
            found[ranking] += first.image_id == entry.image_id
    print(f"\nmirror images that find their photo first: {dict(found)} of {PHOTOS}")
    assert all(found[ranking] >= MIRRORS_FOUND * PHOTOS for ranking in RANKINGS), found


def test_heads_basis_and_ranking_are_served_with_both_indexes(store: Store) -> None:
    served = store.served.read()
    assert None not in (served.models.encoder, served.models.heads, served.models.basis, served.models.ranking_head)
    assert served.next == served.models
    for ranking in RANKINGS:
        assert len(store.indexes.open(ranking, served.index[ranking]).entries) == PHOTOS


def test_nothing_unfinished_is_left_behind(store: Store) -> None:
    assert list(store.layout.root.rglob(f"{TEMPORARY}*")) == []


def test_the_labels_that_came_in_go_out_again(store: Store, environment: dict[str, str], tmp_path: Path) -> None:
    came = json.loads((store.layout.demo / "boxes.json").read_text())
    out = tmp_path / "boxes.json"
    assert answer(environment, "labels", "export", str(out), "--format", "coco")["exported"] == len(came["annotations"])
    went = json.loads(out.read_text())

    def by_photo(document: dict[str, Any]) -> dict[str, list[float]]:
        names = {image["id"]: image["file_name"] for image in document["images"]}
        return {names[each["image_id"]]: each["bbox"] for each in document["annotations"]}

    expected = {path: pytest.approx(box) for path, box in by_photo(came).items()}
    assert by_photo(went) == expected

    out = tmp_path / "triplets.csv"
    answer(environment, "labels", "export", str(out), "--format", "csv")
    came_rows = (store.layout.demo / "triplets.csv").read_text().splitlines()
    assert sorted(out.read_text().splitlines()) == sorted(set(came_rows))
