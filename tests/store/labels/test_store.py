import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.store import (
    BoxLabel,
    LabelStore,
    TripletLabel,
)
from tiefvision_assets.store.labels.versions import version_of_boxes, version_of_triplets

PHOTOS = ["a" * 64, "b" * 64, "c" * 64, "d" * 64]
A, B, C, D = PHOTOS
SMALL, LARGE, OTHER = Box(1, 2, 3, 4), Box(0, 0, 10, 20), Box(5, 5, 6, 6)


@pytest.fixture
def store(labels):
    return labels


def boxes_of(store: LabelStore) -> dict[str, tuple[float, ...]]:
    frame = store.live_boxes()
    return {row["sha256"]: (row["left"], row["top"], row["right"], row["bottom"]) for _, row in frame.iterrows()}


def events_of(url: str) -> list[tuple]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        return connection.execute("SELECT kind, sha256, action, annotator, role, reverts FROM label_event").fetchall()


def test_a_new_database_is_empty_but_typed(store):
    assert store.counts() == {"boxes": 0, "triplets": 0}
    boxes, triplets = store.live_boxes(), store.live_triplets()
    assert list(boxes) == ["event_id", "sha256", "left", "top", "right", "bottom", "annotator", "source", "created_at"]
    assert list(triplets) == ["event_id", "reference", "positive", "negative", "annotator", "source", "created_at"]
    store.add_boxes([BoxLabel(A, SMALL)], annotator="ann")
    store.add_triplets([TripletLabel(A, B, C)], annotator="ann")
    assert boxes.dtypes.equals(store.live_boxes().dtypes)
    assert triplets.dtypes.equals(store.live_triplets().dtypes)
    assert store.box_version() != version_of_boxes(boxes)


def test_a_label_says_who_when_and_how(store):
    before = pd.Timestamp.now("UTC")
    assert store.add_boxes([BoxLabel(A, SMALL)], annotator="ann", source="import", seconds=2.5) == 1
    [row] = store.live_boxes().to_dict("records")
    assert (row["annotator"], row["source"]) == ("ann", "import")
    assert before <= row["created_at"] <= pd.Timestamp.now("UTC")


def test_labels_outlive_the_store(store, url):
    store.add_boxes([BoxLabel(A, SMALL)], annotator="ann")
    store.add_triplets([TripletLabel(A, B, C)], annotator="ann")
    again = LabelStore(url)
    assert boxes_of(again) == {A: SMALL.as_tuple()}
    assert again.counts() == {"boxes": 1, "triplets": 1}
    again.close()


def test_the_newest_box_wins_and_the_old_one_is_kept(store, url):
    store.add_boxes([BoxLabel(A, SMALL), BoxLabel(A, LARGE)], annotator="ann")
    assert boxes_of(store) == {A: LARGE.as_tuple()}
    assert len(events_of(url)) == 2


def test_a_reviewer_wins_over_newer_annotators_until_undone(store):
    store.add_boxes([BoxLabel(A, SMALL)], annotator="rita", role="reviewer")
    store.add_boxes([BoxLabel(A, LARGE)], annotator="ann")
    assert boxes_of(store) == {A: SMALL.as_tuple()}
    assert store.undo(int(store.live_boxes().event_id[0]), annotator="rita")
    assert boxes_of(store) == {A: LARGE.as_tuple()}


def test_a_reviewer_who_agrees_with_an_annotator_still_decides(store):
    store.add_boxes([BoxLabel(A, SMALL)], annotator="ann")
    assert store.add_boxes([BoxLabel(A, SMALL)], annotator="rita", role="reviewer") == 1
    store.add_boxes([BoxLabel(A, LARGE)], annotator="bob")
    assert boxes_of(store) == {A: SMALL.as_tuple()}


