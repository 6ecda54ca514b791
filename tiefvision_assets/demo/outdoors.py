"""Streets and parks, drawn as the soft masses and points of light that a lens leaves of them."""

import numpy as np

from tiefvision_assets.demo.backdrop import Place, tinted
from tiefvision_assets.demo.palette import pick
from tiefvision_assets.demo.raster import (
    Layer,
    Patch,
    Size,
    ellipse_points,
    linear,
    pixel_grid,
    polygon,
    smooth_noise,
    smooth_step,
)


def draw_outdoors(size: Size, place: Place, rng: np.random.Generator) -> Layer:
    """A street or a park far out of focus: soft masses, points of light, a pavement."""
    x, y = pixel_grid(0, 0, size.width, size.height)
    green = rng.random() < 0.55
    low, high = ((58, 82, 46), (176, 190, 150)) if green else ((112, 104, 98), (206, 200, 196))
    shape = (size.height, size.width)
    mix = np.clip(0.5 - (y / size.height - 0.4) + 0.28 * smooth_noise(rng, shape, (7, 6)), 0.0, 1.0)
    mix = np.clip(mix + 0.10 * smooth_noise(rng, shape, (22, 18)), 0.0, 1.0)[..., None]
    layer = Layer.filled((linear(low) * (1.0 - mix) + linear(high) * mix).astype(np.float32))
    horizon = place.floor - 1.5 * place.unit
    for _ in range(int(rng.integers(3, 8))):
        _far_mass(layer, horizon, green, rng)
    for _ in range(int(rng.integers(10, 26))):
        radius = float(rng.uniform(0.015, 0.06)) * size.width
        centre = (float(rng.uniform(0, size.width)), float(rng.uniform(0, max(horizon, 10.0))))
        patch = polygon(ellipse_points(centre, (radius, radius)), size)
        glow = linear((236, 230, 180) if green else pick(((255, 226, 180), (220, 230, 250), (240, 170, 150)), rng))
        layer.paint(Patch(patch.left, patch.top, patch.alpha * np.float32(rng.uniform(0.12, 0.5))), glow)
    ground = smooth_step(horizon - 0.4 * place.unit, horizon + 0.4 * place.unit, y + 0.0 * x)
    colour = linear((150, 146, 140) if not green or rng.random() < 0.5 else (104, 124, 72))
    texture = 1.0 + 0.06 * smooth_noise(rng, shape, (50, 14))
    layer.paint(Patch(0, 0, ground), tinted(texture, colour))
    return layer


def _far_mass(layer: Layer, horizon: float, green: bool, rng: np.random.Generator) -> None:
    """A house front or a tree trunk in the distance."""
    size = layer.size
    wide = float(rng.uniform(0.02, 0.06) if green else rng.uniform(0.10, 0.30)) * size.width
    left, top = float(rng.uniform(-0.1, 1.0)) * size.width, float(rng.uniform(-0.3, 0.35)) * size.height
    corners = np.array([[left, top], [left + wide, top], [left + wide, horizon], [left, horizon]])
    patch = polygon(corners, size, softness=2.0)
    tones = (
        ((70, 58, 44), (92, 82, 60)) if green else ((150, 118, 98), (186, 172, 150), (120, 122, 130), (206, 196, 178))
    )
    layer.paint(Patch(patch.left, patch.top, np.float32(0.55) * patch.alpha), linear(pick(tones, rng)))
    if green:
        return
    pane = linear(pick(((70, 78, 90), (250, 222, 170), (96, 104, 112)), rng))
    for row in np.arange(max(top, 0.0) + 0.05 * size.height, horizon - 0.1 * size.height, 0.13 * size.height):
        for column in (0.2, 0.6):
            x = left + column * wide
            window = np.array(
                [
                    [x, row],
                    [x + 0.22 * wide, row],
                    [x + 0.22 * wide, row + 0.08 * size.height],
                    [x, row + 0.08 * size.height],
                ]
            )
            glass = polygon(window, size)
            layer.paint(Patch(glass.left, glass.top, np.float32(0.6) * glass.alpha), pane)
