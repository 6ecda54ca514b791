"""Asset checks: what they say of a data folder that is well, and of one that is not."""

from __future__ import annotations

import dagster as dg
import pytest

from tests import tiny
from tiefvision_assets.orchestration import checks

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
