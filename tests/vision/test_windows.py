import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.vision.registry import encoder_named
from tiefvision_assets.vision.windows import (
    SCALES,
    Grid,
    crop_targets,
    extended,
    grid_of,
    rescale,
    rescaled_size,
    share_inside,
)

SPEC = encoder_named("alexnet")
SIZES = st.tuples(st.integers(16, 4000), st.integers(16, 4000)).filter(lambda size: max(size) <= 8 * min(size))


def grid_on(size: tuple[int, int], scale: int) -> Grid:
    rescaled = rescaled_size(size, scale)
    with torch.device("meta"):
        cells = SPEC.build()(torch.empty(1, 3, rescaled[1], rescaled[0])).shape[-2:]
    return grid_of(tuple(cells), rescaled, size, SPEC)


@given(size=SIZES, scale=st.sampled_from(SCALES), box=st.tuples(*[st.floats(-500, 5000)] * 4))
@settings(max_examples=60, deadline=None)
def test_boxes_survive_the_way_to_rescaled_pixels_and_back(size, scale, box):
    grid = grid_on(size, scale)
    there = grid.from_photo(np.array(box))
    assert grid.to_photo(there) == pytest.approx(np.array(box), abs=1e-6)
    whole = grid.from_photo(np.array([0, 0, *size]))
    assert whole[2:] == pytest.approx(rescaled_size(size, scale), rel=1e-12)


@given(size=SIZES, scale=st.sampled_from(SCALES))
@settings(max_examples=60, deadline=None)
def test_windows_lie_inside_the_photo_and_leave_less_than_two_cells_out(size, scale):
    """The encoder pads, so that the last window may lie one pixel over the edge."""
    grid = grid_on(size, scale)
    width, height = rescaled_size(size, scale)
    assert min(width, height) == scale
    assert width / height == pytest.approx(size[0] / size[1], rel=0.51 / scale)
    boxes = grid.boxes
    assert len(boxes) == grid.rows * grid.columns > 0
    assert boxes.min() == 0
    assert boxes[:, 2].max() - 1 <= width < boxes[:, 2].max() + 2 * SPEC.windows.stride
    assert boxes[:, 3].max() - 1 <= height < boxes[:, 3].max() + 2 * SPEC.windows.stride
    assert (grid.corners * SPEC.windows.stride == boxes[:, [1, 0]]).all()


@given(size=SIZES, scale=st.sampled_from(SCALES), data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_flipped_photos_windows_hold_as_much_of_the_flipped_box(size, scale, data):
    grid = grid_on(size, scale)
    x = sorted(data.draw(st.tuples(*[st.integers(0, size[0])] * 2)))
    y = sorted(data.draw(st.tuples(*[st.integers(0, size[1])] * 2)))
    assume(x[0] < x[1] and y[0] < y[1])
    box = Box(x[0], y[0], x[1], y[1])
    windows = [Box(*window) for window in grid.to_photo(grid.boxes)[:50]]
    flipped = np.array([window.mirrored(size[0]).as_tuple() for window in windows])
    straight = np.array([window.as_tuple() for window in windows])
    shares = share_inside(straight, np.array(box.as_tuple()))
    assert share_inside(flipped, np.array(box.mirrored(size[0]).as_tuple())) == pytest.approx(shares, abs=1e-9)
    again = box.mirrored(size[0]).mirrored(size[0])
    assert again == box


@given(
    windows=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 12), st.integers(1, 12))),
    box=st.tuples(st.integers(-3, 30), st.integers(-3, 30), st.integers(0, 30), st.integers(0, 30)),
)
@settings(max_examples=100, deadline=None)
def test_the_share_inside_is_that_of_counted_pixels(windows, box):
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in windows]).reshape(-1, 4)
    inside = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    found = share_inside(corners, np.array(inside))
    for (left, top, right, bottom), share in zip(corners, found, strict=True):
        pixels = [(x, y) for x in range(left, right) for y in range(top, bottom)]
        counted = [inside[0] <= x < inside[2] and inside[1] <= y < inside[3] for x, y in pixels]
        assert share == pytest.approx(np.mean(counted))


def test_a_window_is_foreground_from_one_half_on():
    grid = Grid(rows=1, columns=3, stride=16, window=224, x_scale=2, y_scale=2)
    half = crop_targets(grid, Box(0, 0, 56, 112))
    assert list(half.foreground) == [True, False, False]
    later = crop_targets(grid, Box(0, 0, 64, 112))
    assert list(later.foreground) == [True, True, False]
    less = crop_targets(grid, Box(0, 0, 55.9, 112))
    assert not less.foreground.any()


def test_regressors_learn_where_the_box_extended_up_and_down_fills_half():
    assert extended(Box(10, 100, 20, 200)) == Box(10, 90, 20, 250)
    grid = Grid(rows=8, columns=1, stride=16, window=224, x_scale=1, y_scale=1)
    box = Box(0, 0, 224, 112)
    targets = crop_targets(grid, box)
    shares = [min(224, 168 - 16 * row) / 224 for row in range(8)]
    assert list(targets.regression) == [share >= 0.5 for share in shares]
    assert list(targets.foreground) == [True] + 7 * [False]


@given(size=SIZES, scale=st.sampled_from(SCALES), box=st.tuples(*[st.floats(0, 500)] * 4))
@settings(max_examples=40, deadline=None)
def test_offsets_lead_from_each_windows_corner_to_the_box(size, scale, box):
    grid = grid_on(size, scale)
    offsets = crop_targets(grid, Box(*box)).offsets
    boxes = grid.to_photo(offsets + grid.boxes[:, [0, 1, 0, 1]])
    assert boxes == pytest.approx(np.tile(box, (len(boxes), 1)), abs=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_a_photo_is_rescaled_by_its_shorter_side(scale):
    assert (
        rescale(Image.new("RGB", (90, 300)), scale).size
        == (scale, round(scale * 300 / 90))
        == rescaled_size((90, 300), scale)
    )
    assert rescale(Image.new("RGB", (700, 500)), scale).size == (round(scale * 1.4), scale)
