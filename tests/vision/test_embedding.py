import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from tiefvision_assets.box import Box
from tiefvision_assets.vision import embedding
from tiefvision_assets.vision.box_heads import normalised
from tiefvision_assets.vision.embedding import Basis, mirror_invariant
from tiefvision_assets.vision.encoder import TorchEngine
from tiefvision_assets.vision.engine import preprocess
from tiefvision_assets.vision.objects import (
    FILL,
    cut_out,
    fitted,
    object_cells,
    object_cells_both_ways,
    reduction_for,
    with_flipped,
)
from tiefvision_assets.vision.registry import encoder_named

SPEC = encoder_named("alexnet")


def cells_of(photos: int, shape: tuple[int, int, int] = (5, 2, 2), seed: int = 0) -> np.ndarray:
    """Normalised cells of photos."""
    first = np.random.default_rng(seed).standard_normal((photos, *shape), dtype=np.float32)
    return normalised(first, axis=1)


def naive_axes(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    samples = with_flipped(cells).reshape(2 * len(cells), -1).astype(np.float64)
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
    assert basis.mean == pytest.approx(mean, abs=1e-6)
    assert basis.components @ basis.components.T == pytest.approx(np.eye(kept), abs=1e-4)
    assert np.abs(np.sum(basis.components * axes[:kept], axis=1)) == pytest.approx(1, abs=1e-3)
    explained = values**2 / (values**2).sum()
    assert basis.explained_variance(cells) == pytest.approx(explained[:kept].tolist(), abs=1e-4)


@pytest.mark.parametrize(("photos", "dimensions"), [(1, 1), (2, 1), (3, 2), (257, 256), (300, 256)])
def test_the_basis_has_one_dimension_less_than_photos_and_256_at_most(photos, dimensions):
    basis = Basis.fit(cells_of(photos, (64, 3, 3)), 256)
    assert basis.dimensions == dimensions
    embedded = basis(cells_of(5, (64, 3, 3), seed=1))
    assert embedded.shape == (5, dimensions)
    assert np.linalg.norm(embedded, axis=-1) == pytest.approx(1, abs=1e-4)


def test_the_same_sample_gives_the_same_basis():
    first, second = (Basis.fit(cells_of(9), 256).components for _ in range(2))
    assert np.array_equal(first, second)
    assert (np.take_along_axis(first, np.abs(first).argmax(axis=1)[:, None], axis=1) > 0).all()


@pytest.mark.parametrize("width", [2, 3, 11])
def test_a_mirror_images_embedding_is_that_of_its_flipped_cells(width):
    cells = cells_of(6, (4, 2, width), seed=1)
    basis = Basis.fit(cells_of(12, (4, 2, width)), 8)
    assert basis.both_ways(cells) == pytest.approx(basis(with_flipped(cells)), abs=1e-6)


def test_a_basis_whose_components_are_neither_even_nor_odd_sees_the_flipped_cells():
    cells = cells_of(6, seed=1)
    own = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 4)))[0].T.astype(np.float32)
    basis = Basis(np.full(20, 0.1, dtype=np.float32), own, 2)
    assert basis.both_ways(cells) == pytest.approx(basis(with_flipped(cells)), abs=1e-6)


def test_one_photo_and_photos_of_one_kind_give_finite_embeddings():
    one = cells_of(1)
    same = np.repeat(one, 4, axis=0)
    still = np.full((2, 4, 3, 3), 0.5, dtype=np.float32)
    for cells in (one, same, still):
        assert np.isfinite(Basis.fit(cells, 256).both_ways(cells)).all()


def test_a_sample_in_float16_gives_about_the_same_basis():
    cells = cells_of(40)
    kept = Basis.fit(cells.astype(np.float16), 6)
    assert (kept(cells) * Basis.fit(cells, 6)(cells)).sum(-1) == pytest.approx(1, abs=1e-4)


class Blocks(nn.Module):
    """Mean colours of blocks: (B, 3, 32, 32) → (B, 3, 4, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(()))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(pixels, 8)


def noise(seed: int, side: int = 32) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8))


def test_objects_come_with_their_mirror_images():
    upright = [noise(0), noise(1)]
    flipped = [item.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for item in upright]
    cells, turned = (object_cells_both_ways(TorchEngine(Blocks()), SPEC, items) for items in (upright, flipped))
    assert cells[:, 0] == pytest.approx(object_cells(TorchEngine(Blocks()), SPEC, upright), abs=1e-6)
    assert cells.shape == (2, 2, 3, 4, 4)
    assert np.linalg.norm(cells, axis=2) == pytest.approx(1, abs=1e-5)
    assert cells[:, 1] == pytest.approx(turned[:, 0], abs=1e-6)
    assert cells[:, 0] == pytest.approx(turned[:, 1], abs=1e-6)
    assert not np.allclose(cells[:, 0], cells[:, 1], atol=0.1)


def test_a_photo_and_its_mirror_image_have_one_invariant_embedding():
    basis = Basis.fit(object_cells(TorchEngine(Blocks()), SPEC, [noise(seed) for seed in range(12)]), 256)
    photo, flipped = noise(99), noise(99).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    found = [
        mirror_invariant(basis(object_cells_both_ways(TorchEngine(Blocks()), SPEC, [item])))
        for item in (photo, flipped)
    ]
    assert found[0].shape == (1, 11)
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    assert np.linalg.norm(found[0]) == pytest.approx(1, abs=1e-5)


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
    assert object_cells(TorchEngine(Blocks()), SPEC, [plain]) == pytest.approx(0, abs=1e-3)
    raw = object_cells(TorchEngine(Blocks()), SPEC, [tinted], centred=False)
    assert np.linalg.norm(raw, axis=1) == pytest.approx(1, abs=1e-5)
    encoded = Blocks()(torch.from_numpy(preprocess(tinted, SPEC))[None])
    expected = nn.functional.normalize(encoded - encoded.mean((2, 3), keepdim=True), dim=1)
    assert object_cells(TorchEngine(Blocks()), SPEC, [tinted]) == pytest.approx(expected.numpy(), abs=1e-6)


@pytest.mark.parametrize(("times", "reduction"), [(0.5, 1), (1.8, 1), (3.9, 1), (4, 2), (15.9, 4), (18, 8), (90, 8)])
def test_a_reduced_photo_has_twice_the_pixels_that_are_looked_at(times, reduction):
    assert reduction_for(times) == reduction
    assert reduction == 1 or times / reduction >= 2


@pytest.mark.parametrize("reduction", [2, 4, 8])
@pytest.mark.parametrize("box", [Box(0, 0, 1203, 801), Box(101, 50, 1100, 777)])
def test_an_object_is_cut_out_of_a_reduced_photo_as_of_the_whole(reduction, box):
    draw = np.random.default_rng(0).integers(0, 256, (27, 40, 3), dtype=np.uint8)
    photo = Image.fromarray(draw).resize((1203, 801), Image.Resampling.BICUBIC)
    found, expected = (
        np.asarray(cut_out(seen, box, 64, photo.size), dtype=np.float64) for seen in (photo.reduce(reduction), photo)
    )
    assert np.abs(found - expected).mean() < 1 and np.abs(found - expected).max() < 16