def test_the_same_labels_again_write_nothing(store, url):
    boxes = [BoxLabel(A, SMALL), BoxLabel(B, LARGE)]
    triplets = [TripletLabel(A, B, C), TripletLabel(A, C, B), TripletLabel(A, B, C)]
    assert store.add_boxes(boxes, annotator="ann") == 2
    assert store.add_triplets(triplets, annotator="ann") == 2
    store.add_boxes([BoxLabel(A, OTHER)], annotator="rita", role="reviewer")
    events = events_of(url)
    assert store.add_boxes(boxes, annotator="bob", source="import") == 0
    assert store.add_boxes([BoxLabel(A, OTHER)], annotator="bob") == 0
    assert store.add_triplets(triplets, annotator="bob", role="reviewer") == 0
    assert events_of(url) == events


def test_going_back_to_an_older_box_is_a_new_label(store):
    for box, written in [(SMALL, 1), (LARGE, 1), (SMALL, 1), (SMALL, 0)]:
        assert store.add_boxes([BoxLabel(A, box)], annotator="ann") == written
    assert boxes_of(store) == {A: SMALL.as_tuple()}


@pytest.mark.parametrize(
    "box",
    [Box(0, 0, 0, 5), Box(5, 0, 4, 5), Box(0, 0, float("nan"), 5), Box(0, 0, float("inf"), 5), Box(3, 9, 8, 2)],
    ids=str,
)
def test_one_box_without_area_keeps_all_from_being_written(store, box):
    with pytest.raises(TiefVisionError, match=r"bbbbbb.*no area; draw it again"):
        store.add_boxes([BoxLabel(A, SMALL), BoxLabel(B, box)], annotator="ann")
    assert store.counts()["boxes"] == 0


def test_one_triplet_of_two_photos_keeps_all_from_being_written(store):
    with pytest.raises(TiefVisionError, match="names one photo twice"):
        store.add_triplets([TripletLabel(A, B, C), TripletLabel(A, B, A)], annotator="ann")
    assert store.counts()["triplets"] == 0


def test_undoing_restores_what_was_there_and_twice_changes_nothing(store, url):
    store.add_boxes([BoxLabel(A, SMALL)], annotator="ann")
    version = store.box_version()
    store.add_boxes([BoxLabel(A, LARGE)], annotator="ann")
    event = int(store.live_boxes().event_id[0])
    assert store.undo(event, annotator="bob")
    assert store.box_version() == version
    assert not store.undo(event, annotator="ann")
    assert events_of(url)[2:] == [("box", A, "undo", "bob", "annotator", event)]
    assert store.add_boxes([BoxLabel(A, LARGE)], annotator="ann") == 1


def test_only_labels_can_be_undone(store):
    store.add_triplets([TripletLabel(A, B, C)], annotator="ann")
    assert store.undo(1, annotator="ann")
    for no_label in (2, 99):
        with pytest.raises(TiefVisionError, match=f"Event {no_label} cannot be undone"):
            store.undo(no_label, annotator="ann")
    assert store.counts()["triplets"] == 0


def test_versions_tell_content_alone_and_each_kind_alone(store, tmp_path):
    empty = store.box_version(), store.triplet_version()
    assert len(set(empty)) == 2
    store.add_boxes([BoxLabel(A, SMALL), BoxLabel(B, LARGE)], annotator="ann")
    boxes = store.box_version()
    store.add_triplets([TripletLabel(A, B, C)], annotator="ann")
    assert store.box_version() == boxes != empty[0]
    other = LabelStore(f"sqlite:///{tmp_path}/other.db")
    other.add_boxes([BoxLabel(C, OTHER)], annotator="x")
    other.undo(1, annotator="x")
    other.add_boxes([BoxLabel(B, LARGE)], annotator="someone else", source="demo", role="reviewer")
    other.add_boxes([BoxLabel(A, SMALL)], annotator="someone else")
    assert other.box_version() == boxes
    assert other.triplet_version() == empty[1]
    other.close()


