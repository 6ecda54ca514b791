"""The plan after whatever may happen to photos, labels, models and runs, against the rules written out by hand."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import tiny
from tests.tiny import (
    BOXES,
    PHOTOS,
    RETRAIN_AFTER,
    copy_trained,
    label_boxes,
    label_triplets,
    settings_in,
    undisturbed,
    write_photo,
)
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.boxes import extract_boxes
from tiefvision_assets.lineage.boxes_in_force import wanted_contents
from tiefvision_assets.lineage.due import unlocated
from tiefvision_assets.planning.plan import failed, next_step, plan
from tiefvision_assets.planning.training import TRAIN_HEADS, TRAIN_RANKING
from tiefvision_assets.store.attempts import MAX_ATTEMPTS
from tiefvision_assets.store.records import BOX_HEADS, BasisRecord, BoxHeadsRecord, CandidateInputs
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps

BOXING, ENCODING, INDEX = ("extracted_boxes",), ("object_encodings",), ("similarity_index",)
photo = st.integers(0, PHOTOS - 1)
events = st.lists(st.tuples(st.sampled_from(["new", "changed", "renamed", "deleted", "twin"]), photo), max_size=5)
examples = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextmanager
def trained_copy() -> Iterator[Store]:
    """A data folder of its own in which everything was run to the end."""
    with tempfile.TemporaryDirectory() as folder:
        copy_trained(Path(folder))
        store = Store(settings_in(Path(folder)))
        yield store
        store.labels.close()


def due(store: Store) -> dict[tuple[str, ...], str]:
    """Assets → why they are due."""
    return {step.assets: step.reason for step in plan(store)}


def counted(reason: str | None) -> int:
    """The number that a reason begins with; 0 for a step that is not due."""
    return int(reason.split()[0]) if reason else 0


def contents(store: Store) -> dict[str, str]:
    """Path → sha256."""
    return dict(store.catalogue.live()[["path", "sha256"]].itertuples(index=False))


def take_snapshot(store: Store) -> None:
    """What materialising the labels does."""
    store.snapshots.write("boxes", store.labels.box_version(), store.labels.live_boxes())
    store.snapshots.write("triplets", store.labels.triplet_version(), store.labels.live_triplets())


def happen(store: Store, number: int, event: str, at: int) -> None:
    """Let something happen to a photo; nothing where it is gone already."""
    file = store.catalogue.file(f"{at:02d}.png")
    if event == "new":
        write_photo(store, f"new{number}.png", 500 + number)
    elif not file.exists():
        return
    elif event == "changed":
        write_photo(store, file.name, 700 + number)
    elif event == "renamed":
        file.rename(file.with_name(f"renamed{number}.png"))
    elif event == "deleted":
        file.unlink()
    else:
        shutil.copy(file, file.with_name(f"twin{number}.png"))


@examples
@given(happened=events)
def test_photos_that_come_change_and_go_are_exactly_what_is_due_and_restored_ones_are_not(happened):
    with trained_copy() as store:
        before = contents(store)
        for number, (event, at) in enumerate(happened):
            happen(store, number, event, at)
        store.catalogue.scan()
        now = contents(store)
        unknown = set(now.values()) - set(before.values())
        found = due(store)
        assert counted(found.get(BOXING)) == len(unknown)
        assert set(found) == ({BOXING} if unknown else set()) | ({INDEX} if now != before else set())
        step = next_step(store)
        if step:
            wanted = [*BOXING, *ENCODING, *INDEX] if unknown else [*INDEX]
            assert list(step.selection) == wanted, "one run makes all that a night brings"

        for file in store.settings.raw_dir.iterdir():
            file.unlink()
        shutil.copytree(undisturbed().settings.raw_dir, store.settings.raw_dir, dirs_exist_ok=True)
        store.catalogue.scan()
        assert plan(store) == [], "restored photos are known"


def test_a_photo_of_a_lost_row_is_due_with_the_new_ones_but_not_in_their_run():
    with trained_copy() as store:
        (file,) = store.layout.root.glob("encodings/*/*.parquet")
        file.unlink()
        write_photo(store, "new.png", 500)
        (batch,) = store.catalogue.scan().batches
        step = next_step(store)
        assert (step.assets, step.batches, step.then) == (BOXING, (batch,), ())


def test_a_run_that_failed_after_its_batches_were_made_speaks_against_no_other_batch():
    with trained_copy() as store:
        for number in range(3):
            write_photo(store, f"new{number}.png", 500 + number)
        first, *others = store.catalogue.scan(batch_size=1).batches
        step = next_step(store)
        heads = store.served.read().next.heads
        rows = unlocated(store, heads, wanted_contents(store, [first]))[["sha256"]]
        boxes = dict(zip(BOX, (0.0, 0.0, 96.0, 128.0), strict=True))
        store.boxes.write(heads, first, rows.assign(**boxes, confidence=0.5, error=""))
        failed(store, step.only([first]), "its sheet could not be written")
        assert store.attempts.failures() == []
        assert next_step(store).batches == tuple(others)


def test_what_a_run_never_came_to_is_no_failed_attempt():
    with trained_copy() as store:
        write_photo(store, "new.png", 500)
        (batch,) = store.catalogue.scan().batches
        step = next_step(store)
        heads = store.served.read().next.heads
        rows = unlocated(store, heads, wanted_contents(store, [batch]))[["sha256"]]
        boxes = dict(zip(BOX, (0.0, 0.0, 96.0, 128.0), strict=True))
        store.boxes.write(heads, batch, rows.assign(**boxes, confidence=0.5, error=""))
        failed(store, step, "its sheet could not be written", at="extracted_boxes")
        assert store.attempts.failures() == []
        failed(store, step, "no space left", at="object_encodings")
        assert [(failure.step, failure.batch) for failure in store.attempts.failures()] == [("object_encodings", batch)]


def test_boxes_come_from_the_encoder_of_their_heads_though_another_is_promoted_meanwhile():
    with trained_copy() as store:
        heads = store.models.verdicts("box_heads")[0].fingerprint
        write_photo(store, "new.png", 500)
        (batch,) = store.catalogue.scan().batches
        store.served.promote(store.served.read().next.with_encoder("another"))
        assert extract_boxes(store, heads, batch, lambda *_: None).failed == 0
        assert store.boxes.read(heads, batch)["sha256"].tolist() == [contents(store)["new.png"]]


@examples
@given(drawn=st.lists(st.tuples(photo, st.integers(2, 4)), max_size=5), triplets=st.integers(0, RETRAIN_AFTER + 1))
def test_labels_retrain_from_their_limit_on_encode_what_they_move_and_undone_do_nothing(drawn, triplets):
    with trained_copy() as store:
        before = set(store.labels.live_boxes()["event_id"]) | set(store.labels.live_triplets()["event_id"])
        paths = contents(store)
        for at, left in drawn:
            label_boxes(store, {f"{at:02d}.png": Box(left, 2, 50, 60)})
        if triplets:
            label_triplets(store, triplets, seed=5)
        assert set(due(store)) == ({("box_labels",)} if drawn and not triplets else set()) | (
            {("box_labels", "triplet_labels")} if drawn and triplets else set()
        ) | ({("triplet_labels",)} if triplets and not drawn else set())
        take_snapshot(store)
        found = due(store)
        moved = {paths[f"{at:02d}.png"] for at, _ in drawn}
        assert counted(found.get(ENCODING)) == len(moved), "photos whose box was corrected, and no others"
        assert (TRAIN_HEADS in found) == (len(moved) >= RETRAIN_AFTER)
        assert (TRAIN_RANKING in found) == (triplets >= RETRAIN_AFTER)
        assert (INDEX in found) == bool(moved)

        live = pd.concat([store.labels.live_boxes(), store.labels.live_triplets()])
        while fresh := set(live["event_id"]) - before:
            store.labels.undo(max(fresh), annotator="ann")
            live = pd.concat([store.labels.live_boxes(), store.labels.live_triplets()])
        take_snapshot(store)
        assert plan(store) == [], "what is undone was never there"


@examples
@given(shifts=st.lists(st.integers(0, 30), min_size=PHOTOS - BOXES, max_size=PHOTOS - BOXES))
def test_other_heads_encode_the_photos_whose_box_moved_past_the_tolerance(shifts):
    with trained_copy() as store:
        models = store.served.read().next
        human = set(store.labels.live_boxes()["sha256"])
        expected = 0
        for batch in store.catalogue.batch_keys():
            rows = store.boxes.read(models.heads, batch).astype(dict.fromkeys(BOX, float))
            free = rows.index[~rows["sha256"].isin(human)]
            for row, shift in zip(free, shifts, strict=True):
                old = Box(*rows.loc[row, BOX])
                new = Box(0, 0, max(1.0, 96 - shift), max(1.0, 128 - shift))
                rows.loc[row, BOX] = new.as_tuple()
                a, b = (Box(*map(float, box.rounded())) for box in (old, new))
                expected += a.iou(b) < store.settings.moved_iou
            store.boxes.write("other", batch, rows)
        store.models.save(BOX_HEADS, "other", BoxHeadsRecord({}, CandidateInputs(str(models.encoder), None, "recipe")))
        store.models.write_evaluation(BOX_HEADS, "other", pd.DataFrame())
        store.served.promote(replace(models, heads="other"))
        assert counted(due(store).get(ENCODING)) == expected
        assert TRAIN_HEADS not in due(store)


@examples
@given(sizes=st.integers(1, 4), happened=events)
def test_other_encodings_are_wanted_of_every_photo_while_the_old_ones_are_served(sizes, happened):
    with trained_copy() as store:
        served = store.served.read()
        for number, (event, at) in enumerate(happened):
            happen(store, number, event, at)
        store.catalogue.scan(batch_size=sizes)
        basis = store.models.record(BasisRecord, served.next.basis)
        store.models.save("embedding_basis", "other", basis, store.models.tensors("embedding_basis", served.next.basis))
        store.served.promote(served.next.with_basis("other"))
        located = set(wanted_contents(store, store.catalogue.batch_keys())["sha256"])
        located -= set(
            unlocated(store, served.next.heads, wanted_contents(store, store.catalogue.batch_keys()))["sha256"]
        )
        assert counted(due(store).get(ENCODING)) == len(located)
        assert TRAIN_RANKING in due(store), "a ranking head belongs to the encodings that it was trained on"
        assert (store.served.read().models, store.served.read().index) == (served.models, served.index)


@examples
@given(failing=st.sets(st.integers(0, 4)), killed=st.booleans(), restored=st.booleans())
def test_a_failing_batch_is_tried_so_often_and_no_more_and_the_others_once(failing, killed, restored):
    with trained_copy() as store:
        for number in range(5):
            write_photo(store, f"new{number}.png", 500 + number)
        batches = store.catalogue.scan(batch_size=1).batches
        bad = {batches[number] for number in failing}
        heads = store.served.read().next.heads

        def carry_out() -> Counter[str]:
            tried: Counter[str] = Counter()
            while (step := next_step(store)) and step.assets == BOXING:
                tried.update(step.batches)
                if killed and bad & set(step.batches):
                    failed(store, step, "its process died")
                    continue
                for batch, inputs in zip(step.batches, step.inputs, strict=True):
                    if batch in bad:
                        store.attempts.failed(step.name, batch, inputs, "no more of this")
                    else:
                        rows = unlocated(store, heads, wanted_contents(store, [batch]))[["sha256"]]
                        boxes = dict(zip(BOX, (0.0, 0.0, 96.0, 128.0), strict=True))
                        store.boxes.write(heads, batch, rows.assign(**boxes, confidence=0.5, error=""))
            return tried

        tried = carry_out()
        assert {batch: tried[batch] for batch in bad} == dict.fromkeys(bad, MAX_ATTEMPTS)
        assert all(tried[batch] <= 1 + killed for batch in set(batches) - bad), "one more where it died beside another"
        step = next_step(store)
        assert (step is None) == (len(bad) == len(batches))
        if step:
            assert step.assets == ENCODING and set(step.batches) == set(batches) - bad
            assert step.then == (() if bad else INDEX), "an index without them would hide them"
        assert not carry_out(), "given up is given up"
        if bad and restored:
            again = store.catalogue.contents().query("batch in @bad")["path"]
            for path in again:
                store.catalogue.file(path).unlink()
            store.catalogue.scan()
            step = next_step(store)
            assert step is None or step.assets != BOXING, "what is gone is not due"


@examples
@given(promoted=st.booleans(), more=st.integers(0, RETRAIN_AFTER))
def test_a_judged_candidate_is_not_tried_again_before_enough_labels_are_new(promoted, more):
    with trained_copy() as store:
        newest = store.models.verdicts("box_heads")[0]
        label_boxes(store, {f"{6 + number:02d}.png": Box(1, 2, 50, 60) for number in range(RETRAIN_AFTER)})
        take_snapshot(store)
        assert TRAIN_HEADS in due(store)
        inputs = replace(newest.inputs, labels=store.snapshots.current("boxes"))
        store.models.judge("box_heads", newest.fingerprint, promoted=promoted, reason="as drawn", inputs=inputs)
        assert TRAIN_HEADS not in due(store), "not again on the same labels"
        label_boxes(store, {f"{number:02d}.png": Box(3, 4, 50, 60) for number in range(more)})
        take_snapshot(store)
        assert (TRAIN_HEADS in due(store)) == (more >= RETRAIN_AFTER)
