from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from tiefvision_assets.box import Box
from tiefvision_assets.vision import embedding, objects
from tiefvision_assets.vision.embedding import Basis, mirror_invariant
from tiefvision_assets.vision.encoder import TorchEngine
from tiefvision_assets.vision.engine import preprocess
from tiefvision_assets.vision.objects import FILL, cut_out, fitted
from tiefvision_assets.vision.registry import encoder_named

SPEC = encoder_named("alexnet")


def cells_of(photos: int, shape: tuple[int, int, int] = (5, 2, 2), seed: int = 0) -> torch.Tensor:
    """Normalised cells of photos."""
    first = torch.randn(photos, *shape, generator=torch.Generator().manual_seed(seed))
    return nn.functional.normalize(first, dim=1)


def both_ways(cells: torch.Tensor) -> torch.Tensor:
    return torch.stack([cells, cells.flip(-1)], dim=1)


def naive_axes(cells: torch.Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    samples = both_ways(cells).flatten(0, 1).flatten(1).double().numpy()
    mean = samples.mean(0)
    _, values, axes = np.linalg.svd(samples - mean, full_matrices=False)
    return mean, values, axes


@pytest.mark.parametrize("block", [1, 1 << 22])
@pytest.mark.parametrize("shape", [(5, 2, 2), (4, 2, 3)])
@pytest.mark.parametrize("photos", [4, 12, 40])
def test_the_basis_is_that_of_a_naive_decomposition(photos, shape, block, monkeypatch):
    monkeypatch.setattr(embedding, "BLOCK", block)
    cells = cells_of(photos, shape)
    kept = min(6, photos - 1)
    basis = Basis.fit(cells, 6)
    mean, values, axes = naive_axes(cells)
    assert basis.mean.numpy() == pytest.approx(mean, abs=1e-6)
    assert basis.components @ basis.components.T == pytest.approx(np.eye(kept), abs=1e-4)
    assert np.abs(np.sum(basis.components.numpy() * axes[:kept], axis=1)) == pytest.approx(1, abs=1e-3)
    explained = values**2 / (values**2).sum()
    assert basis.explained_variance(cells) == pytest.approx(explained[:kept].tolist(), abs=1e-4)


@pytest.mark.parametrize(("photos", "dimensions"), [(1, 1), (2, 1), (3, 2), (257, 256), (300, 256)])
def test_the_basis_has_one_dimension_less_than_photos_and_256_at_most(photos, dimensions):
    basis = Basis.fit(cells_of(photos, (64, 3, 3)), 256)
    assert basis.dimensions == dimensions
    embedded = basis(cells_of(5, (64, 3, 3), seed=1))
    assert embedded.shape == (5, dimensions)
    assert embedded.norm(dim=-1) == pytest.approx(1, abs=1e-4)


def test_the_same_sample_gives_the_same_basis():
    assert torch.equal(Basis.fit(cells_of(9), 256).components, Basis.fit(cells_of(9), 256).components)
    largest = Basis.fit(cells_of(9), 256).components
    assert (largest.gather(1, largest.abs().argmax(1, keepdim=True)) > 0).all()


def test_one_photo_and_photos_of_one_kind_give_finite_embeddings():
    one = cells_of(1)
    same = one.expand(4, -1, -1, -1)
    still = torch.ones(2, 4, 3, 3) / 2
    for cells in (one, same, still):
        assert Basis.fit(cells, 256)(both_ways(cells)).isfinite().all()


def test_a_sample_in_float16_gives_about_the_same_basis():
    cells = cells_of(40)
    kept = Basis.fit(cells.half(), 6)
    assert (kept(cells) * Basis.fit(cells, 6)(cells)).sum(-1) == pytest.approx(1, abs=1e-4)


class Blocks(nn.Module):
    """Mean colours of blocks: (B, 3, 32, 32) → (B, 3, 4, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(()))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(pixels, 8)


def object_cells(*inputs: Any, **options: Any) -> torch.Tensor:
    return torch.from_numpy(objects.object_cells(*inputs, **options))


def object_cells_both_ways(*inputs: Any) -> torch.Tensor:
    return torch.from_numpy(objects.object_cells_both_ways(*inputs))


def noise(seed: int, side: int = 32) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8))


def test_objects_come_with_their_mirror_images():
    upright = [noise(0), noise(1)]
    flipped = [item.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for item in upright]
    cells, turned = (object_cells_both_ways(TorchEngine(Blocks()), SPEC, items) for items in (upright, flipped))
    assert cells[:, 0] == pytest.approx(object_cells(TorchEngine(Blocks()), SPEC, upright), abs=1e-6)
    assert cells.shape == (2, 2, 3, 4, 4)
    assert cells.norm(dim=2) == pytest.approx(1, abs=1e-5)
    assert cells[:, 1] == pytest.approx(turned[:, 0], abs=1e-6)
    assert cells[:, 0] == pytest.approx(turned[:, 1], abs=1e-6)
    assert not torch.allclose(cells[:, 0], cells[:, 1], atol=0.1)


def test_a_photo_and_its_mirror_image_have_one_invariant_embedding():
    basis = Basis.fit(object_cells(TorchEngine(Blocks()), SPEC, [noise(seed) for seed in range(12)]), 256)
    photo, flipped = noise(99), noise(99).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    found = [
        mirror_invariant(basis(object_cells_both_ways(TorchEngine(Blocks()), SPEC, [item])))
        for item in (photo, flipped)
    ]
    assert found[0].shape == (1, 11)
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    assert found[0].norm().item() == pytest.approx(1, abs=1e-5)


@given(
    size=st.tuples(st.integers(16, 200), st.integers(16, 200)),
    box=st.tuples(*[st.floats(-50, 250)] * 4),
)
@settings(max_examples=150, deadline=None)
def test_any_box_gives_a_square_with_the_objects_proportions(size, box):
    photo = Image.new("RGB", size, "blue")
    cut = np.asarray(cut_out(photo, Box(*box), 64))
    assert cut.shape == (64, 64, 3)
    inside = (cut == (0, 0, 255)).all(axis=2)
    rows, columns = inside.any(axis=1), inside.any(axis=0)
    assert inside.sum() == rows.sum() * columns.sum() > 0
    assert max(rows.sum(), columns.sum()) == 64
    assert (cut[~inside] == FILL).all()


@given(width=st.floats(1, 5000), height=st.floats(1, 5000), side=st.integers(32, 512))
@settings(max_examples=200, deadline=None)
def test_the_object_fills_its_square_one_way_and_is_centred_the_other(width, height, side):
    left, top, across, down = fitted(width, height, side)
    assert max(across, down) == side and min(across, down) >= 1
    assert abs(2 * left + across - side) <= 1 and abs(2 * top + down - side) <= 1
    if min(across, down) > 1:
        assert across / down == pytest.approx(width / height, rel=1 / min(across, down))


def test_the_boxs_pixels_fill_the_cut():
    photo = Image.new("RGB", (60, 60), "red")
    photo.paste("blue", (30, 10, 60, 60))
    cut = np.asarray(cut_out(photo, Box(30, 10, 60, 60), 20))
    left, top, width, height = fitted(30, 50, 20)
    assert (top, height) == (0, 20) and width == 12
    assert (cut[1:, left + 1 : left + width] == (0, 0, 255)).all()


def test_what_all_places_share_is_taken_off_the_cells():
    plain, tinted = Image.new("RGB", (32, 32), "grey"), Image.new("RGB", (32, 32), "grey")
    tinted.paste("red", (0, 0, 16, 16))
    assert object_cells(TorchEngine(Blocks()), SPEC, [plain]).abs().max() < 1e-3
    raw = object_cells(TorchEngine(Blocks()), SPEC, [tinted], centred=False)
    assert raw.norm(dim=1) == pytest.approx(1, abs=1e-5)
    encoded = Blocks()(torch.from_numpy(preprocess(tinted, SPEC))[None])
    expected = nn.functional.normalize(encoded - encoded.mean((2, 3), keepdim=True), dim=1)
    assert object_cells(TorchEngine(Blocks()), SPEC, [tinted]) == pytest.approx(expected, abs=1e-6)
