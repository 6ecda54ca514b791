"""Whole runs through Dagster: what is computed, what is taken over, and what can be searched afterwards."""

from __future__ import annotations

import os
import shutil

import dagster as dg
import numpy as np
import pytest
from PIL import Image

from tests.tiny import write_photo, write_weights
from tiefvision_assets.box import Box
from tiefvision_assets.lineage import index_serving as indexing
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import RunFailed, Runner
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.search.request import ById, ByPhoto
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import NoIndex
from tiefvision_assets.store.labels.store import BoxLabel, TripletLabel
from tiefvision_assets.store.schemas import BOX
from tiefvision_assets.store.store import Store


def label(store: Store, boxes: dict[str, Box], *paths: str) -> None:
    contents = dict(store.catalogue.live()[["path", "sha256"]].itertuples(index=False))
    store.labels.add_boxes([BoxLabel(contents[path], boxes[path]) for path in paths], annotator="ann")


def test_an_empty_catalogue_runs_and_says_that_nothing_can_be_searched(store, settings, run):
    run()
    assert plan(store) == []
    with pytest.raises(NoIndex, match="tiefvision run"):
        Searcher(settings).search(ById("0" * 16))


def test_without_labels_the_whole_photo_is_the_box_and_the_rankings_are_equal(store, settings, run, boxes):
    assert run()["computed"] == 12
    searcher = Searcher(settings)
    found = {
        ranking: searcher.search(ById(image_id("00.png"), k=5, ranking=ranking))
        for ranking in ("supervised", "unsupervised")
    }
    assert found["supervised"].hits == found["unsupervised"].hits
    assert (found["supervised"].box, found["supervised"].confidence) == (Box(0, 0, 96, 128), 0.0)
    located = searcher.locate(store.catalogue.open("00.png"))
    assert (located.box, located.confidence) == (Box(0, 0, 96, 128), 0.0)


def test_the_run_list_tells_the_commands_runs_from_those_started_by_hand(settings, boxes):
    instance = dg.DagsterInstance.ephemeral()
    Runner(settings, Progress(), lambda _: None, instance).scan()
    (run,) = instance.get_runs()
    assert (run.tags["tiefvision/started_by"], run.tags["user"]) == ("command", "command line")
    assert run.asset_selection == {dg.AssetKey("image_catalogue")}


def test_a_second_run_does_nothing(run, boxes):
    run()
    again = run()
    assert (again["materialised"], again["computed"], again["reused"]) == (0, 0, 12)


def test_a_new_photo_alone_is_computed_and_retrains_nothing(store, run, boxes):
    run()
    label(store, boxes, *list(boxes)[:6])
    run()
    write_photo(store, "new.png", 99)
    after = run()
    assert (after["computed"], after["reused"]) == (1, 12)
    assert not any("foreground_classifier" in sentence for sentence in after["messages"])


def test_renamed_twin_and_deleted_photos_are_not_encoded_again(store, settings, run, boxes):
    run()
    raw = settings.raw_dir
    (raw / "00.png").rename(raw / "renamed.png")
    shutil.copy(raw / "01.png", raw / "twin.png")
    (raw / "02.png").unlink()
    assert run()["computed"] == 0
    searcher = Searcher(settings)
    assert set(searcher.entries()["path"]) == {*boxes, "renamed.png", "twin.png"} - {"00.png", "02.png"}
    first = searcher.search(ById(image_id("01.png"), k=1)).hits[0]
    assert (first.path, first.level) == ("twin.png", "same")


def test_changed_content_is_encoded_anew_and_hides_the_old_label(store, run, boxes):
    run()
    label(store, boxes, "00.png")
    run()
    old = store.catalogue.table().set_index("path").at["00.png", "sha256"]
    write_photo(store, "00.png", 500)
    assert run()["computed"] == 1
    assert store.catalogue.table().set_index("path").at["00.png", "sha256"] != old
    entry = store.indexes.open("supervised", store.served.read().index["supervised"]).entries.set_index("path")
    assert not entry.at["00.png", "human"]


def test_a_corrected_box_encodes_that_photo_only(store, run, boxes):
    run()
    label(store, boxes, *list(boxes)[:6])
    run()
    label(store, {"06.png": Box(1, 2, 50, 60)}, "06.png")
    after = run()
    assert after["computed"] == 1
    assert not any("foreground_classifier" in sentence for sentence in after["messages"])
    stored = store.encodings.keys_of(embedding_of(store.served.read().models), store.catalogue.batch_keys())
    assert stored["sha256"].is_unique
    assert (1, 2, 50, 60) in {tuple(row) for row in stored[BOX].itertuples(index=False)}


