"""Asset checks: what they say of a data folder that is well, and of one that is not."""

from __future__ import annotations

import dagster as dg
import pytest

from tests import tiny
from tiefvision_assets.orchestration import checks
from tiefvision_assets.orchestration.tables import TABLES, columns_check
from tiefvision_assets.store.atomic import write_parquet

settings, store, trained, tiny_encoder = tiny.settings, tiny.store, tiny.trained, tiny.tiny_encoder


def asked(check: dg.AssetChecksDefinition, store) -> dg.AssetCheckResult:
    return check(store=store)


def test_a_folder_that_was_run_to_the_end_passes_what_blocks(trained):
    for check in (
        checks.catalogue_not_empty,
        checks.no_photo_in_training_and_test,
        checks.no_reference_in_training_and_test,
        checks.each_live_photo_once,
    ):
        assert asked(check, trained).passed


ON_DEMAND = {"photo_quality", "label_errors", "photo_map"}


@pytest.mark.parametrize("asset", sorted(set(TABLES) - ON_DEMAND))
def test_what_a_run_wrote_has_the_columns_that_readers_expect(trained, asset):
    found = asked(columns_check(asset), trained)
    assert found.passed, found.description
    assert found.metadata["files"].value > 0


def test_a_table_with_other_columns_is_named(trained):
    version = trained.snapshots.current("boxes")
    file = trained.layout.snapshot("boxes", version)
    labels = trained.snapshots.read("boxes", version)
    write_parquet(file, labels.drop(columns="top").assign(left=labels["left"].astype("float32"), note="x"))
    found = asked(columns_check("box_labels"), trained)
    assert not found.passed
    assert f"labels/boxes/{version}.parquet: top is missing, note is not known, left is float, not double" in (
        found.description
    )


@pytest.mark.parametrize("asset", TABLES)
def test_a_new_data_folder_has_no_table_to_complain_about(store, asset):
    assert asked(columns_check(asset), store).passed


def test_an_empty_catalogue_names_the_folder_where_photos_belong(store):
    found = asked(checks.catalogue_not_empty, store)
    assert not found.passed and str(store.settings.raw_dir) in found.description


@pytest.mark.parametrize(("confidence", "passed"), [(0.9, True), (0.1, False)])
def test_many_doubtful_boxes_are_a_warning(trained, confidence, passed):
    heads = "judged"
    for batch in trained.catalogue.batch_keys():
        rows = trained.boxes.read(trained.served.read().next.heads, batch).assign(confidence=confidence)
        trained.boxes.write(heads, batch, rows)
    models = trained.served.read().next
    trained.served.promote(type(models)(models.encoder, heads, models.basis, models.ranking_head))
    found = asked(checks.boxes_are_confident, trained)
    assert (found.passed, found.severity) == (passed, dg.AssetCheckSeverity.WARN)
    assert found.metadata["photos"].value == 12


def test_whole_photos_are_no_doubtful_boxes(store):
    found = asked(checks.boxes_are_confident, store)
    assert found.passed and "whole photo" in found.description
