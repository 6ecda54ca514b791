"""Demo photos: the same seed draws the same pixels, boxes are tight, and no fixed box finds the dress."""

from functools import cache

import numpy as np
import pytest

from tiefvision_assets.box import Box
from tiefvision_assets.demo.photo import DemoPhoto, photo_style, render_photo, tight_box
from tiefvision_assets.demo.styles import STYLE_LABELS, style_label

SEED = 3


@cache
def photo(index: int) -> DemoPhoto:
    return render_photo(index, SEED)


def test_a_photo_depends_only_on_seed_and_index() -> None:
    again = render_photo(4, SEED)
    assert again.image.tobytes() == photo(4).image.tobytes()
    assert (again.box, again.style) == (photo(4).box, photo(4).style)
    assert render_photo(4, SEED + 1).image.tobytes() != photo(4).image.tobytes()


@pytest.mark.parametrize("index", range(24))
def test_box_lies_inside_the_photo(index: int) -> None:
    box, image = photo(index).box, photo(index).image
    assert 0 <= box.left < box.right <= image.width
    assert 0 <= box.top < box.bottom <= image.height
    assert box.width >= 0.1 * image.width


def test_tight_box_is_the_extent_of_the_mask() -> None:
    mask = np.zeros((40, 30), np.float32)
    mask[7:20, 5:11] = 1.0
    mask[25, 28] = 0.6
    mask[39, 0] = 0.4
    assert tight_box(mask) == Box(5.0, 7.0, 29.0, 26.0)


def test_box_edges_touch_the_dress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every edge row and column of the box shows the mask that the box was made from."""
    from tiefvision_assets.demo import photo as module

    masks: list[np.ndarray] = []
    monkeypatch.setattr(module, "tight_box", lambda mask: masks.append(mask) or tight_box(mask))
    for index in range(6):
        left, top, right, bottom = (int(edge) for edge in render_photo(index, SEED).box.as_tuple())
        covered = masks[-1] >= 0.5
        inside = covered[top:bottom, left:right]
        assert inside.sum() == covered.sum()
        assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()


def test_the_mean_box_is_a_poor_guess() -> None:
    photos = [photo(index) for index in range(30)]
    relative = [p.box.scaled(1 / p.image.width, 1 / p.image.height) for p in photos]
    mean = Box(*np.mean([box.as_tuple() for box in relative], axis=0).tolist())
    assert np.mean([box.iou(mean) for box in relative]) < 0.55


def test_dresses_vary_in_size_and_place() -> None:
    photos = [photo(index) for index in range(30)]
    widths = [p.box.width / p.image.width for p in photos]
    middles = [(p.box.left + p.box.right) / 2 / p.image.width for p in photos]
    assert min(widths) < 0.32 and max(widths) > 0.68
    assert min(middles) < 0.35 and max(middles) > 0.65
    assert len({p.image.size for p in photos}) > 4


def test_classes_are_balanced() -> None:
    labels = [style_label(photo_style(index, SEED)) for index in range(len(STYLE_LABELS) * 4)]
    assert {label: labels.count(label) for label in STYLE_LABELS} == dict.fromkeys(STYLE_LABELS, 4)
