import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.box import Box

SIDE = st.integers(0, 24)
BOXES = st.builds(Box, SIDE, SIDE, SIDE, SIDE)


def pixels(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(int(box.left), int(box.right)) for y in range(int(box.top), int(box.bottom))}


@given(first=BOXES, second=BOXES)
def test_areas_and_overlaps_are_those_of_counted_pixels(first, second):
    one, other = pixels(first), pixels(second)
    assert first.area == len(one)
    assert first.intersection(second) == second.intersection(first) == len(one & other)
    assert first.iou(second) == pytest.approx(len(one & other) / len(one | other) if one | other else 0)


@given(box=BOXES, size=st.tuples(SIDE, SIDE))
def test_the_clipped_box_is_its_part_inside_the_photo(box, size):
    assert pixels(box.clipped(*size)) == pixels(box) & pixels(Box.whole(*size))


@given(box=BOXES)
def test_a_box_mirrored_twice_is_itself_and_once_is_its_pixels_mirrored(box):
    assert box.mirrored(24).mirrored(24) == box
    assert pixels(box.mirrored(24)) == {(23 - x, y) for x, y in pixels(box)}


def test_scaling_goes_each_way_on_its_own():
    assert Box(1, 2, 3, 4).scaled(2, 10) == Box(2, 20, 6, 40)


@given(sides=st.tuples(*[st.floats(-1000, 1000)] * 4))
def test_rounded_boxes_are_whole_pixels_and_never_empty(sides):
    left, top, right, bottom = Box(*sides).rounded()
    assert all(isinstance(side, int) for side in (left, top, right, bottom))
    assert right > left and bottom > top
    assert abs(left - sides[0]) <= 0.5 and abs(top - sides[1]) <= 0.5
    assert right == max(round(sides[2]), left + 1)
    assert Box(left, top, right, bottom).rounded() == (left, top, right, bottom)


def test_boxes_are_values():
    assert len({Box(1, 2, 3, 4), Box(1, 2, 3, 4)}) == 1
    assert Box(1, 2, 3, 4).as_tuple() == (1, 2, 3, 4)
    assert (Box(1, 2, 4, 8).width, Box(1, 2, 4, 8).height) == (3, 6)
