"""Numbers of label files: what counts as one, and how many decimals are kept."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any, TypeGuard

from tiefvision_assets.store.labels.problems import RefusedError

DECIMALS = 2
"""Decimals of coordinates in pixels: nobody draws a box more precisely than a hundredth of a pixel."""

SHARE_DECIMALS = 8
"""Decimals of shares of the photo: the error is less than a hundredth of a pixel on photos of up to 100,000 pixels."""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value of a JSON document is a number; its true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_in(value: object) -> float | None:
    """The number that a value is, or that a text holds; infinite where it is too large for a double, else None."""
    if isinstance(value, str):
        with suppress(ValueError):
            return float(value)
        return None
    if not is_number(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def number(text: str | None, name: str) -> float:
    """The number in ``text``; `RefusedError` when it is none."""
    found = number_in((text or "").strip())
    if found is None:
        raise RefusedError(f"{name} is {text!r}, which is no number", "a box needs four numbers")
    return found


def numbers_in(values: Any, count: int) -> list[float] | None:
    """``count`` numbers, also as texts; None when there are not so many, or others."""
    if not isinstance(values, list) or len(values) != count:
        return None
    found = [number_in(value) for value in values]
    return [value for value in found if value is not None] if None not in found else None


def decimal_text(value: float, decimals: int) -> str:
    """The number rounded to so many decimals, without an exponent and without trailing zeros: ``12``, ``0.25``."""
    return f"{value:.{decimals}f}".rstrip("0").removesuffix(".")


def score_in(value: object) -> float | None:
    """The confidence that a value is, 0 to 1; None for anything else."""
    found = number_in(value)
    return found if found is not None and 0 <= found <= 1 else None
