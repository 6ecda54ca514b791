"""The JSON of records is a file format: what older data folders hold must be read, and written alike."""

from __future__ import annotations

import json

import pytest

from tiefvision_assets.store import records
from tiefvision_assets.store.records import read, written

CROPS = {"code": "2", "config": {"colour": 0.25, "cuts": 1, "looks": 4}, "labels": "l"}
BOXES = {"encoder": "e", "labels": None, "recipe": "r"}
TRIPLETS = {"config": {"mirrors": False}, "embedding": "m", "labels": "l"}
CELLS = {"cells": 11, "centre": 31.5, "channels": 256, "side": 224, "stride": 16}
CURVES = {"final": {"held_out": [], "training": [1.5, 0.25]}}
DOCUMENTS = {
    records.EncoderRecord: {
        "inputs": {
            "code": "1",
            "encoder": "alexnet",
            "maps": [CELLS, CELLS, CELLS],
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
            "weights": "44534cd6",
        },
        "licence": "BSD-3-Clause",
        "origin": "a mirror",
    },
    records.ProjectionRecord: {
        "dataset": CROPS,
        "inputs": {"code": "2", "config": {"components": 64}, "crops": "c", "encoder": "e"},
        "levels": [224, 320],
        "unreadable": {"a": "it is no picture"},
    },
    records.HeadRecord: {
        "best_epoch": 2,
        "curves": CURVES,
        "examples": 129740,
        "inputs": {"code": "2", "config": {"dropout": 0.5, "seed": 0}, "head": "x_min_regressor", "maps": "c"},
        "reliability": {"count": [1, 2], "error": 0.125},
    },
    records.BoxHeadsRecord: {"inputs": BOXES, "members": {"cell_projection": "c", "foreground_map": "f"}},
    records.BasisRecord: {
        "explained": [0.5, 0.25],
        "inputs": {"code": "2", "dimensions": 256, "encoder": "e", "sample": 2048},
        "neighbours_kept": 0.75,
        "photos": 12,
    },
    records.RankingRecord: {
        "best": {"final": 60},
        "curves": CURVES,
        "dataset": TRIPLETS,
        "inputs": {
            "code": "3",
            "config": {"loss": "softplus"},
            "embedding": "m",
            "embedding_models": {"basis": "b", "encoder": "e"},
            "triplets": "t",
        },
        "starts": {"final": {"ridge": 0.5, "share": 0.25}},
        "triplets": 30,
    },
    records.Verdict: {
        "decided_at": "2026-01-02T03:04:05.000006+00:00",
        "fingerprint": "f",
        "inputs": {"basis": "b", **BOXES},
        "promoted": True,
        "reason": "better",
    },
    records.CropDatasetInputs: CROPS,
    records.TripletDatasetInputs: TRIPLETS,
}


@pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.__name__)
def test_a_document_is_read_and_written_as_it_was(kind):
    document = DOCUMENTS[kind]
    again = written(read(kind, {"name": "of the model", "fingerprint": "f", **document}))
    assert json.dumps(again, sort_keys=True) == json.dumps(document, sort_keys=True)


def test_what_was_learned_from_products_is_part_of_the_verdict():
    learned = {**BOXES, "basis": "b", "products": {"weight": 0.25, "products": 40}}
    assert written(read(records.CandidateInputs, learned)) == learned


def test_verdicts_on_box_heads_name_no_basis():
    assert written(read(records.CandidateInputs, BOXES)) == BOXES
