"""Boxes as browsers send them."""

from __future__ import annotations

from tiefvision_assets.box import Box


def box_of(sides: object) -> Box | None:
    """The box of four numbers left, top, right, bottom; None for anything else."""
    if isinstance(sides, list) and len(sides) == 4 and all(isinstance(side, int | float) for side in sides):
        return Box(*map(float, sides))
    return None
