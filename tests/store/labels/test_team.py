"""What teams share: comments, goals, queues, and decisions that come back to those whose labels they are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.comments import LONGEST_COMMENT, BadComment
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.label_queues import BadQueue, withheld
from tiefvision_assets.store.labels.returned import returned
from tiefvision_assets.store.labels.store import BoxLabel, LabelStore, TripletLabel
from tiefvision_assets.store.labels.team import Team

A, B, C, D = (f"{number:064x}" for number in range(4))
SMALL, LARGE = Box(1, 2, 3, 4), Box(0, 0, 10, 20)


@pytest.fixture
def team(labels: LabelStore) -> Team:
    return Team(labels.database)


@pytest.fixture
def annotation(labels: LabelStore) -> Annotation:
    return Annotation(labels.database, overlap=0)


def came_back(labels: LabelStore, person: str) -> list[tuple[str, str, bool]]:
    history = LabelHistory(labels.database)
    found = returned(history.page(annotator=person, limit=100), history.reviews())
    return [(one.own.sha256, one.by, one.kept) for one in found]


def test_comments_stand_in_their_order_and_once(team: Team) -> None:
    assert team.comments.add("1", A, " is the belt part of it? ", "Ann")
    assert not team.comments.add("1", A, "is the belt part of it?", "Ann")
    team.comments.add("2", A, "yes", "Rita")
    assert [(one.made_by, one.text) for one in team.comments.of([A, B])[A]] == [
        ("Ann", "is the belt part of it?"),
        ("Rita", "yes"),
    ]
    with pytest.raises(BadComment, match="empty"):
        team.comments.add("3", A, " \n ", "Ann")
    with pytest.raises(BadComment, match="longer than"):
        team.comments.add("4", A, "x" * (LONGEST_COMMENT + 1), "Ann")


def test_a_comment_is_removed_by_its_writer_or_an_administrator(team: Team) -> None:
    for number in range(2):
        team.comments.add(f"{number}", A, "no", "Ann")
    first, second = team.comments.of([A])[A]
    with pytest.raises(BadComment, match="Only Ann"):
        team.comments.remove(first.comment_id, "Bob")
    team.comments.remove(first.comment_id, "Ann")
    team.comments.remove(second.comment_id, "Rita", any_one=True)
    assert not team.comments.of([A])


def test_a_goal_counts_what_is_decided_since_and_not_undone(team: Team, annotation: Annotation) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    assert team.goals.of("Ann", "box", before) is None
    team.goals.set("Ann", "box", 2)
    for number, photo in enumerate((A, B)):
        decision = Decision.box(f"{number}", BoxLabel(photo, SMALL), "drawn")
        annotation.commit(decision, annotator="Ann", session="tab")
    annotation.commit(Decision.skip("s", "box", C), annotator="Ann", session="tab")
    annotation.commit(Decision.absent("o", C), annotator="Bob")
    goal = team.goals.of("Ann", "box", before)
    assert goal and (goal.decisions, goal.done) == (2, 2)
    annotation.bring_back_skipped("box", annotator="Ann")
    annotation.undo_last("u", "box", annotator="Ann", session="tab")
    goal = team.goals.of("Ann", "box", before)
    assert goal and goal.done == 1
    after = team.goals.of("Ann", "box", datetime.now(UTC) + timedelta(minutes=1))
    assert after and after.done == 0
    team.goals.set("Ann", "box", 0)
    assert team.goals.of("Ann", "box", before) is None


def test_assigned_photos_are_withheld_from_others_and_shared_ones_from_nobody(team: Team) -> None:
    own = team.queues.add("box", "hats", "hat", ["Ann", " Ann", ""], "Rita")
    shared = team.queues.add("box", "coats", "coat", [], "Rita")
    others = team.queues.add("box", "boots", "boot", ["Bob"], "Rita")
    assert [queue.name for queue in team.queues.all("box")] == ["boots", "coats", "hats"]
    assert own.people == ("Ann",) and own.is_for("Ann") and shared.is_for("Bob") and not others.is_for("Ann")
    photos = {own.queue_id: [A, B], shared.queue_id: [C], others.queue_id: [B, C, D]}
    queues = team.queues.all("box")
    assert withheld(queues, photos, "Ann") == {C, D}
    assert withheld(queues, photos, "Bob") == {A}
    assert withheld(queues, photos, "Cem") == {A, B, C, D}
    with pytest.raises(BadQueue, match="already"):
        team.queues.add("box", "hats", "hat", [], "Rita")
    team.queues.remove(own.queue_id)
    assert team.queues.add("box", "hats", "hat", [], "Rita").people == ()


def test_a_reviewers_box_comes_back_to_whom_it_overrules(annotation: Annotation, labels: LabelStore) -> None:
    for number, photo in enumerate((A, B, C)):
        annotation.commit(Decision.box(f"{number}", BoxLabel(photo, SMALL), "drawn"), annotator="Ann")
    assert came_back(labels, "Ann") == []
    annotation.commit(Decision.box("r", BoxLabel(A, LARGE), "drawn"), annotator="Rita", role="reviewer")
    annotation.commit(Decision.box("s", BoxLabel(B, SMALL), "drawn"), annotator="Rita", role="reviewer")
    assert came_back(labels, "Ann") == [(B, "Rita", True), (A, "Rita", False)]
    assert came_back(labels, "Bob") == []
    annotation.commit(Decision.box("again", BoxLabel(A, LARGE), "drawn"), annotator="Ann")
    assert came_back(labels, "Ann") == [(B, "Rita", True)]


def test_a_triplet_that_was_turned_or_undone_comes_back(annotation: Annotation, labels: LabelStore) -> None:
    annotation.commit(Decision.triplet("1", TripletLabel(A, B, C)), annotator="Ann")
    annotation.commit(Decision.triplet("2", TripletLabel(B, C, D)), annotator="Ann")
    first, second = LabelHistory(labels.database).standing("triplet")
    annotation.turn_triplet("r", first.event_id, annotator="Rita")
    labels.undo(second.event_id, annotator="Rita")
    assert came_back(labels, "Ann") == [(B, "Rita", False), (A, "Rita", False)]


def test_what_was_seen_is_remembered_for_each(team: Team) -> None:
    now = datetime.now(UTC)
    assert team.reviews_seen.until("Ann") < now - timedelta(days=1)
    team.reviews_seen.see("Ann", now)
    team.reviews_seen.see("Ann", now)
    assert team.reviews_seen.until("Ann") == now and team.reviews_seen.until("Bob") < now
