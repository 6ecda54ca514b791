"""The encoders as the lineage uses them: their shapes, pretrained numbers, and windows sliced from dense maps.

The border effect, measured below: a window sliced from a photo's dense map sees the photo around it, a crop encoded
alone sees zeros. Of the 11 x 11 cells the centre agrees exactly, the ring around it to 1 %, the next to about 10 %; the
three outer rings differ by 25 to 90 %. At an edge of the photo both see the same zeros, and agree up to that edge.
"""

from bisect import bisect_left
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.models.weights import digest, obtain_weights, read_arrays, read_weights
from tiefvision_assets.settings import Settings
from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.encoder import (
    BadWeights,
    TorchEngine,
    load_encoder,
    resolve_device,
)
from tiefvision_assets.vision.engine import MAPS, Engine, preprocess
from tiefvision_assets.vision.export import export_maps
from tiefvision_assets.vision.locate import encode_scale
from tiefvision_assets.vision.objects import NOTHING, object_cells
from tiefvision_assets.vision.onnx_engine import OnnxEngine
from tiefvision_assets.vision.registry import ENCODERS, Encoder, Look, UnknownEncoder, encoder_named
from tiefvision_assets.vision.windows import rescale

SPEC = encoder_named("alexnet")
CPU = torch.device("cpu")
DIGEST = "44534cd66e37ce9a6258bb5e845ef8cd47c33aa68024441c7e616d63c0c1c41a"
GOLDEN = [7.62179, 7.62179, 4.15930, 1.56090, 0.61352, 4.70758, 4.70758, 4.70758]
GOLDEN_NORM = 478.185
LITE_DIGEST = "064a5c56ec81e5ad5961f0ff7d3ec01113d629804b5343f7fe6a32e96ce61f29"
LITE_GOLDEN = [0.56613, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.61054]
LITE_REFINEMENT_GOLDEN = [2.91934, 0.24757, 8.88543, 16.27962, 10.76049, 2.09677, -9.1071, 9.90462]
LITE_NORMS = [207.3086, 927.5955]


