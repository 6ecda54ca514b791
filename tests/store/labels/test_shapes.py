"""Bounds of masks, brush strokes and turned shapes, against the tools that draw them and against every pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tiefvision_assets.store.labels.label_studio_brush import brushed
from tiefvision_assets.store.labels.problems import RefusedError
from tiefvision_assets.store.labels.regions import PassedOver
from tiefvision_assets.store.labels.shapes import ellipse_bounds, mask_bounds, turned

masks = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.sampled_from([0, 0, 1]))


def bounds_of(mask: np.ndarray) -> tuple[float, ...] | None:
    rows, columns = np.nonzero(mask)
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else None


def uncompressed(mask: np.ndarray) -> list[int]:
    flat = mask.flatten(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *changes, len(flat)]).tolist()
    return [0, *runs] if flat[0] else runs


@given(masks)
@settings(max_examples=150, deadline=None)
def test_masks_have_the_bounds_that_pycocotools_sees(mask):
    coco = pytest.importorskip("pycocotools.mask")
    packed = coco.encode(np.asfortranarray(mask))
    height, width = mask.shape
    for counts in (packed["counts"].decode(), uncompressed(mask)):
        assert mask_bounds({"size": [height, width], "counts": counts}) == bounds_of(mask)
    if mask.any():
        left, top, wide, high = coco.toBbox(packed)
        assert bounds_of(mask) == (left, top, left + wide, top + high)


def test_large_masks_are_unpacked_by_their_differences():
    coco = pytest.importorskip("pycocotools.mask")
    mask = np.zeros((505, 400), np.uint8)
    mask[60:360, 50:250] = 1
    mask[100:120, 90:100] = 0
    counts = coco.encode(np.asfortranarray(mask))["counts"].decode()
    assert mask_bounds({"size": [505, 400], "counts": counts}) == (50, 60, 250, 360)


@pytest.mark.parametrize("counts", ["~", "\x7f", "oo", "0", [-1, 5], [1, 2], [1.5, 2.5], None, "P" * 40])
def test_a_damaged_mask_is_refused(counts):
    with pytest.raises(RefusedError):
        mask_bounds({"size": [2, 2], "counts": counts})


@given(masks)
@settings(max_examples=60, deadline=None)
def test_brush_strokes_have_the_bounds_of_what_was_painted(mask):
    brush = pytest.importorskip("label_studio_converter.brush")
    code = brush.mask2rle(mask * 255)
    height, width = mask.shape
    if mask.any():
        assert brushed(code, float(width), float(height)) == bounds_of(mask)
    else:
        with pytest.raises(PassedOver):
            brushed(code, float(width), float(height))


@pytest.mark.parametrize("code", [[], [0, 0, 0, 16], [1, 2, 3, "x"], "text", [0, 0, 0, 16, 57, 75]])
def test_a_damaged_brush_stroke_is_refused(code):
    with pytest.raises(RefusedError):
        brushed(code, 2.0, 2.0)


@given(st.floats(0, 360), st.floats(1, 50), st.floats(1, 50))
def test_an_ellipse_lies_within_its_turned_box_and_touches_its_own(degrees, a, b):
    left, top, right, bottom = ellipse_bounds((-a, -b, a, b), degrees)
    angles, turn = np.linspace(0, 2 * np.pi, 3_600), np.radians(degrees)
    x = a * np.cos(angles) * np.cos(turn) - b * np.sin(angles) * np.sin(turn)
    y = a * np.cos(angles) * np.sin(turn) + b * np.sin(angles) * np.cos(turn)
    assert (left, top, right, bottom) == pytest.approx((x.min(), y.min(), x.max(), y.max()), abs=1e-3)
    around = turned((-a, -b, a, b), degrees, (0, 0))
    assert around[0] <= left + 1e-9 and around[3] >= bottom - 1e-9
