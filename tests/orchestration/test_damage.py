"""Damaged files: whatever is done to a stored file, nobody sees wrong hits or a traceback, and a run puts it right.

The data folder is one in which heads and ranking head are served, so that it has every kind of file. Each kind is
damaged in one way by the fast tests, and in each way by those for acceptance.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import dagster as dg
import pytest
from PIL import Image

from tests import tiny
from tests.shared_folder import made_once
from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.candidates import judge_box_heads, judge_ranking_head
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import RunFailed, Runner
from tiefvision_assets.planning.cleaning import collect_garbage
from tiefvision_assets.planning.plan import failed, forget_what_is_past, next_step, plan
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.search.request import ById, ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.attempts import MAX_ATTEMPTS
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps, settings, store, run = tiny.tiny_encoder, tiny.few_steps, tiny.settings, tiny.store, tiny.run
Run = Callable[..., dict[str, object]]
Hits = list[tuple[str, float, str]]
T = TypeVar("T")


def truncate(file: Path) -> None:
    file.write_bytes(b"")


def halve(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x5A
    file.write_bytes(content)


def delete(file: Path) -> None:
    file.unlink()


DAMAGES = (truncate, halve, flip, delete)
KINDS = (
    "served.json",
    "served-copy.json",
    "attempts.json",
    "catalogue/catalogue.parquet",
    "catalogue/batches/*.parquet",
    "labels/boxes.json",
    "labels/boxes/*.parquet",
    "labels/triplets/*.parquet",
    "crops/current.json",
    "crops/*/views.parquet",
    "crops/*/maps.safetensors",
    "triplets/current.json",
    "triplets/*.parquet",
    "models/encoder/*/model.safetensors",
    "models/embedding_basis/*/model.json",
    "models/cell_projection/*/model.safetensors",
    "models/x_min_regressor/*/model.safetensors",
    "models/foreground_map/*/model.json",
    "models/x_min_regressor/latest.json",
    "models/box_heads/*/model.json",
    "models/box_heads/*/verdict.json",
    "models/box_heads/*/evaluation.parquet",
    "models/ranking_head/*/model.safetensors",
    "models/ranking_head/latest.json",
    "boxes/*/*.parquet",
    "encodings/*/*.parquet",
    "index/supervised/*/index.json",
    "index/supervised/*/vectors.npy",
    "index/unsupervised/*/neighbours.npy",
    "index/unsupervised/*/scores.npy",
    "index/unsupervised/*/entries.parquet",
    "index/unsupervised/*/encoded.npy",
    "index/summary.json",
    "models/ranking_head/*/model.json",
    "models/ranking_head/*/verdict.json",
    "models/ranking_head/*/evaluation.parquet",
    "models/encoder/*/model.json",
    "models/cell_projection/*/model.json",
    "models/x_min_regressor/*/model.json",
)
"""One file of each kind below the data folder, but for labels and what is Dagster's."""
TRAINED_ON = {
    "crops/*/maps.safetensors",
    "crops/current.json",
    "triplets/current.json",
    "labels/triplets/*.parquet",
    "models/cell_projection/*/model.safetensors",
    "models/foreground_map/*/model.json",
    "models/box_heads/*/verdict.json",
    "models/x_min_regressor/latest.json",
    "index/unsupervised/*/scores.npy",
    "models/ranking_head/*/verdict.json",
    "models/ranking_head/*/evaluation.parquet",
    "models/cell_projection/*/model.json",
    "models/x_min_regressor/*/model.json",
}
"""Kinds that the fast tests leave out: those like them are tested, and healing some of these takes seconds."""


@pytest.fixture
def whole(store: Store, tmp_path: Path) -> Store:
    shutil.copytree(made_once("promoted", _promoted), tmp_path, dirs_exist_ok=True)
    return store


def _promoted(folder: Path) -> None:
    tiny.copy_trained(folder)
    store = Store(tiny.settings_in(folder))
    runner = Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral())
    judge_box_heads(store, "always")
    runner.run_plan()
    runner.run_selection("key:triplet_dataset or key:ranking_head")  # twins are told in today's boxes
    judge_ranking_head(store, "always")
    store.attempts.failed("similarity_index", "", "inputs of before", "a reason")
    runner.run_plan()
    store.attempts.failed("similarity_index", "", "inputs of before", "a reason")
    store.labels.close()


def hits_of(store: Store) -> dict[str, Hits]:
    """What searches by a catalogue photo and by a photo's object find in both rankings."""
    searcher = Searcher(store.settings)
    entry = searcher.entries().iloc[0]
    photo = Image.open(store.catalogue.file(entry["path"])).convert("RGB")
    found = {}
    for ranking in RANKINGS:
        for request in (ById(entry["image_id"], k=5, ranking=ranking), ByPhoto(photo, k=5, ranking=ranking)):
            hits = searcher.search(request).hits
            found[f"{type(request).__name__} {ranking}"] = [(hit.path, hit.score, hit.level) for hit in hits]
    return found


def file_of(store: Store, kind: str) -> Path:
    """The first file of that kind, of what is served where there are others."""
    served = store.served.read()
    names = {*served.index.values(), *vars(served.models).values()}
    found = sorted(store.layout.root.glob(kind))
    return next((file for file in found if names & set(file.parts)), found[0])


def outcome(ask: Callable[[], T]) -> tuple[T | None, TiefVisionError | None]:
    """The answer, or the sentence in place of it; a traceback would fail the test."""
    try:
        return ask(), None
    except TiefVisionError as error:
        return None, error