def picture(width: int, height: int) -> Image.Image:
    """Gradients, moiré and a chessboard, from whole numbers alone."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [(x * 3 + y * 5) % 256, (x * y // 7) % 256, (x // 16 + y // 16) % 2 * 200 + (x + y) % 50]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


@pytest.fixture(scope="module")
def module(pretrained) -> nn.Module:
    torch.set_num_threads(1)
    return load_encoder(SPEC, read_weights(pretrained), CPU)


@pytest.fixture(scope="module", params=["torch", "onnxruntime"])
def alexnet(request, module) -> Engine:
    return engine(request.param, SPEC, module)


def engine(name: str, spec: Encoder, module: nn.Module) -> Engine:
    return TorchEngine(module) if name == "torch" else OnnxEngine(export_maps(module, spec))


def test_the_pretrained_tensors_are_the_pinned_ones(pretrained):
    assert digest(read_arrays(pretrained)) == pretrained.digest == DIGEST


def test_a_picture_has_its_golden_vector(alexnet):
    cells = alexnet.objects(preprocess(picture(224, 224), SPEC)[None])
    assert cells.flatten()[:8].tolist() == pytest.approx(GOLDEN, abs=1e-3)
    assert np.linalg.norm(cells) == pytest.approx(GOLDEN_NORM, rel=1e-4)


@pytest.mark.parametrize("name", ["torch", "onnxruntime"])
def test_efficientnet_has_its_pinned_tensors_and_golden_vector(name):
    spec = encoder_named("efficientnet_lite0")
    cached = obtain_weights(spec, Settings())
    assert digest(read_arrays(cached)) == LITE_DIGEST
    lite = engine(name, spec, load_encoder(spec, read_weights(cached), CPU))
    pixels = preprocess(picture(224, 224), spec)[None]
    cells, refinement = lite.objects(pixels), lite.refinement(pixels)
    assert cells[0, :8, 3, 3].tolist() == pytest.approx(LITE_GOLDEN, abs=1e-3)
    assert refinement[0, :8, 7, 7].tolist() == pytest.approx(LITE_REFINEMENT_GOLDEN, abs=1e-3)
    assert [np.linalg.norm(cells), np.linalg.norm(refinement)] == pytest.approx(LITE_NORMS, rel=1e-4)
    averaged = nn.functional.avg_pool2d(torch.from_numpy(refinement), 2).numpy()
    assert lite.windows(pixels) == pytest.approx(averaged, abs=1e-4)


@pytest.mark.parametrize("spec", ENCODERS.values(), ids=list(ENCODERS))
def test_the_registry_tells_the_shapes(spec):
    untrained = TorchEngine(load_encoder(spec, spec.build().state_dict(), CPU))
    for name in MAPS:
        cell_map, encode = getattr(spec, name), getattr(untrained, name)
        side, stride = cell_map.side, cell_map.stride
        assert encode(zeros(2, 3, side, side)).shape == (2, *cell_map.shape)
        taller = encode(zeros(1, 3, side + 3 * stride, side + stride))
        assert taller.shape[-2:] == (cell_map.cells + 3, cell_map.cells + 1)


@pytest.mark.parametrize("spec", ENCODERS.values(), ids=list(ENCODERS))
def test_objects_that_are_seen_otherwise_have_the_shape_and_centres_that_are_told(spec):
    seen = spec.seeing(Look(side=spec.objects.side + spec.objects.stride, pooled=2))
    own, columns = spec.objects, spec.objects.cells + 1
    centres = [own.centre + own.stride * column for column in range(columns)]
    expected = [(centres[2 * column] + centres[2 * column + 1]) / 2 for column in range(columns // 2)]
    assert expected == [seen.objects.centre + seen.objects.stride * column for column in range(seen.objects.cells)]

    untrained = TorchEngine(load_encoder(spec, spec.build().state_dict(), CPU))
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (seen.objects.side,) * 2 + (3,), np.uint8))
    (found,) = object_cells(untrained, seen, [picture])
    (fine,) = object_cells(untrained, spec, [picture])
    assert found.shape == seen.objects.shape and fine.shape[-1] == columns
    mean = fine[:, 2:4, 4:6].mean(axis=(1, 2))
    assert found[:, 1, 2] == pytest.approx(normalised(mean, axis=0, shortest=NOTHING), abs=1e-5)
    assert spec.seeing(None) is spec


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize("spec", ENCODERS.values(), ids=list(ENCODERS))
def test_the_registry_tells_where_cells_are_centred(spec):
    """Pixels that are not numbers spoil just the cells that see them."""
    untrained = TorchEngine(load_encoder(spec, spec.build().state_dict(), CPU))
    size = 1024
    for cell_map, encode in ((spec.windows, untrained.windows), (spec.refinement, untrained.refinement)):
        cell = size // 2 // cell_map.stride
        around = cell_map.centre + cell_map.stride * cell

        def spoilt_by(columns: slice) -> bool:
            pixels = zeros(1, 3, 96, size)
            pixels[..., columns] = float("nan")
            return bool(np.isnan(encode(pixels)[0, :, 1, cell]).any())  # noqa: B023

        first = bisect_left(range(size), True, key=lambda x: spoilt_by(slice(x + 1)))
        past = bisect_left(range(size), True, key=lambda x: not spoilt_by(slice(x, None)))
        assert 0 < first < past < size
        assert (first + past) / 2 == pytest.approx(around, abs=0.51)


def test_alexnet_is_ungrouped_and_its_last_pool_has_stride_one():
    features = SPEC.build().features
    assert (features[-1].kernel_size, features[-1].stride) == (3, 1)
    convolutions = [layer for layer in features if isinstance(layer, nn.Conv2d)]
    assert [layer.groups for layer in convolutions] == [1] * 5
    assert not any(isinstance(layer, nn.Linear) for layer in features)
    assert SPEC.objects.shape == (256, 11, 11)


def test_an_unknown_encoder_is_answered_with_the_known_ones():
    with pytest.raises(UnknownEncoder, match=r"'resnet'.*alexnet"):
        encoder_named("resnet")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_finite_are_bad(number):
    weights = SPEC.build().state_dict()
    weights["features.3.bias"][7] = number
    with pytest.raises(BadWeights, match=r"NaN or infinity in 'features\.3\.bias'"):
        load_encoder(SPEC, weights, CPU)


def test_weights_that_do_not_fit_are_bad():
    weights = SPEC.build().state_dict()
    for change in ({"features.0.weight": torch.zeros(64, 3, 7, 7)}, {"classifier.weight": torch.zeros(1)}):
        with pytest.raises(BadWeights, match="do not fit the encoder alexnet"):
            load_encoder(SPEC, weights | change, CPU)
    del weights["features.10.bias"]
    with pytest.raises(BadWeights, match=r"features\.10\.bias"):
        load_encoder(SPEC, weights, CPU)


def test_an_encoder_is_frozen_and_returns_contiguous_cells(module):
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())
    assert TorchEngine(module).windows(zeros(1, 3, 224, 240)).flags.c_contiguous


def test_preprocessing_normalises_each_channel():
    photo = Image.new("RGB", (2, 3), (255, 0, 51))
    pixels = preprocess(photo, SPEC)
    assert pixels.shape == (3, 3, 2)
    expected = [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]
    assert pixels[:, 0, 0].tolist() == pytest.approx(expected, abs=1e-6)
    assert (pixels == pixels[:, :1, :1]).all()


def test_an_unknown_device_is_a_clear_sentence():
    assert resolve_device("cpu") == CPU
    assert resolve_device("auto").type in {"cpu", "cuda", "mps", "xpu"}
    with pytest.raises(TiefVisionError, match="TIEFVISION_DEVICE='abacus'"):
        resolve_device("abacus")


PHOTOS = [((240, 320), 224), ((240, 320), 304), ((400, 300), 416)]


@pytest.mark.parametrize(("size", "scale"), PHOTOS)
def test_a_sliced_window_is_the_crop_encoded_alone_but_for_the_border(alexnet, size, scale):
    photo = picture(*size)
    rescaled = rescale(photo, scale)
    dense = torch.from_numpy(encode_scale(alexnet, SPEC, photo, scale).cells)
    rows, columns = dense.shape[1] - 10, dense.shape[2] - 10
    middle, last = (rows // 2, columns // 2), (rows - 1, columns - 1)
    for row, column in {(0, 0), middle, last, (0, columns - 1)}:
        left, top = 16 * column, 16 * row
        crop = rescaled.crop((left, top, left + 224, top + 224))
        alone = torch.from_numpy(alexnet.windows(preprocess(crop, SPEC)[None]))[0]
        sliced = dense[:, row : row + 11, column : column + 11]
        place = np.arange(11)
        sees_alike = np.ix_(
            ((place >= 5) | (top == 0)) & ((place <= 5) | (top + 224 == rescaled.height)),
            ((place >= 5) | (left == 0)) & ((place <= 5) | (left + 224 == rescaled.width)),
        )
        difference = (sliced - alone).abs().amax(0).numpy()
        assert difference[sees_alike].max() < 1e-3
        relative = ((sliced - alone).norm(dim=0) / alone.norm(dim=0)).numpy()
        assert relative[4:7, 4:7].max() < 0.02


def test_the_outer_cells_of_a_window_inside_a_photo_see_its_surroundings(alexnet):
    photo = picture(240, 320)
    dense = torch.from_numpy(encode_scale(alexnet, SPEC, photo, 304).cells)[:, 6:17, 3:14]
    crop = rescale(photo, 304).crop((48, 96, 272, 320))
    alone = torch.from_numpy(alexnet.windows(preprocess(crop, SPEC)[None]))[0]
    relative = ((dense - alone).norm(dim=0) / alone.norm(dim=0)).numpy()
    ring = np.minimum.reduce([*np.mgrid[0:11, 0:11], *(10 - np.mgrid[0:11, 0:11])])
    by_ring = [relative[ring == number].mean() for number in range(6)]
    assert all(outer > inner for outer, inner in pairwise(by_ring))
    assert by_ring[0] > 0.5 and by_ring[3] < 0.15
