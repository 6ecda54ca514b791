"""What all backdrops share: where the subject stands before them, and how they are lit."""

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.demo.raster import Colour, Picture, Plane, Size, pixel_grid, smooth_noise
from tiefvision_assets.demo.solids import Light


@dataclass(frozen=True)
class Place:
    """Where the subject stands: x of its middle, y of the floor below it, and pixels a head height there."""

    middle: float
    floor: float
    unit: float


def tinted(shade: Plane, colour: Colour) -> Picture:
    """A colour under a plane of brightness, kept between deep shadow and slight overexposure."""
    return np.clip(shade, 0.02, 1.2)[..., None] * colour


def falloff(size: Size, light: Light, rng: np.random.Generator) -> Plane:
    """How a lamp beside the camera lights a wall: bright on its side, with soft unevenness."""
    x, y = pixel_grid(0, 0, size.width, size.height)
    x, y = x / size.width - 0.5, y / size.height - 0.5
    middle = 0.5 * light.direction[0]
    distance = (x - middle) ** 2 + 0.7 * (y + 0.15) ** 2
    shade = 1.06 - float(rng.uniform(0.25, 0.75)) * distance
    return (shade + 0.018 * smooth_noise(rng, (size.height, size.width), (5, 4))).astype(np.float32)
