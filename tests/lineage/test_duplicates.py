"""Photos of one shot: which form groups, what deciding about them does to searches, and the rule for new photos."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.same_shots import OTHERS, folder_of, serve
from tests.without_photos import content_of
from tiefvision_assets.lineage.duplicate_decisions import UnknownGroup, all_kept, kept_only
from tiefvision_assets.lineage.duplicate_decisions import set_rule as set_rule_of
from tiefvision_assets.lineage.duplicate_listing import DuplicateGroups, Groups, documents, entries_of
from tiefvision_assets.lineage.duplicates import Alike, Group
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import IndexVersion, NoIndex
from tiefvision_assets.store.labels.duplicates import Choice, Keep
from tiefvision_assets.store.store import Store

PERSON = "Ann"


def groups(store: Store) -> Groups:
    return DuplicateGroups(store).now()


def paths(found: list[Group]) -> list[list[str]]:
    return [sorted(copy.path for _, copy in entries_of(group)) for group in found]


def keep(store: Store, *kept: str) -> None:
    group = groups(store).named(kept[0])
    store.duplicates.decide(kept_only(group, [image_id(path) for path in kept]), PERSON)


def found(store: Store, query: str = "other0.jpg", **options: object) -> set[str]:
    """All that a search finds, by the graph; and a condition that all photos fulfil finds the same."""
    searcher, by_id = Searcher(store.settings), image_id(query)
    hits = {hit.path for hit in searcher.search(ById(by_id, k=50, **options)).hits}  # type: ignore[arg-type]
    same = searcher.search(ById(by_id, k=50, where="width > 0", facets=("width",), **options))  # type: ignore[arg-type]
    assert {hit.path for hit in same.hits} == hits
    assert sum(count.count for count in same.facets[0].counts) == len(hits)
    return hits


def test_every_two_photos_of_a_group_are_alike_and_copies_are_a_group(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg", "c.jpg", "twins/other3.jpg")
    listed = groups(store)
    assert paths(listed.shown("open")) == [["a.jpg", "b.jpg"], ["other3.jpg", "twins/other3.jpg"]]
    shots, copies = listed.shown("open")
    assert copies.similarity == 1 and shots.similarity == pytest.approx(0.970, abs=0.001)
    assert listed.named("b.jpg") is listed.named(image_id("a.jpg")) is listed.named(shots.id) is shots
    with pytest.raises(UnknownGroup, match=r"'c\.jpg' names no group of duplicates"):
        listed.named("c.jpg")


def test_an_empty_folder_has_a_sentence_for_it(tmp_path: Path, store: Store) -> None:
    with pytest.raises(NoIndex, match="run `tiefvision run`"):
        groups(store)


def test_hidden_photos_are_found_only_if_asked_for_and_at_once_again(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    searcher, query = Searcher(store.settings), ById(image_id("other0.jpg"), k=50)
    before = [hit.path for hit in searcher.search(query).hits]
    keep(store, "a.jpg")
    assert [hit.path for hit in searcher.search(query).hits] == [path for path in before if path != "b.jpg"]
    assert found(store, hidden=True) == set(before)
    assert found(store, "b.jpg") == {*OTHERS, "a.jpg"}, "a hidden photo can be searched by"
    store.duplicates.undo({content_of("a.jpg"): 1, content_of("b.jpg"): 1})
    assert [hit.path for hit in searcher.search(query).hits] == before


def test_decisions_survive_renames_and_new_versions_of_the_index(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    keep(store, "a.jpg")
    serve(store, "shoes/a.jpg", "old/b.jpg", "c.jpg")
    assert found(store) == {*OTHERS, "shoes/a.jpg", "c.jpg"} - {"other0.jpg"}
    assert paths(groups(store).shown("decided")) == [["old/b.jpg", "shoes/a.jpg"]]


def test_a_hidden_photo_comes_back_when_the_kept_one_is_deleted(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    keep(store, "a.jpg")
    serve(store, "b.jpg")
    assert "b.jpg" in found(store)
    serve(store, "b.jpg", "a.jpg")
    assert "b.jpg" not in found(store)


def test_a_photo_is_hidden_only_beside_one_that_is_shown(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    keep(store, "b.jpg")
    serve(store, "b.jpg", "c.jpg")
    keep(store, "c.jpg")
    serve(store, "a.jpg", "b.jpg", "c.jpg")
    assert found(store) - set(OTHERS) == {"a.jpg", "c.jpg"}, "b is hidden by now, and c does not resemble a"
    circle = [Choice(content_of(f"{one}.jpg"), content_of(f"{other}.jpg")) for one, other in ("ab", "bc", "ca", "da")]
    store.duplicates.decide(circle, PERSON)
    assert found(store) - set(OTHERS) == {"a.jpg", "b.jpg", "c.jpg"}
    serve(store, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    assert found(store) - set(OTHERS) == {"a.jpg", "b.jpg", "c.jpg"}, "d is hidden beside a, which a circle shows"


def test_what_was_decided_is_listed_and_taken_back_when_its_group_fell_apart(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    store.duplicates.decide([Choice(content_of(one), content_of("a.jpg")) for one in ("a.jpg", "other1.jpg")], PERSON)
    listed = groups(store)
    assert paths(listed.shown("open")) == [["a.jpg", "b.jpg"]]
    assert paths(listed.shown("decided")) == [["a.jpg", "other1.jpg"]]
    apart = listed.named("other1.jpg")
    assert apart is listed.shown("decided")[0] and apart.similarity == pytest.approx(0, abs=0.001)
    assert [one["hidden"] for one in documents(store, listed, [apart])[0]["photos"]] == [False, True]
    assert listed.named("a.jpg").contents == listed.named("b.jpg").contents, "those that are alike come first"
    store.duplicates.undo(apart.copies)
    assert not groups(store).hidden and groups(store).again(apart).contents == apart.contents


def test_a_photo_with_a_decision_can_be_named_when_its_group_is_gone(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    keep(store, "a.jpg")
    serve(store, "b.jpg")
    alone = groups(store).named("b.jpg")
    assert alone.contents == [content_of("b.jpg")]
    store.duplicates.undo(alone.copies)
    serve(store, "a.jpg", "b.jpg")
    assert "b.jpg" in found(store), "it does not vanish again when the kept one returns"


def test_of_copies_the_chosen_one_is_shown_and_another_one_when_it_is_gone(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "x/a.jpg", "y/a.jpg", "z/a.jpg", "b.jpg")
    keep(store, "y/a.jpg")
    assert found(store) & {"x/a.jpg", "y/a.jpg", "z/a.jpg", "b.jpg"} == {"y/a.jpg"}
    serve(store, "z/a.jpg", "x/a.jpg")
    assert found(store) - set(OTHERS) == {"x/a.jpg"}


def test_several_can_be_kept_and_photos_of_other_groups_cannot(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg", "d.jpg")
    keep(store, "a.jpg", "b.jpg")
    assert found(store) - set(OTHERS) == {"a.jpg", "b.jpg"}
    with pytest.raises(UnknownGroup, match="is not a photo of the group"):
        kept_only(groups(store).named("a.jpg"), [image_id("other1.jpg")])
    store.duplicates.decide(all_kept(groups(store).named("a.jpg")), PERSON)
    assert found(store) - set(OTHERS) == {"a.jpg", "b.jpg", "d.jpg"}
    assert groups(store).shown("open") == []


def test_what_is_not_the_same_is_never_grouped_again(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    keep(store, "a.jpg")
    store.duplicates.tell_apart([content_of("a.jpg"), content_of("b.jpg")], PERSON)
    assert "b.jpg" in found(store), "what was decided before is forgotten"
    assert paths(groups(store).shown("apart")) == [["a.jpg", "b.jpg"]] and not groups(store).all
    serve(store, "a.jpg", "b.jpg", "d.jpg")
    assert paths(groups(store).shown("open")) == [["a.jpg", "d.jpg"]], "d is like both, and joins the more similar one"
    store.duplicates.undo({content_of("a.jpg"): 1, content_of("b.jpg"): 1})
    assert paths(groups(store).shown("open")) == [["a.jpg", "b.jpg", "d.jpg"]]


def test_the_listing_tells_the_differences(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    store.marks.mark(content_of("b.jpg"), PERSON, starred=False, tags=["summer"], note=None)
    keep(store, "a.jpg")
    assert store.marks.of([content_of("b.jpg")], PERSON)[content_of("b.jpg")].tags == ("summer",), (
        "hidden ones keep them"
    )
    listed = groups(store)
    (document,) = documents(store, listed, listed.shown("decided"))
    assert (document["state"], document["similarity"]) == ("decided", pytest.approx(0.970, abs=0.001))
    larger, smaller = document["photos"]
    assert [(one["path"], one["tags"], one["hidden"]) for one in (larger, smaller)] == [
        ("b.jpg", ["summer"], True),
        ("a.jpg", [], False),
    ]
    assert larger["bytes"] == smaller["bytes"] + 1 and larger["modified"] == "1970-01-01T00:00:00+00:00"


def set_rule(store: Store, rule: Keep, *, existing: bool = False) -> int:
    return set_rule_of(store, groups(store).index, rule, PERSON, existing=existing)


def test_a_rule_decides_about_new_photos_before_they_can_be_searched(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg", "x/other1.jpg")
    assert set_rule(store, "bytes") == 0
    serve(store, "a.jpg", "b.jpg", "x/other1.jpg", "y/other2.jpg")
    assert found(store) - set(OTHERS) == {"a.jpg", "b.jpg", "x/other1.jpg"}, "a new copy, and groups of before"
    serve(store, "a.jpg", "b.jpg", "x/other1.jpg", "y/other2.jpg", "d.jpg")
    assert found(store) - set(OTHERS) == {"d.jpg", "x/other1.jpg"}, "of an older group, as there is a new photo in it"
    assert {group.by_rule for group in groups(store).shown("decided")} == {True}
    store.duplicates.remove_rule(undo=True)
    assert found(store) - set(OTHERS) == {"a.jpg", "b.jpg", "d.jpg", "x/other1.jpg", "y/other2.jpg"}


def test_a_rule_leaves_old_photos_to_people_when_they_are_grouped_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = folder_of(tmp_path, "a.jpg", "c.jpg", "x/other1.jpg")
    assert set_rule(store, "pixels") == 0 and paths(groups(store).shown("open")) == [["other1.jpg", "x/other1.jpg"]]
    monkeypatch.setattr("tiefvision_assets.lineage.duplicate_decisions.alike_in", all_alike)
    serve(store, "moved/a.jpg", "c.jpg", "x/other1.jpg")
    assert not groups(store).hidden, "the encoder is another one, and no photo is new"
    serve(store, "moved/a.jpg", "c.jpg", "x/other1.jpg", "d.jpg")
    assert groups(store).hidden, "now one is"


def all_alike(index: IndexVersion) -> Alike:
    """As if any two photos were the same shot."""
    contents = tuple(dict.fromkeys(index.entries["sha256"]))
    pairs = np.array(list(combinations(range(len(contents)), 2)))
    return Alike(contents, pairs, np.ones(len(pairs), np.float32), np.empty(0, np.int64))


def test_the_rule_does_not_decide_again_about_what_was_taken_back(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg")
    set_rule(store, "pixels")
    serve(store, "a.jpg", "b.jpg")
    group = groups(store).named("b.jpg")
    assert group.by_rule and groups(store).hidden
    store.duplicates.undo(group.copies)
    serve(store, "a.jpg", "b.jpg", "c.jpg")
    assert not groups(store).hidden and paths(groups(store).shown("open")) == [["a.jpg", "b.jpg"]]
    serve(store, "a.jpg", "b.jpg", "x/b.jpg")
    assert groups(store).hidden, "one more copy is new"


@pytest.mark.parametrize(("rule", "kept"), [("pixels", "b.jpg"), ("earliest", "a.jpg")])
def test_each_rule_keeps_what_it_says(tmp_path: Path, rule: Keep, kept: str) -> None:
    store = folder_of(tmp_path, "a.jpg")
    serve(store, "a.jpg", "b.jpg")
    assert set_rule(store, rule, existing=True) == 1
    assert found(store) - set(OTHERS) == {kept}


def test_what_people_decided_stands_against_the_rule(tmp_path: Path) -> None:
    store = folder_of(tmp_path, "a.jpg", "b.jpg")
    keep(store, "a.jpg")
    set_rule(store, "bytes")
    serve(store, "a.jpg", "b.jpg", "d.jpg")
    assert found(store) - set(OTHERS) == {"a.jpg"}, "the new one has more bytes, but a person chose"
    written = store.duplicates.decide([Choice(content_of("a.jpg"), content_of("b.jpg"), "", "bytes")], PERSON)
    assert written == 0
    store.duplicates.remove_rule(undo=True)
    assert found(store) - set(OTHERS) == {"a.jpg", "d.jpg"}


def test_whatever_is_hidden_the_rest_is_found_in_its_order(tmp_path: Path) -> None:
    store = folder_of(tmp_path, *DEGREES_AND_COPIES)
    searcher, draw = Searcher(store.settings), np.random.default_rng(0)
    everything = [hit.path for hit in searcher.search(ById(image_id("other0.jpg"), k=50)).hits]
    contents = sorted({content_of(path) for path in everything})
    for _ in range(8):
        hidden = set(draw.choice(contents[1:], int(draw.integers(1, len(contents) - 1)), replace=False).tolist())
        store.duplicates.undo(dict.fromkeys(contents, 1))
        kept = content_of("other0.jpg")
        store.duplicates.decide([Choice(one, kept) for one in hidden if one != kept], PERSON)
        k = int(draw.integers(1, 14))
        for options in ({}, {"where": "width > 0"}):
            hits = searcher.search(ById(image_id("other0.jpg"), k=k, **options)).hits  # type: ignore[arg-type]
            assert [hit.path for hit in hits] == [path for path in everything if content_of(path) not in hidden][:k]


DEGREES_AND_COPIES = ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "x/a.jpg", "x/other1.jpg")
