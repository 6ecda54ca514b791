"""Photos handed out, decisions recorded once, and taken back."""

import sqlite3
import time
from types import SimpleNamespace

import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.annotation import LEASE_S, Annotation, overlaps
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.store.labels.history import LabelHistory
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.labels.undoing import Undone

PHOTOS = [f"{number:064x}" for number in range(6)]
A, B, C, D, E, F = PHOTOS
QUEUE = Queue(PHOTOS)
SMALL, LARGE = Box(1, 2, 3, 4), Box(0, 0, 10, 20)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def annotation(labels, clock):
    return Annotation(labels.database, overlap=0, now=clock)


@pytest.fixture
def doubled(labels, clock):
    """Every photo goes to two annotators."""
    return Annotation(labels.database, overlap=1, now=clock)


@pytest.fixture
def history(labels):
    return LabelHistory(labels.database)


def box(commit_id, sha256, value=SMALL):
    return Decision.box(commit_id, BoxLabel(sha256, value), "drawn")


def given(annotation, annotator, session=None, kind="box", count=1):
    return annotation.claim(kind, QUEUE, annotator, session or annotator, count).photos


def test_nobody_is_given_what_another_holds(annotation):
    assert given(annotation, "ann", count=2) == (A, B)
    assert given(annotation, "bob", count=2) == (C, D)
    assert given(annotation, "ann", count=2) == (A, B)
    assert annotation.claim("box", QUEUE, "cid", "cid").in_other_hands == 4


def test_what_comes_next_is_what_was_promised(annotation):
    assert given(annotation, "ann", count=2) == (A, B)
    assert given(annotation, "bob", count=1) == (C,)
    annotation.commit(box("1", A), annotator="ann")
    assert given(annotation, "ann", count=2) == (B, D)


def test_a_lease_that_is_not_renewed_ends(annotation, clock):
    given(annotation, "ann")
    clock.now += LEASE_S - 1
    assert given(annotation, "bob") == (B,)
    clock.now += 1
    assert given(annotation, "cid") == (A,)
    assert given(annotation, "ann") == (C,)


def test_a_renewed_lease_goes_on(annotation, clock):
    for _ in range(3):
        assert given(annotation, "ann") == (A,)
        clock.now += LEASE_S - 1
    assert given(annotation, "bob") == (B,)


@pytest.mark.parametrize("decision", [Decision.skip("1", "box", A), Decision.skip("1", "triplet", A)])
def test_a_decision_ends_the_lease_at_once(annotation, decision):
    given(annotation, "ann", kind=decision.kind, count=2)
    annotation.commit(decision, annotator="ann")
    assert given(annotation, "bob", kind=decision.kind) == (A,), "before ann asks for anything more"
    assert annotation.claim(decision.kind, QUEUE, "cid", "cid").in_other_hands == 2, "B is still ann's, A is bob's"


def test_a_label_that_comes_after_its_lease_is_kept(annotation, clock, labels):
    given(annotation, "ann")
    clock.now += LEASE_S
    assert given(annotation, "bob") == (A,)
    assert annotation.commit(box("late", A), annotator="ann")
    assert labels.counts()["boxes"] == 1


def test_two_tabs_of_one_annotator_get_different_photos_until_nothing_else_is_left(annotation):
    assert given(annotation, "ann", "tab 1", count=5) == (A, B, C, D, E)
    assert given(annotation, "ann", "tab 2") == (F,)
    annotation.commit(box("1", F), annotator="ann")
    assert given(annotation, "ann", "tab 2") == (A,)
    assert given(annotation, "ann", "tab 1", count=5) == (B, C, D, E)


def test_photos_that_are_let_go_are_free(annotation):
    given(annotation, "ann", count=3)
    annotation.release("box", "ann", "ann")
    assert given(annotation, "bob") == (A,)


def test_a_photo_that_is_asked_for_is_held_whatever_was_decided(annotation):
    annotation.commit(box("1", A), annotator="ann")
    given(annotation, "ann")
    annotation.take("box", A, "ann", "ann")
    assert given(annotation, "bob", count=2) == (B, C)


def test_kinds_do_not_disturb_each_other(annotation):
    assert given(annotation, "ann") == (A,)
    assert given(annotation, "bob", kind="triplet") == (A,)


