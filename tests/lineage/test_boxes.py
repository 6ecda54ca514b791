import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.box import Box
from tiefvision_assets.lineage.boxes import extract_boxes
from tiefvision_assets.lineage.boxes_in_force import (
    boxes_in_force,
    have_moved,
    rounded_box,
    rounded_boxes,
    wanted_contents,
)
from tiefvision_assets.lineage.due import unlocated
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store

EXTRACTED, HUMAN = (5.0, 6.0, 40.0, 41.0), (1.0, 2.0, 30.0, 31.0)


@pytest.fixture
def photos(store, save_photo) -> dict[str, str]:
    """Path → content of three photos in the catalogue, the last a twin of the first under another name."""
    for name, colour in {"a.png": "red", "b.png": "green", "twin.png": "red"}.items():
        save_photo(name, colour)
    store.catalogue.scan()
    return dict(store.catalogue.live()[["path", "sha256"]].itertuples(index=False))


def batch_of(store: Store) -> str:
    return store.catalogue.batch_keys()[0]


def extract(store: Store, *shas: str, heads: str | None = "h1") -> None:
    rows = [(sha, *EXTRACTED, 0.6, "") for sha in shas]
    store.boxes.write(heads, batch_of(store), pd.DataFrame(rows, columns=["sha256", *BOX, "confidence", "error"]))


def label(store: Store, version: str, *shas: str) -> None:
    store.snapshots.write("boxes", version, pd.DataFrame([(sha, *HUMAN) for sha in shas], columns=["sha256", *BOX]))


def in_force(store: Store, heads: str | None = "h1") -> dict[str, tuple]:
    rows = boxes_in_force(store, heads, wanted_contents(store, store.catalogue.batch_keys()))
    found = [
        (row.sha256, (row.left, row.top, row.right, row.bottom), row.confidence, row.human) for row in rows.itertuples()
    ]
    return {sha: (box, confidence, bool(human)) for sha, box, confidence, human in found}


def test_the_human_box_wins_over_the_extracted_one(store, photos):
    extract(store, photos["a.png"], photos["b.png"])
    label(store, "v1", photos["a.png"])
    assert in_force(store) == {
        photos["a.png"]: (HUMAN, 1.0, True),
        photos["b.png"]: (EXTRACTED, 0.6, False),
    }


def test_a_human_box_needs_no_extracted_one_and_without_either_a_photo_is_left_out(store, photos):
    assert in_force(store) == {}
    label(store, "v1", photos["b.png"])
    assert in_force(store) == {photos["b.png"]: (HUMAN, 1.0, True)}


def test_an_undone_label_brings_the_extracted_box_back(store, photos):
    extract(store, photos["a.png"])
    label(store, "v1", photos["a.png"])
    label(store, "v2")
    assert in_force(store) == {photos["a.png"]: (EXTRACTED, 0.6, False)}


def test_labels_of_photos_that_are_gone_are_not_in_force(store, photos):
    label(store, "v1", "f" * 64, photos["a.png"])
    assert set(in_force(store)) == {photos["a.png"]}


def test_without_heads_the_whole_photo_is_the_box_and_nothing_was_located(store, photos):
    reported = []
    first = extract_boxes(store, None, batch_of(store), lambda *done: reported.append(done))
    assert (first.reused, first.computed, first.failed) == (0, (), 0)
    assert reported == [(1, 2), (2, 2)]
    assert in_force(store, None) == dict.fromkeys(photos.values(), ((0, 0, 64, 48), 0.0, False))
    again = extract_boxes(store, None, batch_of(store), lambda *done: reported.append(done))
    assert (again.reused, again.computed, len(reported)) == (2, (), 2)


def test_only_photos_without_a_box_by_these_heads_are_unlocated(store, photos):
    contents = wanted_contents(store, store.catalogue.batch_keys())
    extract(store, photos["a.png"])
    assert list(unlocated(store, "h1", contents)["sha256"]) == [photos["b.png"]]
    assert set(unlocated(store, "h2", contents)["sha256"]) == set(photos.values())
    assert set(unlocated(store, None, contents)["sha256"]) == set(photos.values())


def test_contents_are_wanted_once_and_of_the_asked_batches_alone(store, photos, save_photo):
    save_photo("later.png", "blue")
    later = store.catalogue.scan().batches[0]
    assert list(wanted_contents(store, [later])["path"]) == ["later.png"]
    assert set(wanted_contents(store, store.catalogue.batch_keys())["path"]) == {"a.png", "b.png", "later.png"}
    assert not len(wanted_contents(store, []))


def moved(wanted: Box, stored: tuple[int, int, int, int], human: bool, tolerance: float = 0.95) -> bool:
    boxes = rounded_boxes(pd.DataFrame([wanted.as_tuple()], columns=BOX))
    (answer,) = have_moved(boxes, np.array([stored]), np.array([human]), tolerance)
    return bool(answer)


def test_an_extracted_box_moves_past_the_tolerance_a_human_one_at_any_difference():
    stored = (0, 0, 1000, 1000)
    assert not moved(Box(0, 0, 1000, 950), stored, human=False)
    assert moved(Box(0, 0, 1000, 949), stored, human=False)
    assert not moved(Box(0, 0, 1000, 949), stored, human=False, tolerance=0.9)
    assert moved(Box(0, 0, 1000, 999), stored, human=True)
    assert not moved(Box(0.2, 0.4, 999.6, 1000.3), stored, human=True)


sides = st.floats(-50, 300, allow_nan=False)
some_boxes = st.lists(st.tuples(sides, sides, sides, sides), min_size=1, max_size=20)


@given(some_boxes)
def test_boxes_are_rounded_alike_one_by_one_and_together(boxes):
    frame = pd.DataFrame(boxes, columns=BOX)
    assert [tuple(row) for row in rounded_boxes(frame)] == [rounded_box(row) for row in frame.itertuples()]


@given(some_boxes, some_boxes, st.floats(0.05, 1))
def test_boxes_have_moved_as_their_ious_say(wanted, stored, tolerance):
    pairs = list(zip(wanted, stored, strict=False))
    before, after = (rounded_boxes(pd.DataFrame(side, columns=BOX)) for side in zip(*pairs, strict=True))
    found = have_moved(before, after, np.zeros(len(pairs), dtype=bool), tolerance)
    ious = [Box(*map(float, one)).iou(Box(*map(float, two))) for one, two in zip(before, after, strict=True)]
    for answer, iou in zip(found, ious, strict=True):
        assert bool(answer) == (iou < tolerance) or abs(iou - tolerance) < 1e-9
