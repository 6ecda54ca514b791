"""Measures of photos as such follow what was done to a photo, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from tiefvision_assets.vision.photo_quality import PhotoQuality, measured

SIZE = (240, 320)


def photo() -> Image.Image:
    """A soft background with noise, and an object with edges."""
    draw = np.random.default_rng(0)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    pixels = 120 + x[..., None] * [0.2, 0.1, 0.0] + y[..., None] * [0.0, 0.1, 0.1] + draw.normal(0, 2, (*SIZE[::-1], 3))
    pixels[80:260, 70:180] = [30, 60, 200]
    pixels[90:250:8, 70:180] = [220, 200, 60]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def of(picture: Image.Image) -> PhotoQuality:
    return measured(np.asarray(picture))


def test_a_blurred_photo_is_less_sharp_the_more_it_is_blurred():
    found = [of(photo().filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 1, 2, 4)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.2 * found[0]


@pytest.mark.parametrize("factor", [0.3, 0.6])
def test_sharpness_does_not_follow_the_contrast(factor):
    faint = Image.blend(Image.new("RGB", SIZE, (128, 128, 128)), photo(), factor)
    assert of(faint).sharpness == pytest.approx(of(photo()).sharpness, rel=0.1)


def test_a_photo_of_one_colour_is_not_sharp_at_all():
    assert of(Image.new("RGB", SIZE, (130, 130, 130))).sharpness == 0


def test_dark_and_bright_photos_are_told_by_their_highlights_and_shadows():
    dark, bright = photo().point(lambda level: level // 5), photo().point(lambda level: 200 + level // 5)
    assert of(dark).highlights < 0.25 < of(photo()).highlights
    assert of(bright).shadows > 0.75 > of(photo()).shadows


@pytest.mark.parametrize("colour", ["white", "black", (200, 30, 30)])
@pytest.mark.parametrize("border", [4, 12, (0, 30, 0, 30), (20, 0, 20, 0)])
def test_a_frame_or_bars_are_measured(border, colour):
    framed = ImageOps.expand(photo(), border, colour)
    assert of(framed).frame == pytest.approx(1 - (SIZE[0] * SIZE[1]) / (framed.width * framed.height), abs=0.01)


def test_a_jpeg_s_frame_is_measured_too(tmp_path):
    ImageOps.expand(photo(), 16, "white").save(tmp_path / "a.jpg", quality=80)
    assert of(Image.open(tmp_path / "a.jpg")).frame > 0.15


def test_a_plain_background_is_no_frame():
    studio = Image.new("RGB", SIZE, "white")
    studio.paste(photo().crop((70, 80, 180, 260)), (70, 80))
    assert of(studio).frame == 0
    assert of(photo()).frame == 0
