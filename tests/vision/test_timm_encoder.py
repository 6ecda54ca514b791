"""Networks of timm as encoders: what is found out about them, and that both engines compute it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.timm_folders import MEAN, NETWORKS, STD, network_of
from tiefvision_assets.vision.encoder import TorchEngine, load_encoder
from tiefvision_assets.vision.engine import MAPS
from tiefvision_assets.vision.export import export_maps
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.registry import Encoder, encoder_named
from tiefvision_assets.vision.timm_encoder import TimmEncoder
from tiefvision_assets.vision.timm_network import TimmNetwork
from tiefvision_assets.vision.timm_probing import UnfitNetwork, probe

CPU = torch.device("cpu")
OVERLAY = {"mean": MEAN, "std": STD}


@cache
def found(kind: str) -> TimmNetwork:
    return probe(*NETWORKS[kind], OVERLAY)


def weights_of(network: Any) -> dict[str, torch.Tensor]:
    return {f"network.{name}": tensor for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module", params=list(NETWORKS))
def encoder(request) -> tuple[Encoder, nn.Module]:
    torch.set_num_threads(1)
    spec = found(request.param).encoder
    return spec, load_encoder(spec, weights_of(network_of(request.param)), CPU)


def noise(side: int, batch: int = 1) -> np.ndarray:
    return np.random.default_rng(side).standard_normal((batch, 3, side, side), dtype=np.float32)


def test_a_network_that_is_built_in_as_well_has_the_maps_that_were_written_down_for_it():
    own, theirs = encoder_named("efficientnet_lite0"), probe("tf_efficientnet_lite0", {}, {}).encoder
    for name in (*MAPS, "mean", "std"):
        assert getattr(theirs, name) == getattr(own, name)
    cells = noise(320)[0]
    assert (theirs.to_windows(cells) == own.to_windows(cells)).all()


def test_maps_have_the_shapes_that_were_found_on_every_side(encoder):
    spec, module = encoder
    engine = TorchEngine(module)
    assert (spec.mean, spec.std, spec.licence) == (MEAN, STD, spec.licence)
    assert {spec.objects.side, spec.refinement.side} <= set(spec.sides)
    for name in MAPS:
        cells = getattr(spec, name)
        assert getattr(engine, name)(noise(cells.side, 2)).shape == (2, *cells.shape)
    for side in spec.sides[:3]:
        rows = side // spec.refinement.stride
        assert engine.refinement(noise(side)).shape[-2:] == (rows, rows)
        assert spec.accepted(side + 3) == side
        derived = spec.to_windows(engine.refinement(noise(side))[0])
        assert derived == pytest.approx(engine.windows(noise(side))[0], abs=1e-5)


def test_a_transformer_gets_multiples_of_its_patches():
    network = found("dinov2")
    assert network.sides == (224, 322, 448, 896)
    assert (network.refinement.stride, network.refinement.centre, network.refinement.cells) == (14, 7.0, 23)
    assert (network.objects.stride, network.objects.centre, network.objects.cells) == (28, 14.0, 8)
    assert (network.refinement_index, network.objects_index) == (2, 3)


@pytest.mark.parametrize("kind", list(NETWORKS))
def test_cells_are_centred_where_a_change_of_pixels_shows_most(kind):
    """A network of random weights answers to a spot in the cells around it, evenly on both sides."""
    spec = found(kind).encoder
    module = load_encoder(spec, weights_of(network_of(kind)), CPU)
    side, stride, centre = spec.refinement.side, spec.refinement.stride, spec.refinement.centre
    photos = torch.from_numpy(noise(side)).requires_grad_()
    cell = side // stride // 2
    cells = module.refinement(photos)
    profile = torch.zeros(side)
    for signs in torch.randn(4, cells.shape[1], generator=torch.Generator().manual_seed(0)):
        (slope,) = torch.autograd.grad((signs * cells[0, :, cell, cell]).sum(), photos, retain_graph=True)
        profile += (slope[0] ** 2).sum((0, 1))
    weight = (profile - profile.median()).clamp(min=0)
    middle = float((weight * (torch.arange(side) + 0.5)).sum() / weight.sum())
    assert middle == pytest.approx(centre + stride * cell, abs=3)


def test_onnx_computes_what_torch_does(encoder):
    spec, module = encoder
    by_onnx, by_torch = OnnxEngine(export_maps(module, spec)), TorchEngine(module)
    for side in (spec.refinement.side, spec.sides[0]):
        for name in MAPS:
            expected, made = (getattr(engine, name)(noise(side, 3)) for engine in (by_torch, by_onnx))
            assert made.shape == expected.shape
            assert np.abs(made - expected).max() <= 1e-4 * np.abs(expected).max()


def test_positions_are_those_that_timm_resamples():
    described = found("dinov2")
    network = network_of("dinov2", dynamic_img_size=True)
    encoder = load_encoder(described.encoder, weights_of(network), CPU)
    for side in described.sides[:2]:
        photos = torch.from_numpy(noise(side))
        with torch.no_grad():
            theirs = network.forward_intermediates(photos, [2], norm=True, intermediates_only=True)[0]
            assert torch.allclose(encoder.refinement(photos), theirs, atol=1e-5)  # type: ignore[operator]


def test_what_is_no_part_of_the_weights_is_built_again_from_the_description():
    described = found("dinov2")
    assert set(TimmEncoder(described).state_dict()) == set(weights_of(network_of("dinov2")))


def test_a_network_that_takes_no_colours_is_unfit():
    with pytest.raises(UnfitNetwork, match="three colours"):
        probe("resnet18", {"in_chans": 1}, {"input_size": (1, 224, 224)})


def test_what_timm_cannot_build_is_unfit_with_its_reason():
    with pytest.raises(UnfitNetwork, match=r"resnet18 cannot be an encoder \(.*layerz"):
        probe("resnet18", {"layerz": 3}, {})
