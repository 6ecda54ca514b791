"""The logistic curve is the one of the least cross-entropy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiefvision_assets.vision.logistic import fit_logistic

numbers = st.floats(-30, 30)


@given(
    points=st.lists(st.tuples(numbers, st.floats(0.02, 0.98)), min_size=1, max_size=40),
    ridge=st.sampled_from([0.01, 1.0]),
)
@settings(max_examples=200, deadline=None)
def test_at_the_curve_the_loss_is_level(points, ridge):
    values, targets = np.array(points).T
    scale, shift = fit_logistic(values, targets, ridge, tolerance=1e-15)
    missed = 1 / (1 + np.exp(-(scale * values + shift))) - targets
    assert missed.sum() == pytest.approx(0, abs=1e-4)
    assert missed @ values + ridge * scale == pytest.approx(0, abs=1e-3)


def test_it_finds_the_curve_that_the_targets_lie_on():
    values = np.linspace(-3, 5, 50)
    scale, shift = fit_logistic(values, 1 / (1 + np.exp(-(0.7 * values - 1.2))), tolerance=1e-15)
    assert (scale, shift) == (pytest.approx(0.7, abs=1e-6), pytest.approx(-1.2, abs=1e-6))


def test_a_ridge_keeps_the_scale_finite_where_values_tell_the_targets_apart():
    values, targets = np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0, 1.0])
    scale, shift = fit_logistic(values, targets, ridge=1e-3)
    assert 3 < scale < 10 and shift == pytest.approx(0, abs=1e-6)
    assert fit_logistic(values, targets, ridge=1.0)[0] < scale


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [1e6, 1e6, -1e6], [5.0]], ids=["alike", "huge", "one"])
def test_values_that_tell_little_or_too_much_give_finite_numbers(values):
    targets = np.array([0.7, 1.0, 0.0][: len(values)])
    with np.errstate(over="raise", invalid="raise"):
        assert np.isfinite(fit_logistic(np.array(values), targets)).all()
