"""Starter heads in a data folder: when they find boxes, and what takes their place."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from tests import tiny
from tests.shared_folder import made_once
from tests.tiny import (
    HEIGHT,
    PHOTOS,
    WIDTH,
    hurry,
    label_boxes,
    register,
    settings_in,
    write_photo,
    write_photos,
)
from tests.tiny_starter import ship, shipped
from tiefvision_assets.box import Box
from tiefvision_assets.lineage.boxes import extract_boxes
from tiefvision_assets.lineage.candidates import judge_box_heads, newest_members
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.lineage.recovery import withdraw_lost
from tiefvision_assets.lineage.starter import place_starter
from tiefvision_assets.models import starter_heads
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.planning.cleaning import collect_garbage
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.records import BOX_HEADS, PROJECTION, BoxHeadsRecord
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store

Run = Callable[..., dict[str, object]]
STARTER = ("starter_heads",)
LOCATE = """
import json, sys
from tests.tiny_spec import tiny_spec
from tiefvision_assets.lineage.boxes import extract_boxes
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_assets.vision import registry
registry.ENCODERS = {**registry.ENCODERS, "tiny": tiny_spec(object)}
store = Store(Settings(**json.loads(sys.argv[1])))
heads = store.served.read().next.heads
found = [extract_boxes(store, heads, batch, lambda *_: None) for batch in store.catalogue.batch_keys()]
print(json.dumps([sum(len(reuse.computed) for reuse in found), "torch" in sys.modules]))
"""

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, run, trained = tiny.settings, tiny.store, tiny.run, tiny.trained
__all__ = ["shipped"]


@pytest.fixture
def unlabelled(store: Store, tmp_path: Path) -> Store:
    """A copy of a new data folder without labels that was run to the end."""
    shutil.copytree(made_once("starter", _run), tmp_path, dirs_exist_ok=True)
    return store


def _run(folder: Path) -> None:
    tiny.write_weights(folder / "tiny.safetensors", seed=0)
    with pytest.MonkeyPatch.context() as monkeypatch:
        register(monkeypatch)
        hurry(monkeypatch)
        monkeypatch.setattr(starter_heads, "FOLDER", folder / "starter")
        ship()
        store = Store(settings_in(folder))
        write_photos(store)
        Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
        store.labels.close()


def switched(store: Store, wanted: str) -> Store:
    return Store(Settings(**store.settings.model_copy(update={"starter_heads": wanted}).model_dump()))


def reasons(store: Store) -> dict[tuple[str, ...], str]:
    return {step.assets: step.reason for step in plan(store)}


def without_heads(store: Store) -> None:
    with store.writing("a test"):
        store.served.promote(replace(store.served.read().next, heads=None))


def placed(store: Store) -> str | None:
    with store.writing("a test"):
        return place_starter(store).heads


def test_a_new_folder_without_labels_has_boxes_and_says_whose(unlabelled: Store) -> None:
    models = unlabelled.served.read().models
    found = unlabelled.boxes.read_all(models.heads, unlabelled.catalogue.batch_keys())
    assert models.starter and len(found) == PHOTOS and (found["confidence"] > 0).any()
    assert status_of(unlabelled)["boxes_found_by"] == "the starter heads"
    assert plan(unlabelled) == []
    collect_garbage(unlabelled, apply=True)
    assert unlabelled.models.is_usable(BOX_HEADS, str(models.heads))


def test_they_find_boxes_without_torch(unlabelled: Store) -> None:
    write_photo(unlabelled, "new.png", 99)
    unlabelled.catalogue.scan()
    given = unlabelled.settings.model_dump_json(exclude_defaults=True)
    done = subprocess.run([sys.executable, "-c", LOCATE, given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == [1, False]


def test_a_folder_of_before_without_heads_gets_them_and_is_told_why(unlabelled: Store, run: Run) -> None:
    off = switched(unlabelled, "off")
    assert "TIEFVISION_STARTER_HEADS" in reasons(off)[STARTER]
    assert placed(off) is None and STARTER not in reasons(off)
    assert status_of(unlabelled)["stale"][0] == {
        "assets": ["starter_heads"],
        "reason": "no heads find boxes yet, and the starter heads do",
    }
    basis = unlabelled.served.read().models.basis
    run()
    after = unlabelled.served.read()
    assert after.models.starter and after.models.basis == basis
    assert plan(unlabelled) == []


def test_heads_of_labels_stay(trained: Store) -> None:
    heads = trained.served.read().next.heads
    if heads is None:  # what so little training makes is not promoted everywhere
        heads = trained.models.verdicts(BOX_HEADS)[0].fingerprint
        with trained.writing("a test"):
            trained.served.promote(replace(trained.served.read().next, heads=heads))
    assert placed(trained) == heads == placed(switched(trained, "off"))
    assert STARTER not in {**reasons(trained), **reasons(switched(trained, "off"))}


@pytest.mark.parametrize("labels", [False, True])
def test_lost_parts_are_put_there_again(unlabelled: Store, labels: bool) -> None:
    heads = str(unlabelled.served.read().models.heads)
    members = unlabelled.models.record(BoxHeadsRecord, heads).members
    shutil.rmtree(unlabelled.layout.model(PROJECTION, members[PROJECTION]))
    if labels:
        label_boxes(unlabelled, {"00.png": Box(1, 2, 50, 60)})
    with unlabelled.writing("a test"):
        withdraw_lost(unlabelled)  # as each scan does
    assert STARTER in reasons(unlabelled)
    assert placed(unlabelled) == heads and STARTER not in reasons(unlabelled)


def test_a_candidate_is_compared_with_them_on_photos_that_neither_learned_from(
    trained: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_heads(trained)
    labelled = sorted(judge_box_heads(trained, "never").evaluation["sha256"])
    ship(seen=labelled[:2])
    assert placed(trained)
    compared = []

    def judge(candidate, served, **others):
        compared.append((sorted(served["sha256"]), others))
        return judge_boxes(candidate, served, **others)

    from tiefvision_assets.lineage import candidates

    judge_boxes = candidates.judge_boxes
    monkeypatch.setattr(candidates, "judge_boxes", judge)
    judge_box_heads(trained, "if better")
    assert compared == [(labelled[2:], {"starter": True})]
    ship(seen=labelled[:-2])
    judge_box_heads(trained, "if better")
    assert compared[1:] == [(labelled, {"starter": True})], "what most photos taught them is in their favour"


def test_heads_that_were_only_worse_than_starter_heads_are_judged_once_more_without_them(trained: Store) -> None:
    inputs = trained.models.verdicts(BOX_HEADS)[0].inputs
    name = fingerprint(members=newest_members(trained))

    def lost(reason: str) -> None:
        trained.models.judge(BOX_HEADS, name, promoted=False, reason=reason, inputs=inputs)

    without_heads(trained)
    off, report = switched(trained, "off"), ("location_report",)
    lost("mean IoU 0.700 against 0.900 of the starter heads: worse")
    assert report not in reasons(trained), "the starter heads come first"
    assert "worse than the starter heads" in reasons(off)[report]
    judge_box_heads(off, "if better")
    assert report not in reasons(off)
    without_heads(trained)
    lost("mean IoU 0.700 against 0.900 of the served heads: worse")
    assert report not in reasons(off)


def test_too_unsure_a_box_is_none(trained: Store) -> None:
    without_heads(trained)
    ship(least_confidence=1.01)
    heads = placed(trained)
    (batch,) = trained.catalogue.batch_keys()
    extract_boxes(trained, heads, batch, lambda *_: None)
    found = trained.boxes.read(heads, batch)
    assert set(found["confidence"]) == {0.0}
    assert set(found[BOX].itertuples(index=False, name=None)) == {(0.0, 0.0, float(WIDTH), float(HEIGHT))}
