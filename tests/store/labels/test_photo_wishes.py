"""Many photos are marked at once: tagged, left out of training, or to be labelled next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.marks import MOST_TAGS, BadMark
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(data=tmp_path / "data"))


def test_many_photos_get_a_tag_and_lose_it(store: Store) -> None:
    marks = store.marks
    marks.mark("a", "ann", starred=True, tags=["old", "red dress"], note="a note")
    assert marks.mark_all(["a", "b", "c"], "tag", "bob", name="red  dress") == 2
    assert marks.mark_all(["a", "b", "c"], "tag", "bob", name="red dress") == 0
    assert marks.tags() == {"old": 1, "red dress": 3}
    assert marks.mark_all(["a", "c", "other"], "tag", "bob", name="red dress", on=False) == 2
    assert marks.tagged("red dress") == ["b"]
    kept = marks.of(["a"], "ann")["a"]
    assert (kept.starred, kept.tags, kept.note) == (True, ("old",), "a note")


def test_a_tag_that_cannot_be_kept_is_given_to_no_photo(store: Store) -> None:
    store.marks.mark("full", "ann", starred=False, tags=[f"tag {number}" for number in range(MOST_TAGS)], note=None)
    for name, reason in (("", "needs a name"), ("x" * 41, "longer than"), ("new", "too many")):
        with pytest.raises(BadMark, match=reason):
            store.marks.mark_all(["a", "full"], "tag", "ann", name=name)
    assert "new" not in store.marks.tags()


def test_other_marks_are_no_tags(store: Store) -> None:
    assert store.marks.mark_all(["a", "b"], "next", "ann") == 2
    assert store.marks.mark_all(["b"], "excluded", "ann") == 1
    assert (sorted(store.marks.with_mark("next")), store.marks.with_mark("excluded")) == (["a", "b"], ["b"])
    assert store.marks.tags() == {} and store.marks.of(["a"], "ann")["a"].tags == ()


def test_nothing_is_learned_from_labels_of_excluded_photos_whose_boxes_stay_in_force(store: Store) -> None:
    store.labels.add_boxes([BoxLabel(name, Box(0, 0, 10, 10)) for name in "abc"], annotator="ann")
    store.labels.add_triplets([TripletLabel("a", "b", "c"), TripletLabel("a", "c", "d")], annotator="ann")
    before = store.labels.box_version(), store.labels.triplet_version(), store.stamp()
    store.marks.mark_all(["b"], "excluded", "ann")
    now = store.labels.box_version(), store.labels.triplet_version(), store.stamp()
    assert all(one != other for one, other in zip(before, now, strict=True)), "the plan sees it"

    store.snapshots.write("boxes", now[0], store.labels.snapshot_boxes())
    assert store.snapshots.read_learned("boxes", now[0])["sha256"].tolist() == ["a", "c"]
    assert store.snapshots.read("boxes", now[0])["sha256"].tolist() == ["a", "b", "c"]
    assert store.labels.snapshot_triplets()["positive"].tolist() == ["c"]
    assert store.labels.counts() == {"boxes": 3, "triplets": 2}

    store.marks.mark_all(["b"], "excluded", "ann", on=False)
    assert (store.labels.box_version(), store.labels.triplet_version()) == before[:2]