def test_numbers_of_any_type_are_one_box(store):
    assert store.add_boxes([BoxLabel(A, Box(0, 0, 10, 20))], annotator="ann") == 1
    same = Box(np.int64(0), -0.0, np.float32(10), np.float64(20))
    assert store.add_boxes([BoxLabel(A, same)], annotator="ann") == 0


def test_a_negative_zero_makes_no_other_version_of_the_labels(tmp_path):
    """Other tools write -0.0; by a version that differs, heads would be trained anew on the same labels."""
    versions = set()
    for name, zero in (("plain", 0.0), ("negative", -0.0)):
        store = LabelStore(f"sqlite:///{tmp_path}/{name}.db")
        store.add_boxes([BoxLabel(A, Box(zero, zero, 10, 20))], annotator="ann")
        versions.add(store.box_version())
        store.close()
    assert len(versions) == 1


coordinates = st.floats(0, 5_000, width=64)
boxes = st.builds(Box, coordinates, coordinates, coordinates, coordinates).filter(lambda box: box.area > 0)


@given(st.dictionaries(st.sampled_from(PHOTOS), boxes, min_size=1), st.randoms())
@settings(max_examples=12, deadline=None)
def test_coordinates_survive_and_order_does_not_count(tmp_path_factory, given_boxes, random):
    store = LabelStore(f"sqlite:///{tmp_path_factory.mktemp('labels')}/labels.db")
    labels = [BoxLabel(photo, box) for photo, box in given_boxes.items()]
    random.shuffle(labels)
    store.add_boxes(labels, annotator="ann")
    assert boxes_of(store) == {photo: box.as_tuple() for photo, box in given_boxes.items()}
    frame = store.live_boxes()
    assert frame.sha256.is_monotonic_increasing
    assert version_of_boxes(frame.sample(frac=1, random_state=0)) == store.box_version()
    store.close()


@given(st.lists(st.permutations(PHOTOS), unique_by=lambda photos: tuple(photos[:3])), st.randoms())
def test_the_version_of_triplets_is_that_of_a_set(triplets, random):
    names = ["reference", "positive", "negative"]
    frame = pd.DataFrame([triplet[:3] for triplet in triplets], columns=names)
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**32))
    assert version_of_triplets(frame) == version_of_triplets(shuffled)
    if len(frame):
        swapped = frame.rename(columns={"positive": "negative", "negative": "positive"})
        changed = set(map(tuple, frame[names].to_numpy())) != set(map(tuple, swapped[names].to_numpy()))
        assert (version_of_triplets(frame) != version_of_triplets(swapped)) == changed


steps = st.lists(
    st.one_of(
        st.tuples(st.just("box"), st.sampled_from([A, B]), st.sampled_from([SMALL, LARGE, OTHER]), st.booleans()),
        st.tuples(st.just("undo"), st.integers(1, 12)),
    ),
    max_size=12,
)


@given(steps)
@settings(max_examples=40, deadline=None)
def test_live_boxes_are_those_of_the_history_read_aloud(tmp_path_factory, history):
    store = LabelStore(f"sqlite:///{tmp_path_factory.mktemp('labels')}/labels.db")
    stood: dict[int, tuple[bool, int, str, Box]] = {}
    events = 0
    for step in history:
        if step[0] == "undo":
            if step[1] in stood:
                assert store.undo(step[1], annotator="ann")
                del stood[step[1]]
                events += 1
        else:
            _, photo, box, reviewer = step
            role = "reviewer" if reviewer else "annotator"
            if store.add_boxes([BoxLabel(photo, box)], annotator="ann", role=role):
                events += 1
                stood[events] = (reviewer, events, photo, box)
    expected = {photo: box.as_tuple() for _, _, photo, box in sorted(stood.values(), key=lambda label: label[:2])}
    assert boxes_of(store) == expected
    assert store.counts()["boxes"] == len(expected)
    store.close()
