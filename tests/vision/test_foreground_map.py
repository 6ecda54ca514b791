"""Refinement: from a box to a map of its cells, and from the map back to the box."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.random_heads import weights_of
from tiefvision_assets.box import Box
from tiefvision_assets.hyperparameters import ForegroundMapParameters
from tiefvision_assets.vision.box_heads import ForegroundNetwork
from tiefvision_assets.vision.foreground_map import (
    ForegroundMap,
    RefinementExamples,
    covered_share,
    random_refinement_region,
    train_foreground_map,
)
from tiefvision_assets.vision.refinement import Sides, read_box, refinement_region, side_positions
from tiefvision_assets.vision.registry import encoder_named
from tiefvision_assets.vision.training import START_PHOTOS, Start

SPEC = encoder_named("alexnet")
SIDE, CELLS = SPEC.refinement.side, SPEC.refinement.cells
low_sides = st.floats(20, 140)
lengths = st.floats(40, 160)


def boxes_in_the_square() -> st.SearchStrategy[Box]:
    return st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), low_sides, low_sides, lengths, lengths)


def map_of(box: Box) -> np.ndarray:
    return covered_share(torch.tensor([box.as_tuple()]), (CELLS, CELLS), SPEC)[0].numpy()


@given(boxes_in_the_square())
def test_the_covered_share_of_a_cell_is_what_its_pixels_say(box):
    whole = Box(*(round(side) for side in box.as_tuple()))
    inside = np.zeros((SIDE + 16, SIDE + 16))
    inside[int(whole.top) : int(whole.bottom), int(whole.left) : int(whole.right)] = 1
    first = int(SPEC.refinement.centre + 0.5) - 8
    naive = inside[first : first + 16 * CELLS, first : first + 16 * CELLS]
    naive = naive.reshape(CELLS, 16, CELLS, 16).mean(axis=(1, 3))
    shifted = Box(whole.left - 0.5, whole.top - 0.5, whole.right - 0.5, whole.bottom - 0.5)
    np.testing.assert_allclose(map_of(shifted), naive, atol=1e-5)


@given(boxes_in_the_square())
def test_a_perfect_map_gives_the_box_back_to_two_pixels(box):
    seen = read_box(map_of(box), None, SPEC, SIDE)
    assert seen is not None
    assert np.abs(np.array(seen.box.as_tuple()) - np.array(box.as_tuple())).max() < 2
    assert seen.contrast > 0.5


def distribution(*shares: tuple[float, float]) -> np.ndarray:
    """Of one side: each position in pixels with its share, halved between the two cells around it by nearness."""
    positions = side_positions(CELLS, SPEC)
    found = np.zeros(len(positions))
    for place, share in shares:
        below = int((place - positions[0]) // SPEC.refinement.stride)
        beyond = (place - positions[below]) / SPEC.refinement.stride
        found[below : below + 2] += share * np.array([1 - beyond, beyond])
    return found


@given(boxes_in_the_square())
def test_sides_give_the_box_exactly_whatever_the_map_says(box):
    left, top, right, bottom = (distribution((side, 1.0)) for side in box.as_tuple())
    seen = read_box(
        map_of(Box(100, 100, 200, 200)), Sides(np.stack([left, right]), np.stack([top, bottom])), SPEC, SIDE
    )
    assert seen is not None and seen.box.as_tuple() == pytest.approx(box.as_tuple())


def test_of_two_boxes_that_are_possible_the_likelier_one_is_chosen_not_their_mean():
    """A jacket over a long dress: it ends at 130, or the dress does at 280."""
    ends = distribution((130.0, 0.4), (280.0, 0.6))
    across = np.stack([distribution((60.0, 1.0)), distribution((250.0, 1.0))])
    down = np.stack([distribution((40.0, 1.0)), ends])
    seen = read_box(map_of(Box(60, 40, 250, 200)), Sides(across, down), SPEC, SIDE)
    assert seen is not None and seen.box.as_tuple() == pytest.approx((60, 40, 250, 280))


def test_sides_at_the_squares_edges_are_reached_and_crossed_ones_are_read_from_the_map():
    whole = np.stack([distribution((0.0, 1.0)), distribution((float(SIDE) - 1, 1.0))])
    seen = read_box(map_of(Box(100, 100, 200, 200)), Sides(whole, whole), SPEC, SIDE)
    assert seen is not None and seen.box.as_tuple() == pytest.approx((0, 0, SIDE - 1, SIDE - 1))
    crossed = read_box(map_of(Box(100, 100, 200, 200)), Sides(whole[::-1], whole[::-1]), SPEC, SIDE)
    assert crossed == read_box(map_of(Box(100, 100, 200, 200)), None, SPEC, SIDE)


def test_an_object_that_fills_the_crop_reaches_its_edges():
    seen = read_box(np.ones((CELLS, CELLS)), None, SPEC, SIDE)
    assert seen is not None
    assert seen.box == Box(0, 0, SIDE, SIDE)


def test_a_map_without_anything_likely_gives_no_box():
    assert read_box(np.full((CELLS, CELLS), 0.49), None, SPEC, SIDE) is None


@given(
    st.integers(16, 2000),
    st.integers(16, 2000),
    st.tuples(*[st.floats(0, 1)] * 4),
    st.integers(0, 2**32 - 1),
)
def test_regions_lie_on_the_photo_in_whole_pixels_and_the_region_of_a_box_holds_it(width, height, shares, seed):
    left, right = sorted(share * width for share in shares[:2])
    top, bottom = sorted(share * height for share in shares[2:])
    box = Box(left, top, right, bottom)
    around = refinement_region(box, width, height)
    for region in (around, random_refinement_region(box, width, height, np.random.default_rng(seed))):
        assert region.as_tuple() == tuple(float(round(side)) for side in region.as_tuple())
        assert region.width >= 1
        assert region.height >= 1
        assert region.clipped(width, height) == region
    assert around.left <= left
    assert around.right >= min(right, width)


@pytest.mark.parametrize("small", [True, False])
def test_crops_that_are_far_larger_than_the_object_are_learned_from_where_it_is_small_in_its_photo(small):
    box = Box(180, 300, 230, 360) if small else Box(0, 250, 400, 410)
    draw = np.random.default_rng(0)
    regions = [random_refinement_region(box, 400, 600, draw) for _ in range(200)]
    taller = np.array([region.height / box.height for region in regions])
    assert np.mean(taller > 2.5) > 0.15 if small else taller.max() < 2.5
    assert np.mean(taller < 2) > 0.5, "boxes that are nearly right are refined as well"


def test_it_learns_where_a_bright_square_ends_and_the_same_seed_gives_the_same_head():
    draw = np.random.default_rng(0)
    corners = draw.uniform(20, 120, (60, 2))
    boxes = torch.tensor(np.hstack([corners, corners + draw.uniform(80, 160, (60, 2))]), dtype=torch.float32)
    share = covered_share(boxes, (CELLS, CELLS), SPEC)
    cells = torch.stack([share, 1 - share], dim=1) + 0.1 * torch.randn(60, 2, CELLS, CELLS)
    parameters = ForegroundMapParameters(
        epochs=10, steps=15, patience=10, learning_rate=1e-2, weight_decay=0.0, seed=1, hidden=8, batch=16
    )
    learned = [RefinementExamples(cells[:20], boxes[:20], SIDE), RefinementExamples(cells[20:30], boxes[20:30], SIDE)]
    held_out = [RefinementExamples(cells[30:40], boxes[30:40], SIDE)]
    head, history = train_foreground_map(learned, held_out, SPEC, parameters=parameters)
    again, _ = train_foreground_map(learned, held_out, SPEC, parameters=parameters)
    assert all(torch.equal(a, b) for a, b in zip(head.parameters(), again.parameters(), strict=True))
    assert history.training[-1] < history.training[0] / 2
    assert history.held_out[history.best] == min(history.held_out) < history.held_out[0]
    network = ForegroundNetwork.from_weights(weights_of(head))
    found = [read_box(*network(one), SPEC, SIDE) for one in cells[40:].numpy()]
    ious = [seen.box.iou(Box(*box)) for seen, box in zip(found, boxes[40:].tolist(), strict=True) if seen]
    assert len(ious) == 20
    assert min(ious) > 0.85


def test_a_head_survives_its_weights_and_needs_examples():
    cells = torch.randn(1, 4, CELLS, CELLS)
    for sides in (True, False):
        head = ForegroundMap(4, 8, sides=sides)
        (inside, found), (kept, again) = head(cells), ForegroundMap.from_weights(head.state_dict())(cells)
        assert torch.equal(inside, kept) and (found is not None) == (again is not None) == sides
        assert not found or not again or torch.equal(torch.cat(found), torch.cat(again))
    none = [RefinementExamples(torch.zeros(0, 4, CELLS, CELLS), torch.zeros(0, 4), SIDE)]
    with pytest.raises(ValueError, match="no refinement example"):
        train_foreground_map(none, none, SPEC, parameters=ForegroundMapParameters())


@pytest.mark.parametrize("knows", [True, False])
def test_a_start_that_errs_on_the_labels_gives_way_sooner(knows):
    """An edgeless map, so that the start's boxes are right where the labels say that the object fills the square."""
    cells = torch.ones(4, 2, CELLS, CELLS)
    box = (0.0, 0.0, float(SIDE), float(SIDE)) if knows else (20.0, 20.0, 120.0, 120.0)
    examples = [RefinementExamples(cells, torch.tensor([box] * 4), SIDE)]
    start = ForegroundMap(2, 3)
    torch.nn.init.constant_(start.out.bias, 2.0)
    weights = {name: weight.clone() for name, weight in start.state_dict().items()}
    few = ForegroundMapParameters(epochs=1, steps=4, batch=4)
    shares = []
    for photos in (1, 10**9):
        head, _ = train_foreground_map(examples, [], SPEC, parameters=few, start=Start(weights, photos))
        shares.append(float((head.out.bias.detach() - weights["out.bias"]).abs()))
    kept = shares[0] / shares[1]
    assert kept == pytest.approx(1 / (1 + START_PHOTOS), rel=0.1) if knows else kept > 10 / START_PHOTOS