def test_enough_new_labels_retrain_once_and_an_undo_does_not(store, run, boxes):
    run()
    label(store, boxes, *list(boxes)[:6])
    run()
    label(store, boxes, "06.png", "07.png", "08.png")
    assert any("foreground_classifier" in sentence for sentence in run()["messages"])
    before = store.snapshots.current("boxes")
    label(store, {"09.png": Box(1, 2, 50, 60)}, "09.png")
    newest = store.labels.live_boxes().sort_values("event_id").iloc[-1]
    store.labels.undo(int(newest["event_id"]), annotator="ann")
    after = run()
    assert after["materialised"] == 0
    assert store.snapshots.current("boxes") == before


def test_a_rejected_candidate_is_reported_and_not_tried_again(store, run, boxes):
    run()
    label(store, boxes, "00.png")
    run()
    verdict = store.models.verdicts("box_heads")[0]
    assert not verdict.promoted
    assert "too few" in verdict.reason
    assert store.served.read().models.heads is None
    assert run()["materialised"] == 0


def test_triplets_train_a_ranking_head_that_is_judged(store, run, boxes):
    run()
    contents = store.catalogue.contents()["sha256"].tolist()
    draw = np.random.default_rng(0)
    triplets = [TripletLabel(*(contents[i] for i in draw.permutation(12)[:3])) for _ in range(30)]
    store.labels.add_triplets(triplets, annotator="ann")
    assert any("ranking_head" in sentence for sentence in run()["messages"])
    assert len(store.models.verdicts("ranking_head")) == 1
    assert run()["materialised"] == 0


def test_new_weights_encode_everything_again_and_search_goes_on_until_then(store, settings, run, boxes, tmp_path):
    run()
    before = store.served.read()
    changed = settings.model_copy(update={"weights": write_weights(tmp_path / "other.safetensors", seed=1)})
    other = Store(Settings(**changed.model_dump()))
    assert next(step.assets for step in plan(other)) == ("encoder",)
    assert store.served.read() == before
    summary = Runner(other.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
    assert summary.computed == 12
    after = store.served.read()
    assert after.models.encoder != before.models.encoder
    assert after.models == after.next


def test_an_index_that_fails_in_the_run_that_encodes_is_tried_once(store, run, boxes, monkeypatch):
    run()
    tried: list[str] = []

    def fails(*_: object) -> None:
        tried.append("the index")
        raise OSError("no space left on the device")

    write_photo(store, "new.png", 99)
    with monkeypatch.context() as patched:
        patched.setattr(indexing, "build_indexes", fails)
        with pytest.raises(RunFailed, match="no space left"):
            run()
    assert tried == ["the index"]
    assert [(failure.step, failure.times) for failure in store.attempts.failures()] == [("similarity_index", 1)]
    run()
    assert plan(store) == []


def test_a_photo_that_turns_bad_after_the_scan_does_not_block_the_index(store, run, boxes):
    file = store.catalogue.file("05.png")
    good = file.stat()
    run("image_catalogue")
    file.write_bytes(bytes(good.st_size))
    os.utime(file, ns=(good.st_atime_ns, good.st_mtime_ns))
    run()
    paths = set(store.indexes.open("supervised", store.served.read().index["supervised"]).entries["path"])
    assert paths == set(boxes) - {"05.png"}
    assert plan(store) == []


def test_a_search_by_the_mirror_image_of_a_photo_finds_the_photo_first(store, settings, run, boxes):
    run()
    searcher = Searcher(settings)
    for path in boxes:
        mirrored = store.catalogue.open(path).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        assert searcher.search(ByPhoto(mirrored, k=1, ranking="unsupervised")).hits[0].path == path


def test_a_selection_is_materialised_out_of_date_or_not(run, boxes):
    run()
    assert run("similarity_index")["materialised"] == 1


def test_everything_can_be_materialised_at_once_without_any_label(store, settings, run, boxes):
    assert run("*")["computed"] == 12
    assert store.served.read().models.heads is None
    assert len(Searcher(settings).search(ById(image_id("00.png"), k=5)).hits) == 5
