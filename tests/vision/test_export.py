"""The engines agree: maps, embeddings and boxes; what ONNX would compute differently is not exported."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.vision.random_heads import box_heads
from tiefvision_assets.models.weights import obtain_weights, read_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.box_heads import BoxHeads
from tiefvision_assets.vision.embedding import Basis
from tiefvision_assets.vision.encoder import TorchEngine, load_encoder
from tiefvision_assets.vision.engine import MAPS, Engine, preprocess
from tiefvision_assets.vision.export import NotExportable, export_maps
from tiefvision_assets.vision.foreground_map import ForegroundMap
from tiefvision_assets.vision.head_names import REGRESSORS, WINDOW_HEADS
from tiefvision_assets.vision.heads import Projection, WindowHead
from tiefvision_assets.vision.locate import Locator, encode_scale
from tiefvision_assets.vision.objects import object_cells
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.refinement import encode_region
from tiefvision_assets.vision.registry import ENCODERS, Encoder, encoder_named

CPU = torch.device("cpu")
NAMES = list(ENCODERS)
SIZES = [(1, 230, 289), (3, 224, 255), (2, 301, 239)]
"""Batch, height, width: odd ones, and others than the export was checked with."""


def picture(seed: int, width: int = 224, height: int = 224) -> Image.Image:
    """Coarse noise: patches of a few colours."""
    draw = np.random.default_rng(seed)
    return Image.fromarray(draw.integers(0, 256, (9, 7, 3), dtype=np.uint8)).resize((width, height))


@pytest.fixture(scope="module", params=NAMES)
def engines(request) -> tuple[Encoder, Engine, Engine]:
    """An encoder with its pretrained weights, by PyTorch, and by ONNX Runtime with two threads as queries have them."""
    torch.set_num_threads(1)
    spec = encoder_named(request.param)
    module = load_encoder(spec, read_weights(obtain_weights(spec, Settings())), CPU)
    return spec, TorchEngine(module), OnnxEngine(export_maps(module, spec), threads=2)


@pytest.mark.parametrize("size", SIZES)
def test_maps_agree_whatever_the_photos_size(engines, size):
    spec, by_torch, by_onnx = engines
    batch, height, width = size
    photos = np.stack([preprocess(picture(seed, width, height), spec) for seed in range(batch)])
    for name in MAPS:
        expected, found = (getattr(engine, name)(photos) for engine in (by_torch, by_onnx))
        assert found.dtype == np.float32 and found.shape == expected.shape
        assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("size", [(320, 320), (224, 224)])
def test_the_window_heads_cells_follow_from_those_for_refinement(engines, size):
    spec, _, engine = engines
    photos = preprocess(picture(3, *size), spec)[None]
    derived = spec.to_windows(engine.refinement(photos)[0])
    assert derived == pytest.approx(engine.windows(photos)[0], abs=1e-4)


def test_embeddings_agree(engines):
    spec, *both = engines
    objects = [picture(seed) for seed in range(8)]
    by_torch, by_onnx = (object_cells(engine, spec, objects) for engine in both)
    basis = Basis.fit(by_torch, 256)
    assert (basis(by_torch) * basis(by_onnx)).sum(-1).min() >= 0.9999


@pytest.mark.parametrize("scales", [(), (224, 260)], ids=["first looks", "all scales"])
def test_boxes_agree_to_half_a_pixel(engines, scales):
    spec, *both = engines
    heads = random_heads(spec, both[0], scales)
    blind = replace(heads.foreground, out=(heads.foreground.out[0], np.full(1, -999, np.float32)))
    found = []
    for seeing in (heads, replace(heads, foreground=blind)):
        for seed in range(2):
            photo = picture(seed, 260, 310)
            first, second = (Locator(spec, engine, seeing).locate(photo) for engine in both)
            assert second.box.as_tuple() == pytest.approx(first.box.as_tuple(), abs=0.5)
            assert second.confidence == pytest.approx(first.confidence, abs=0.01)
            found.append(first.box)
    assert len(set(found)) > 2


def random_heads(spec: Encoder, engine: Engine, scales: tuple[int, ...]) -> BoxHeads:
    """Heads that learned nothing, but say something else of each window."""
    draw = torch.Generator().manual_seed(0)
    photo = picture(9, 260, 310)
    heads = {}
    for name in WINDOW_HEADS:
        heads[name] = WindowHead(8, spec.windows.cells, 4)
        heads[name].initialise(draw)
        if name in REGRESSORS:
            heads[name].std.fill_(20.0)
            heads[name].mean.fill_(30.0 if name in REGRESSORS[:2] else 180.0)
        heads[name].eval()
    foreground_map = ForegroundMap(8, 4)
    foreground_map.initialise(draw)
    looked = encode_region(engine, spec, photo, spec.refinement.side)
    projections = [
        Projection.fit([torch.from_numpy(cells)], 8) for cells in (encode_scale(engine, spec, photo, 256).cells, looked)
    ]
    with torch.no_grad():
        logits = foreground_map(projections[1](torch.from_numpy(looked)[None]))
        foreground_map.out.weight.mul_(9 / logits.std())
        foreground_map.out.bias.copy_(-9 * logits.mean() / logits.std())
    return box_heads(projections[0], heads, projections[1], foreground_map.eval(), scales)


class SideBakedIn(nn.Module):
    """Cuts as many pixels as the first photo that it saw was wide: a number, once it is traced."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, photos: torch.Tensor) -> torch.Tensor:
        return self.scale * photos[..., : int(photos.shape[-1]) // 2]

    def windows(self, photos: torch.Tensor) -> torch.Tensor:
        return self(photos)

    def refinement(self, photos: torch.Tensor) -> torch.Tensor:
        return self(photos)


class NoiseBakedIn(SideBakedIn):
    """Adds what depends on the photos in a way that is not traced."""

    def forward(self, photos: torch.Tensor) -> torch.Tensor:
        return self.scale * (photos + float(photos.detach().sum() + 1))


class Unknown(SideBakedIn):
    """Has an operation that ONNX does not know."""

    def forward(self, photos: torch.Tensor) -> torch.Tensor:
        return self.scale * torch.linalg.eigvalsh(photos[..., :3, :3])[..., None]


@pytest.mark.parametrize(
    ("module", "reason"),
    [(SideBakedIn(), "has other shapes"), (NoiseBakedIn(), "differs"), (Unknown(), "eigvalsh|linalg")],
)
def test_what_onnx_would_compute_differently_is_not_exported(module, reason):
    with pytest.raises(NotExportable, match=rf"The encoder alexnet cannot be exported to ONNX \(.*({reason})"):
        export_maps(module.eval().requires_grad_(False), encoder_named("alexnet"))
