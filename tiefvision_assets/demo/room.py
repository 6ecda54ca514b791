"""Rooms: papered, panelled or brick walls, floors in perspective, window light, curtains and furniture."""

import numpy as np

from tiefvision_assets.demo.backdrop import Place, falloff, tinted
from tiefvision_assets.demo.palette import WALL_COLOURS, WOOD_COLOURS, pick
from tiefvision_assets.demo.props import furnish_room, picture_frame
from tiefvision_assets.demo.raster import (
    Layer,
    Patch,
    Picture,
    Size,
    linear,
    pixel_grid,
    polygon,
    smooth_noise,
    smooth_step,
)
from tiefvision_assets.demo.solids import Light


def draw_room(size: Size, place: Place, light: Light, rng: np.random.Generator) -> Layer:
    """An opaque layer showing a room with its floor below the subject."""
    horizon = place.floor - float(rng.uniform(0.5, 1.3)) * place.unit
    shade = falloff(size, light, rng)
    wall = _wall(size, place.unit, rng)
    floor = _floor(size, horizon, place, rng)
    _, y = pixel_grid(0, 0, size.width, size.height)
    below = smooth_step(horizon - 1.0, horizon + 1.0, y)[..., None]
    pixels = (wall * (1.0 - below) + floor * below) * shade[..., None]
    layer = Layer.filled(pixels.astype(np.float32))
    board = _strip(size, horizon - 0.55 * place.unit, horizon)
    layer.paint(Patch(board.left, board.top, 0.85 * board.alpha), linear((232, 228, 222)) * 0.85)
    layer.darken(_strip(size, horizon - 0.05 * place.unit, horizon + 0.12 * place.unit), 0.35)
    if rng.random() < 0.55:
        _window_light(layer, light, rng)
    if rng.random() < 0.4:
        _curtain(layer, rng)
    for _ in range(int(rng.integers(0, 3))):
        picture_frame(layer, place.middle, horizon, place.unit, light, rng)
    furnish_room(layer, place.middle, horizon + 0.35 * place.unit, 0.9 * place.unit, light, rng)
    return layer


def _strip(size: Size, top: float, bottom: float) -> Patch:
    return polygon(np.array([[-5.0, top], [size.width + 5.0, top], [size.width + 5.0, bottom], [-5.0, bottom]]), size)


def _wall(size: Size, unit: float, rng: np.random.Generator) -> Picture:
    colour = linear(pick(WALL_COLOURS, rng))
    x, y = pixel_grid(0, 0, size.width, size.height)
    shift = float(rng.uniform(0.0, 4.0))
    kind = int(rng.integers(5))
    plain = np.ones((size.height, size.width), np.float32)
    if kind == 0:
        row = np.floor(y / (0.34 * unit))
        joint_y = np.abs((y / (0.34 * unit)) % 1.0 - 0.5) > 0.44
        joint_x = np.abs((x / (0.95 * unit) + 0.5 * (row % 2) + shift) % 1.0 - 0.5) > 0.475
        tone = 0.86 + 0.09 * np.sin(np.floor(x / (0.95 * unit) + 0.5 * (row % 2) + shift) * 12.9 + row * 78.2)
        plain = np.where(joint_x | joint_y, np.float32(0.72), tone).astype(np.float32)
    elif kind == 1:
        plain = plain * (1.0 - 0.10 * (np.sin(x * np.float32(2.0 * np.pi / (0.8 * unit)) + shift) > 0.3))
    elif kind == 2:
        across, down = (x / (3.1 * unit) + shift) % 1.0, (y / (4.6 * unit) + shift) % 1.0
        edge = np.minimum(np.minimum(across, 1.0 - across) * 3.1, np.minimum(down, 1.0 - down) * 4.6)
        plain = plain * (
            1.0 + 0.14 * np.exp(-(((edge - 0.36) / 0.05) ** 2)) - 0.20 * np.exp(-(((edge - 0.46) / 0.05) ** 2))
        )
    elif kind == 3:
        plain = plain + 0.02 * smooth_noise(rng, (size.height, size.width), (30, 22))
    return tinted(plain.astype(np.float32), colour)


def _floor(size: Size, horizon: float, place: Place, rng: np.random.Generator) -> Picture:
    x, y = pixel_grid(0, 0, size.width, size.height)
    depth = 1.0 / np.maximum((y - np.float32(horizon)) / place.unit + 1.4, 0.2)
    across = (x - np.float32(0.5 * size.width)) / place.unit * depth
    colour = linear(pick(WOOD_COLOURS, rng))
    if rng.random() < 0.65:
        plank = np.floor(across / 0.42)
        joint = np.abs((across / 0.42) % 1.0 - 0.5) > 0.47
        tone = 0.9 + 0.12 * np.sin(plank * 17.3) + 0.06 * np.sin(across * 31.0 + 5.0 * depth)
        shade = np.where(joint, 0.55, tone)
    else:
        colour = linear(pick(WALL_COLOURS, rng)) * 0.75
        shade = 0.95 + 0.05 * smooth_noise(rng, (size.height, size.width), (60, 40))
    return tinted(shade.astype(np.float32), colour)


def _window_light(layer: Layer, light: Light, rng: np.random.Generator) -> None:
    """Sunlight through a window's panes, slanting over the wall."""
    size = layer.size
    left, top = float(rng.uniform(-0.1, 0.6)) * size.width, float(rng.uniform(0.0, 0.35)) * size.height
    width, height = 0.17 * size.width, 0.22 * size.height
    slant = -0.5 * np.sign(light.direction[0])
    for column in (0.0, 1.12):
        for row in (0.0, 1.08):
            corners = np.array([[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]])
            points = np.stack(
                [
                    left + corners[:, 0] * width + slant * corners[:, 1] * width,
                    top + corners[:, 1] * height + 0.25 * corners[:, 0] * height,
                ],
                axis=1,
            )
            patch = polygon(points, size, softness=0.012 * size.width)
            rows, columns = patch.window
            layer.pixels[rows, columns] *= 1.0 + patch.alpha[..., None] * np.array([0.50, 0.42, 0.28], np.float32)


def _curtain(layer: Layer, rng: np.random.Generator) -> None:
    size = layer.size
    width = float(rng.uniform(0.12, 0.26)) * size.width
    left = 0.0 if rng.random() < 0.5 else size.width - width
    corners = np.array(
        [[left, -5.0], [left + width, -5.0], [left + width, size.height * 0.95], [left, size.height * 0.95]]
    )
    patch = polygon(corners, size, softness=1.0)
    x, _ = patch.grid()
    folds = (
        0.82
        + 0.16 * np.sin(x * np.float32(2 * np.pi * 6 / width))
        + 0.06 * np.sin(x * np.float32(2 * np.pi * 15 / width))
    )
    layer.paint(patch, tinted(np.broadcast_to(folds, patch.alpha.shape), linear(pick(WALL_COLOURS, rng))))
