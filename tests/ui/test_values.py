"""Boxes that browsers send."""

from __future__ import annotations

import math

import pytest

from tiefvision_assets.box import Box
from tiefvision_ui.values import box_of


def test_four_numbers_are_a_box() -> None:
    assert box_of([1, 2, 3.5, 4]) == Box(1, 2, 3.5, 4)


@pytest.mark.parametrize(
    "sent",
    [None, "box", [1, 2, 3], ["1", 2, 3, 4], (1, 2, 3, 4), [1, 2, math.nan, 4], [1, 2, math.inf, 4], [5, 5, 5, 9]],
    ids=str,
)
def test_anything_else_is_none(sent: object) -> None:
    assert box_of(sent) is None