def is_noticed_and_healed(whole: Store, run: Run, kind: str, damage: Callable[[Path], None]) -> None:
    before, served, file = hits_of(whole), whole.served.read(), file_of(whole, kind)
    damage(file)

    found, sentence = outcome(lambda: hits_of(Store(whole.settings)))
    assert found == before or sentence
    if sentence:
        assert "`tiefvision run`" in str(sentence)
        assert file.name in str(sentence) or file.parent.name in str(sentence)
    _, sentence = outcome(lambda: status_of(Store(whole.settings)))
    assert sentence is None or (isinstance(sentence, DamagedFile) and sentence.path == file)

    run()
    if not Store(whole.settings).served.read().models.ranking_head:  # trained anew, but so few triplets promote none
        judge_ranking_head(Store(whole.settings), "always")
        run()
    assert plan(Store(whole.settings)) == []
    assert Store(whole.settings).served.read() == served
    assert hits_of(Store(whole.settings)) == before


@pytest.mark.parametrize(
    ("kind", "damage"),
    [(kind, DAMAGES[number % len(DAMAGES)]) for number, kind in enumerate(KINDS) if kind not in TRAINED_ON],
)
def test_damage_is_noticed_and_healed(whole: Store, run: Run, kind: str, damage: Callable[[Path], None]) -> None:
    is_noticed_and_healed(whole, run, kind, damage)


@pytest.mark.acceptance
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_damage_of_each_kind(whole: Store, run: Run, kind: str, damage: Callable[[Path], None]) -> None:
    is_noticed_and_healed(whole, run, kind, damage)


def test_what_was_promoted_is_known_by_the_records_where_both_files_that_say_it_are_lost(
    whole: Store, run: Run
) -> None:
    before, served = hits_of(whole), whole.served.read()
    truncate(whole.layout.served)
    delete(whole.layout.served_copy)
    with pytest.raises(DamagedFile, match=r"served\.json is damaged"):
        hits_of(Store(whole.settings))

    messages = run()["messages"]
    assert isinstance(messages, list) and any("promoted by their records" in message for message in messages)
    assert Store(whole.settings).served.read() == served
    assert hits_of(Store(whole.settings)) == before


def test_a_basis_that_cannot_be_fitted_again_as_it_was_gets_another_name(whole: Store, run: Run) -> None:
    """Boxes have moved since it was fitted: by its old name the encodings of before would count as its own."""
    tiny.label_boxes(whole, {f"{number:02d}.png": Box(0, 0, 40, 50) for number in range(tiny.BOXES, tiny.PHOTOS)})
    run()
    lost = whole.served.read().models.basis
    flip(file_of(whole, "models/embedding_basis/*/model.safetensors"))
    run()
    store = Store(whole.settings)
    assert plan(store) == []
    assert store.served.read().models.basis not in (None, lost)
    assert all(hits[0][1] <= 1 for hits in hits_of(store).values())


def test_damaged_files_are_set_aside_and_the_run_says_so(whole: Store, run: Run) -> None:
    file = file_of(whole, "encodings/*/*.parquet")
    flip(file)
    damaged = file.read_bytes()
    step = plan(Store(whole.settings))[0]
    assert step.assets == ("image_catalogue",) and str(file) in step.reason

    done = run()
    assert any(str(file) in message for message in done["messages"] if isinstance(done["messages"], list))
    assert (whole.layout.damaged / file.relative_to(whole.layout.root)).read_bytes() == damaged
    assert done["computed"] == tiny.PHOTOS, "only the batch of that file is encoded again"


def test_lost_heads_that_are_trained_again_worse_are_not_served_silently(whole: Store) -> None:
    served = whole.served.read()
    whole.served.promote(replace(served.next, heads="gone"))
    judged = judge_box_heads(whole, "never")
    assert not judged.promotion.promoted and "damaged or lost" in judged.promotion.reason
    assert whole.served.read().next.heads is None


def test_a_lost_ranking_head_is_no_obstacle_to_cleaning(whole: Store) -> None:
    delete(file_of(whole, "models/ranking_head/*/model.json"))
    kept = {f"index/{ranking}/{version}" for ranking, version in whole.served.read().index.items()}
    assert not kept & {item["path"] for item in collect_garbage(whole, apply=False)["items"]}


@pytest.mark.parametrize("kind", ["models/box_heads/*/model.json", "models/ranking_head/*/model.json"])
def test_what_is_lost_and_has_no_labels_any_more_is_withdrawn(whole: Store, run: Run, kind: str) -> None:
    (whole.layout.root / "labels.db").unlink()
    delete(file_of(whole, kind))
    assert plan(Store(whole.settings))[0].assets == ("image_catalogue",)

    messages = run()["messages"]
    assert isinstance(messages, list) and any("promoted no more" in message for message in messages)
    assert plan(Store(whole.settings)) == []
    models = Store(whole.settings).served.read().models
    assert (models.heads is None) == ("box_heads" in kind) and (models.ranking_head is None) == ("ranking" in kind)


def test_a_scan_that_does_not_put_the_damage_right_is_given_up(
    whole: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiefvision_assets.planning.plan.damage_of", lambda store: "a file is damaged")
    with pytest.raises(RunFailed, match="image_catalogue ran, and is still out of date: a file is damaged"):
        run()
    for _ in range(MAX_ATTEMPTS - 1):
        step = next_step(whole)
        assert step and step.assets == ("image_catalogue",)
        failed(whole, step, "it is still damaged")
    assert next_step(whole) is None
    monkeypatch.setattr("tiefvision_assets.planning.plan.damage_of", lambda store: None)
    forget_what_is_past(whole)
    assert whole.attempts.failures() == []


def test_it_is_known_what_was_promoted_before_anything_else_is_promoted(whole: Store) -> None:
    """The daemon carries out the plan without a scan of its own."""
    for file in (whole.layout.served, whole.layout.served_copy):
        delete(file)
    (step,) = plan(Store(whole.settings))
    assert step.assets == ("image_catalogue",) and "gone" in step.reason