def test_decided_photos_leave_the_queue_whoever_decided(annotation, labels):
    labels.add_boxes([BoxLabel(A, SMALL)], annotator="import", source="import")
    annotation.commit(Decision.absent("1", B), annotator="ann")
    annotation.commit(box("2", C), annotator="bob")
    claim = annotation.claim("box", QUEUE, "cid", "cid")
    assert (claim.photos, claim.decided, claim.skipped) == ((D, E), 3, 0)


def test_a_skipped_photo_goes_to_others_and_comes_back_when_asked_for(annotation, labels):
    version = labels.box_version()
    annotation.commit(Decision.skip("1", "box", A), annotator="ann")
    claim = annotation.claim("box", QUEUE, "ann", "ann")
    assert (claim.photos, claim.decided, claim.skipped) == ((B, C), 0, 1)
    assert given(annotation, "bob") == (A,)
    annotation.release("box", "bob", "bob")
    annotation.release("box", "ann", "ann")
    assert annotation.bring_back_skipped("box", annotator="bob") == 0
    assert annotation.bring_back_skipped("box", annotator="ann") == 1
    assert given(annotation, "ann") == (A,)
    assert labels.box_version() == version


def test_no_object_is_no_live_box_until_undone(annotation, labels, history):
    version = labels.box_version()
    annotation.commit(box("1", A), annotator="ann")
    with_box = labels.box_version()
    annotation.commit(Decision.absent("2", A), annotator="bob", session="tab")
    assert labels.counts()["boxes"] == 0
    assert labels.box_version() == version
    assert history.live_box(A).action == "absent"
    assert annotation.undo_last("3", "box", annotator="bob", session="tab") == Undone(A, "annotator")
    assert labels.box_version() == with_box


def test_a_box_after_no_object_counts_and_a_reviewer_wins_either_way(annotation, labels):
    annotation.commit(Decision.absent("1", A), annotator="ann")
    annotation.commit(box("2", A), annotator="bob")
    assert labels.counts()["boxes"] == 1
    annotation.commit(Decision.absent("3", A), annotator="rita", role="reviewer")
    annotation.commit(box("4", A, LARGE), annotator="bob")
    assert labels.counts()["boxes"] == 0


def test_the_same_commit_twice_writes_once(annotation, labels, history):
    assert annotation.commit(box("same", A), annotator="ann", seconds=2.5)
    assert not annotation.commit(box("same", A), annotator="ann", seconds=2.5)
    assert history.count() == 1
    [event] = history.page()
    assert (event.seconds, event.method, event.source) == (2.5, "drawn", "app")


def test_undo_goes_back_step_by_step_and_the_same_undo_undoes_once(annotation, labels):
    for number, sha256 in enumerate((A, B, C)):
        annotation.commit(box(f"{number}", sha256), annotator="ann", session="tab")
    annotation.commit(box("other", D), annotator="bob", session="tab")

    def undo(commit_id):
        return annotation.undo_last(commit_id, "box", annotator="ann", session="tab")

    assert undo("undo 1") == undo("undo 1") == Undone(C, "annotator", SMALL, "drawn")
    assert labels.counts()["boxes"] == 3
    assert (undo("undo 2").sha256, undo("undo 3").sha256) == (B, A)
    assert undo("undo 4") is None
    assert labels.counts()["boxes"] == 1


def test_a_late_copy_of_an_undo_takes_back_no_later_decision(annotation, labels):
    def undo():
        return annotation.undo_last("undo", "box", annotator="ann", session="tab", undoes="refused")

    assert undo() is None
    annotation.commit(box("later", A), annotator="ann", session="tab")
    assert undo() is None
    assert labels.counts()["boxes"] == 1


def test_an_undo_takes_back_the_decision_that_it_names(annotation):
    for number, sha256 in enumerate((A, B)):
        annotation.commit(box(f"{number}", sha256), annotator="ann", session="tab")
    for annotator, session in (("bob", "tab"), ("ann", "another tab")):
        assert annotation.undo_last("undo", "box", annotator=annotator, session=session, undoes="0") is None
    assert annotation.undo_last("undo", "box", annotator="ann", session="tab", undoes="0").sha256 == A


def test_a_session_undoes_its_own_decisions_only(annotation, labels):
    annotation.commit(box("1", A), annotator="ann", session="one tab")
    annotation.commit(box("2", B), annotator="ann", session="another tab")
    annotation.commit(box("3", C), annotator="ann")
    assert annotation.undoable("box", annotator="ann", session="one tab") == "1"
    assert annotation.undo_last("4", "box", annotator="ann", session="one tab").sha256 == A
    assert not annotation.undoable("box", annotator="ann", session="one tab")
    assert annotation.undo_last("5", "box", annotator="ann", session="one tab") is None
    assert not annotation.undoable("box", annotator="bob", session="another tab")
    assert not annotation.undoable("triplet", annotator="ann", session="another tab")


