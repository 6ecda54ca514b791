"""A picture of many colours, and colour profiles to write it with."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

from tiefvision_assets.store.colour_profiles import (
    ADOBE_GAMMA,
    ADOBE_RGB,
    D65,
    DISPLAY_P3,
    SRGB_CURVE,
    matrix_profile,
)

SIZE = (96, 64)
PROFILES = {
    "Display P3": matrix_profile("Display P3", DISPLAY_P3, D65, SRGB_CURVE),
    "Adobe RGB": matrix_profile("Adobe RGB", ADOBE_RGB, D65, ADOBE_GAMMA),
    "Generic RGB": matrix_profile("Generic RGB", ((0.63, 0.34), (0.295, 0.605), (0.155, 0.077)), D65, (1.8,)),
}
SRGB = {
    "of LittleCMS": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "by its numbers": matrix_profile("sRGB", ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), D65, SRGB_CURVE),
}


def colourful() -> Image.Image:
    """Smooth, so that lossy formats change it little."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    return Image.fromarray(np.stack([40 + 2 * x, 30 + 3 * y, 20 + x + y], axis=-1).astype(np.uint8))


def written(photo: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    photo.save(buffer, image_format, **options)
    return buffer.getvalue()


def by_littlecms(photo: Image.Image, profile: bytes) -> Image.Image:
    """What ImageCms makes of the photo by itself."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    made = ImageCms.profileToProfile(photo, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert made is not None
    return made


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, of 255."""
    return float(np.abs(np.asarray(one, dtype=int) - np.asarray(other.convert("RGB"), dtype=int)).mean())
