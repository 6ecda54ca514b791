"""Orders of the queues, and what is offered for a reference."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.labels.history import Event
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_assets.store.store import Store
from tiefvision_ui.annotation import queues
from tiefvision_ui.annotation.candidates import LEAST_OFFERED, OFFERED, interleaved, offer, pair_to_repeat, shuffled
from tiefvision_ui.annotation.queues import sorted_for
from tiefvision_ui.values import ModelBox, Photo

NAMES = [f"{number:02d}" for number in range(30)]


def event_of(annotator: str, label: TripletLabel | None, action: str = "label", source: str = "app") -> Event:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    return Event(1, "triplet", "00", action, label, annotator, "annotator", source, moment, None, None)  # type: ignore[arg-type]


def test_the_least_sure_comes_first_and_what_no_model_saw_last() -> None:
    model = {name: ModelBox(Box(0, 0, 1, 1), sure) for name, sure in (("03", 0.9), ("01", 0.2), ("02", 0.5))}
    ordered = sorted_for("uncertain", NAMES, model)
    assert ordered[:3] == ["01", "02", "03"]
    assert ordered[3:] == [name for name in sorted_for("random", NAMES, {}) if name not in model]


def test_without_a_model_the_order_is_random_but_the_same_for_all() -> None:
    assert sorted_for("uncertain", NAMES, {}) == sorted_for("random", NAMES, {}) == shuffled(NAMES[::-1], "queue")
    assert sorted(shuffled(NAMES, "queue")) == NAMES != shuffled(NAMES, "queue")
    assert sorted_for("path", NAMES, {}) == NAMES


def test_two_of_three_are_near_and_one_is_disputed() -> None:
    near, other = NAMES[:20], [*NAMES[15:20], *NAMES[20:30]]
    ranked = interleaved(near, other)
    assert ranked[:2] == ["00", "01"]
    assert ranked[2] not in near[:2]
    assert ranked[3:5] == [name for name in near if name not in ranked[:3]][:2]
    assert sorted(ranked) == NAMES
    assert len(set(ranked)) == len(ranked)


def test_where_the_rankings_agree_the_nearest_come_in_order() -> None:
    assert interleaved(NAMES, NAMES) == NAMES
    assert interleaved([], []) == []


@pytest.fixture
def photos(store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[str, Photo]:
    return queues.photos()


def test_a_reference_is_offered_its_neighbours_once_each(store: Store, photos: dict[str, Photo]) -> None:
    reference = next(iter(photos.values()))
    offered = offer(Searcher(store.settings), photos, reference, [])
    assert not offered.at_random
    assert len(set(offered.photos)) == OFFERED
    assert reference.sha256 not in offered.photos
    nearest = Searcher(store.settings).search(ById(reference.image_id, k=1)).hits[0].sha256
    assert offered.photos[0] == nearest


def test_photos_of_earlier_triplets_make_room_for_others(store: Store, photos: dict[str, Photo]) -> None:
    reference = next(iter(photos.values()))
    searcher = Searcher(store.settings)
    first, second = offer(searcher, photos, reference, []).photos[:2]
    events = [event_of("Ann", TripletLabel(reference.sha256, first, second))]
    assert {first, second}.isdisjoint(offer(searcher, photos, reference, events).photos)


def test_before_an_index_photos_are_drawn_at_random_the_same_each_time(empty_store: Store) -> None:
    photos = {name: Photo(name, f"id-{name}", f"{name}.jpg", 10, 10) for name in NAMES}
    offers = [offer(Searcher(empty_store.settings), photos, photos[name], []) for name in ("00", "00", "01")]
    assert all(offered.at_random for offered in offers)
    assert offers[0] == offers[1]
    assert offers[0].photos[:5] != offers[2].photos[:5]
    assert len(offers[0].photos) == OFFERED
    assert "00" not in offers[0].photos


def test_a_small_catalogue_offers_what_it_has_even_if_used(empty_store: Store) -> None:
    photos = {name: Photo(name, f"id-{name}", f"{name}.jpg", 10, 10) for name in NAMES[:LEAST_OFFERED]}
    events = [event_of("Ann", TripletLabel("00", "01", "02"))]
    offered = offer(Searcher(empty_store.settings), photos, photos["00"], events)
    assert sorted(offered.photos) == NAMES[1:LEAST_OFFERED]


def test_a_photo_that_the_index_does_not_know_yet_is_offered_random_ones(
    store: Store, photos: dict[str, Photo]
) -> None:
    new = Photo("f" * 64, "unknown", "new.jpg", 10, 10)
    assert offer(Searcher(store.settings), photos, new, []).at_random


@pytest.mark.parametrize(
    ("events", "overlap", "asked"),
    [
        ([event_of("Bob", TripletLabel("00", "01", "02"))], 1, {"01", "02"}),
        ([event_of("Bob", TripletLabel("00", "01", "02"), "tie")], 1, {"01", "02"}),
        ([event_of("Bob", TripletLabel("00", "01", "02"))], 0, set()),
        ([event_of("Bob", TripletLabel("00", "01", "02"), source="demo")], 1, set()),
        ([event_of("Bob", None, "tie")], 1, set()),
        ([event_of("Ann", TripletLabel("00", "01", "02"))], 1, set()),
        ([], 1, set()),
    ],
)
def test_the_hidden_share_is_judged_by_a_second_annotator(events: list[Event], overlap: float, asked: set[str]) -> None:
    assert set(pair_to_repeat(events, "00", "Ann", overlap)) == asked