def test_what_is_undone_is_told_with_ones_own_label_whatever_others_decided(annotation, labels):
    annotation.commit(box("1", A, SMALL), annotator="ann", session="tab")
    annotation.commit(box("2", A, LARGE), annotator="bob", session="tab")
    assert annotation.undo_last("3", "box", annotator="ann", session="tab").label == SMALL
    assert labels.live_boxes()["annotator"].tolist() == ["bob"]
    annotation.commit(triplet("4", A, B, C), annotator="ann", session="tab")
    assert annotation.undo_last("5", "triplet", annotator="ann", session="tab").label == TripletLabel(A, B, C)


def test_undo_tells_as_what_the_decision_was_made(annotation):
    annotation.commit(box("1", A), annotator="rita", role="reviewer", session="tab")
    for _ in range(2):
        assert annotation.undo_last("2", "box", annotator="rita", session="tab").role == "reviewer"


def test_skips_are_undone_as_well(annotation):
    annotation.commit(Decision.skip("1", "box", A), annotator="ann", session="tab")
    assert annotation.undo_last("2", "box", annotator="ann", session="tab") == Undone(A, "annotator")
    assert given(annotation, "ann") == (A,)


def test_a_second_annotator_is_asked_about_the_hidden_share_and_no_third(doubled):
    assert given(doubled, "ann") == (A,)
    assert given(doubled, "bob") == (A,)
    assert given(doubled, "cid") == (B,)
    doubled.commit(box("1", A), annotator="ann")
    doubled.commit(box("2", A), annotator="bob")
    assert given(doubled, "ann") == (B,)
    assert given(doubled, "dan") == (C,)


@pytest.mark.parametrize("source", ["import", "demo"])
def test_imported_labels_and_a_reviewers_word_are_not_asked_about_again(doubled, labels, source):
    labels.add_boxes([BoxLabel(A, SMALL)], annotator="file", source=source)
    doubled.commit(box("1", B), annotator="rita", role="reviewer")
    assert given(doubled, "ann") == (C,)


def test_the_hidden_share_is_the_same_for_all_and_about_as_large_as_asked_for():
    names = [f"{number:064x}" for number in range(4_000)]
    chosen = {name for name in names if overlaps(name, 0.07)}
    assert 0.06 < len(chosen) / len(names) < 0.08
    assert chosen <= {name for name in names if overlaps(name, 0.1)}
    assert not any(overlaps(name, 0) for name in names)


def triplet(commit_id, *photos):
    return Decision.triplet(commit_id, TripletLabel(*photos))


def test_references_with_the_fewest_triplets_come_first(annotation):
    annotation.commit(triplet("1", A, B, C), annotator="ann")
    annotation.commit(Decision.tie("2", B), annotator="ann")
    assert given(annotation, "ann", kind="triplet", count=6) == (C, D, E, F, A, B)
    annotation.release("triplet", "ann", "ann")
    annotation.commit(triplet("3", A, C, D), annotator="bob")
    assert given(annotation, "bob", kind="triplet", count=6) == (C, D, E, F, B, A)


def test_a_reference_of_the_hidden_share_goes_to_a_second_annotator_at_once(doubled):
    doubled.commit(triplet("1", C, A, B), annotator="ann")
    assert given(doubled, "ann", kind="triplet") == (A,)
    assert given(doubled, "bob", kind="triplet") == (C,)


def test_too_close_to_call_makes_no_triplet(annotation, labels, history):
    version = labels.triplet_version()
    annotation.commit(Decision.tie("1", A, TripletLabel(A, B, C)), annotator="ann")
    assert labels.triplet_version() == version
    [event] = history.standing("triplet", A)
    assert (event.action, event.label) == ("tie", TripletLabel(A, B, C))


def test_a_removed_triplet_is_gone_whoever_chose_it(annotation, labels, history):
    annotation.commit(triplet("1", A, B, C), annotator="ann")
    annotation.commit(triplet("2", A, B, C), annotator="bob")
    annotation.commit(triplet("3", A, C, B), annotator="bob")
    annotation.commit(Decision.tie("4", A, TripletLabel(A, B, C)), annotator="dan")
    assert annotation.remove_triplet("5", TripletLabel(A, B, C), annotator="cid") == 2
    assert annotation.remove_triplet("6", TripletLabel(A, B, C), annotator="cid") == 0
    assert labels.counts()["triplets"] == 1
    assert [event.annotator for event in history.standing("triplet", A)] == ["bob", "dan"]


