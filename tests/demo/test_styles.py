"""Style distance behaves as a distance, and triplets agree with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiefvision_assets.demo.palette import COLOUR_FAMILIES
from tiefvision_assets.demo.styles import (
    SILHOUETTE_LENGTHS,
    SLEEVELESS_NECKLINES,
    STYLE_LABELS,
    Style,
    sample_style,
    style_distance,
    style_label,
)
from tiefvision_assets.demo.triplets import CLEAR_GAP, style_triplets


@st.composite
def styles(draw: st.DrawFn) -> Style:
    """Any style that the demo may draw."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return sample_style(rng, draw(st.sampled_from(STYLE_LABELS)))


@given(styles(), styles())
def test_distance_is_symmetric_and_within_0_and_1(a: Style, b: Style) -> None:
    assert style_distance(a, b) == style_distance(b, a)
    assert 0.0 <= style_distance(a, b) <= 1.0


@given(styles())
def test_distance_to_itself_is_0(style: Style) -> None:
    assert style_distance(style, style) == 0.0


@given(styles(), styles(), styles())
def test_no_detour_is_shorter(a: Style, b: Style, c: Style) -> None:
    assert style_distance(a, c) <= style_distance(a, b) + style_distance(b, c) + 1e-12


@given(styles())
def test_the_exact_colour_does_not_count(style: Style) -> None:
    assert style_distance(style, replace(style, colour=(1, 2, 3), accent=(4, 5, 6))) == 0.0


@given(styles(), st.sampled_from(sorted(COLOUR_FAMILIES)))
def test_the_cut_counts_more_than_the_colour(style: Style, family: str) -> None:
    other_cut = "bodycon" if style.silhouette != "bodycon" else "gown"
    recut = replace(style, silhouette=other_cut, length=SILHOUETTE_LENGTHS[other_cut][0])
    assert style_distance(style, replace(style, colour_family=family)) <= style_distance(style, recut)


@given(styles())
def test_styles_can_be_sewn(style: Style) -> None:
    assert style.length in SILHOUETTE_LENGTHS[style.silhouette]
    assert style.sleeve == "none" or style.neckline not in SLEEVELESS_NECKLINES


@pytest.mark.parametrize("label", STYLE_LABELS)
def test_a_sampled_style_has_the_label_asked_for(label: str) -> None:
    assert style_label(sample_style(np.random.default_rng(0), label)) == label


def test_positives_are_clearly_closer_than_negatives() -> None:
    rng = np.random.default_rng(5)
    catalogue = [sample_style(rng, STYLE_LABELS[index % len(STYLE_LABELS)]) for index in range(90)]
    triplets = style_triplets(catalogue, range(0, 90, 2), 3, rng)
    assert len(triplets) > 100
    assert len(set(triplets)) == len(triplets)
    for triplet in triplets:
        reference = catalogue[triplet.reference]
        near = style_distance(reference, catalogue[triplet.positive])
        far = style_distance(reference, catalogue[triplet.negative])
        assert far - near >= CLEAR_GAP
        assert len({triplet.reference, triplet.positive, triplet.negative}) == 3


def test_too_few_photos_give_no_triplets() -> None:
    rng = np.random.default_rng(0)
    alone = [sample_style(rng, STYLE_LABELS[0])]
    assert style_triplets(alone, [0], 3, rng) == []
    assert style_triplets(alone * 3, [0, 1, 2], 3, rng) == []