def test_a_late_copy_of_a_removal_leaves_the_triplet_that_was_chosen_anew(annotation, labels):
    for number in ("1", "2"):
        annotation.commit(triplet(number, A, B, C), annotator="ann")
    assert annotation.remove_triplet("3", TripletLabel(A, B, C), annotator="ann") == 2
    annotation.commit(triplet("4", A, B, C), annotator="ann")
    assert annotation.remove_triplet("3", TripletLabel(A, B, C), annotator="ann") == 0
    assert labels.counts()["triplets"] == 1


def test_of_two_reviewers_who_decide_at_once_the_later_one_is_told(annotation, labels):
    for commit_id, label in (("1", (A, B, C)), ("2", (A, C, B))):
        annotation.commit(triplet(commit_id, *label), annotator=f"ann {commit_id}")
    assert annotation.confirm_triplet("3", 2, annotator="rita")
    assert not annotation.confirm_triplet("3", 2, annotator="rita")
    with pytest.raises(TiefVisionError, match="undone meanwhile"):
        annotation.confirm_triplet("4", 1, annotator="rose")
    assert labels.live_triplets()["positive"].tolist() == [C]


def test_ties_of_the_same_two_photos_agree_whichever_was_named_first(annotation, history):
    annotation.commit(Decision.tie("1", A, TripletLabel(A, B, C)), annotator="ann")
    annotation.commit(Decision.tie("2", A, TripletLabel(A, C, B)), annotator="bob")
    annotation.commit(triplet("3", A, B, C), annotator="cid")
    assert annotation.confirm_triplet("4", 1, annotator="rita")
    assert [(event.annotator, event.action) for event in history.standing("triplet", A)] == [
        ("ann", "tie"),
        ("bob", "tie"),
        ("rita", "tie"),
    ]


def test_a_tie_that_names_no_photos_contradicts_no_triplet(annotation, history):
    annotation.commit(Decision.tie("1", A), annotator="ann")
    annotation.commit(triplet("2", A, B, C), annotator="bob")
    assert annotation.confirm_triplet("3", 2, annotator="rita")
    assert [event.annotator for event in history.standing("triplet", A)] == ["ann", "bob", "rita"]


@pytest.mark.parametrize(
    "decision", [box("1", A, Box(5, 5, 5, 9)), triplet("1", A, B, B), Decision.tie("1", A, TripletLabel(A, A, B))]
)
def test_a_decision_that_cannot_be_is_refused(annotation, history, decision):
    with pytest.raises(TiefVisionError):
        annotation.commit(decision, annotator="ann")
    assert history.count() == 0


def test_a_locked_database_is_tried_again(annotation, labels, url, monkeypatch):
    monkeypatch.setattr("tiefvision_assets.store.labels.database.BUSY_TIMEOUT_S", 0)
    labels.counts()
    writer = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    pauses = []

    def release_at_last(pause):
        pauses.append(pause)
        if len(pauses) == 2:
            writer.execute("ROLLBACK")

    # the module's own name for it: threads that other tests have left behind sleep as well
    clock = SimpleNamespace(sleep=release_at_last, monotonic=time.monotonic)
    monkeypatch.setattr("tiefvision_assets.store.labels.database.time", clock)
    assert annotation.commit(box("1", A), annotator="ann")
    assert len(pauses) == 2
    assert labels.counts()["boxes"] == 1
    writer.close()


def test_what_other_processes_record_is_noticed(annotation, labels):
    other = Annotation(labels.database, overlap=0)
    assert given(annotation, "ann") == (A,)
    labels.add_boxes([BoxLabel(A, SMALL), BoxLabel(B, SMALL)], annotator="file", source="import")
    assert given(annotation, "ann") == (C,)
    labels.undo(1, annotator="rita")
    annotation.release("box", "ann", "ann")
    assert given(annotation, "ann") == given(other, "ann") == (A,)


def test_a_database_that_was_replaced_by_an_older_one_is_read_anew(annotation, labels, url):
    labels.add_boxes([BoxLabel(A, SMALL)], annotator="ann", source="import")
    assert given(annotation, "ann") == (B,)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("DELETE FROM label_event")
        connection.execute("DELETE FROM label_lease")
    assert given(annotation, "ann") == (A,)
