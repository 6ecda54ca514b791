"""Things that are not the dress: furniture, plants, pictures, bags and shoes that share the photo with it."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tiefvision_assets.demo.palette import (
    COLOUR_FAMILIES,
    WALL_COLOURS,
    WOOD_COLOURS,
    DisplayColour,
    pick,
    sample_colour,
)
from tiefvision_assets.demo.raster import Layer, Points, ellipse_points, linear, polygon, smooth_path
from tiefvision_assets.demo.solids import Light, paint_ball, paint_tube

Prop: TypeAlias = Callable[[Layer, float, float, float, Light, np.random.Generator], None]


def _any_colour(rng: np.random.Generator) -> DisplayColour:
    return sample_colour(pick(tuple(COLOUR_FAMILIES), rng), rng)


def _ground_shadow(layer: Layer, x: float, floor: float, wide: float, unit: float) -> None:
    layer.darken(polygon(ellipse_points((x, floor), (wide * unit, 0.16 * unit)), layer.size, 0.1 * unit), 0.42)


def _shaded_polygon(layer: Layer, points: Points, colour: DisplayColour, light: Light, roundness: float = 0.7) -> None:
    """A polygon shaded from side to side like an upright half cylinder."""
    patch = polygon(points, layer.size)
    x, y = patch.grid()
    left, right = points[:, 0].min(), points[:, 0].max()
    across = np.clip((2.0 * x - (left + right)) / (right - left + 1e-6), -1.0, 1.0) * np.float32(roundness) + 0.0 * y
    shade = light.shade(across, 0.0 * across, np.sqrt(1.0 - across**2))
    layer.paint(patch, linear(colour) * light.colour * shade[..., None])


def lamp(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A floor lamp with a glowing shade."""
    height = float(rng.uniform(5.6, 7.4)) * unit
    metal = linear(pick(((40, 38, 36), (170, 140, 80), (150, 150, 154)), rng))
    _ground_shadow(layer, x, floor, 0.7, unit)
    paint_ball(layer, (x, floor), (0.6 * unit, 0.1 * unit), metal, light)
    paint_tube(layer, np.array([[x, floor], [x, floor - height]]), np.full(2, 0.05 * unit), metal, light)
    top, wide, tall = floor - height, float(rng.uniform(0.6, 0.95)) * unit, float(rng.uniform(0.9, 1.4)) * unit
    shade = np.array([[x - 0.62 * wide, top - tall], [x + 0.62 * wide, top - tall], [x + wide, top], [x - wide, top]])
    glow = polygon(ellipse_points((x, top - 0.4 * tall), (2.4 * wide, 2.2 * tall)), layer.size, 0.7 * unit)
    rows, columns = glow.window
    layer.pixels[rows, columns] *= 1.0 + glow.alpha[..., None] * np.array([0.30, 0.22, 0.10], np.float32)
    _shaded_polygon(layer, shade, pick(((250, 232, 196), (238, 214, 180), (226, 226, 220)), rng), light, 0.5)


def plant(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A pot plant with arching leaves."""
    pot = float(rng.uniform(0.45, 0.7)) * unit
    top = floor - 1.5 * pot
    _ground_shadow(layer, x, floor, 0.8, unit)
    corners = np.array([[x - pot, top], [x + pot, top], [x + 0.75 * pot, floor], [x - 0.75 * pot, floor]])
    _shaded_polygon(layer, corners, pick(((186, 104, 70), (224, 220, 212), (70, 72, 76), (120, 132, 128)), rng), light)
    reach = float(rng.uniform(1.6, 3.4)) * unit
    for _ in range(int(rng.integers(11, 20))):
        lean = float(rng.uniform(-1.1, 1.1))
        length = reach * float(rng.uniform(0.6, 1.0))
        end = np.array([x + lean * length * 0.8, top - length * (1.0 - 0.45 * abs(lean))])
        middle = np.array([x + lean * length * 0.25, top - 0.62 * length])
        path = smooth_path(np.stack([[x, top], middle, end]), 10)
        wide = float(rng.uniform(0.10, 0.24)) * unit
        radii = wide * np.sin(np.pi * np.linspace(0.03, 0.98, 10)) ** 0.8 + 0.5
        shade = float(rng.uniform(0.45, 1.15))
        paint_tube(layer, path, radii, linear((70, 112, 64)) * np.float32(shade), light)


def chair(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A wooden or upholstered chair, seen from the front."""
    wood, cover = linear(pick(WOOD_COLOURS, rng)), _any_colour(rng)
    wide, seat, back = float(rng.uniform(0.95, 1.25)) * unit, 1.95 * unit, 4.0 * unit
    _ground_shadow(layer, x, floor, 1.2, unit)
    for side in (-1, 1):
        rear = np.array([[x + side * 0.82 * wide, floor - 0.3 * unit], [x + side * 0.85 * wide, floor - back]])
        paint_tube(layer, rear, np.full(2, 0.09 * unit), wood, light)
    high, low = floor - back, floor - back + float(rng.uniform(0.7, 1.6)) * unit
    corners = np.array([[x - 0.82 * wide, high], [x + 0.82 * wide, high], [x + 0.8 * wide, low], [x - 0.8 * wide, low]])
    _shaded_polygon(layer, corners, cover, light, 0.4)
    for side in (-1, 1):
        leg = np.array([[x + side * wide, floor - seat], [x + side * 1.02 * wide, floor]])
        paint_tube(layer, leg, np.array([0.1, 0.07]) * unit, wood, light)
    paint_ball(layer, (x, floor - seat), (1.12 * wide, 0.3 * unit), linear(cover), light, 0.4)


def stool(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A stool with something folded or a vase on it."""
    wood, wide, tall = linear(pick(WOOD_COLOURS, rng)), 0.75 * unit, float(rng.uniform(1.8, 2.6)) * unit
    _ground_shadow(layer, x, floor, 0.9, unit)
    for reach in (-0.85, 0.15, 0.85):
        leg = np.array([[x + 0.7 * reach * wide, floor - tall], [x + reach * wide, floor]])
        paint_tube(layer, leg, np.full(2, 0.06 * unit), wood, light)
    paint_ball(layer, (x, floor - tall), (wide, 0.18 * unit), wood, light, 0.5)
    if rng.random() < 0.5:
        for level in range(int(rng.integers(2, 4))):
            y = floor - tall - (0.1 + 0.26 * level) * unit
            fold = np.array([[x - 0.5 * unit, y], [x + 0.5 * unit, y]])
            paint_tube(layer, fold, np.full(2, 0.13 * unit), linear(_any_colour(rng)), light)
    else:
        profile = np.array([[0.16, 0.0], [0.30, 0.25], [0.34, 0.5], [0.20, 0.85], [0.12, 1.0], [0.17, 1.15]])
        half = smooth_path(profile * (unit, -unit) + (0.0, floor - tall - 0.05 * unit), 24)
        _shaded_polygon(
            layer, np.concatenate([half + (x, 0), (half * (-1, 1) + (x, 0))[::-1]]), _any_colour(rng), light, 0.9
        )


def handbag(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A handbag standing on the floor (or hanging with its bottom at `floor`)."""
    colour, wide, tall = _any_colour(rng), float(rng.uniform(0.45, 0.75)) * unit, float(rng.uniform(0.7, 1.0)) * unit
    handle = smooth_path(
        np.array(
            [
                [x - 0.5 * wide, floor - tall],
                [x - 0.3 * wide, floor - 1.6 * tall],
                [x + 0.3 * wide, floor - 1.6 * tall],
                [x + 0.5 * wide, floor - tall],
            ]
        ),
        14,
    )
    _ground_shadow(layer, x, floor, 0.7, unit)
    paint_tube(layer, handle, np.full(14, 0.045 * unit), linear(colour) * 0.7, light)
    corners = np.array(
        [
            [x - 0.82 * wide, floor - tall],
            [x + 0.82 * wide, floor - tall],
            [x + wide, floor - 0.1 * tall],
            [x + 0.92 * wide, floor],
            [x - 0.92 * wide, floor],
            [x - wide, floor - 0.1 * tall],
        ]
    )
    _shaded_polygon(layer, corners, colour, light, 0.6)
    flap = np.array(
        [
            [x - 0.8 * wide, floor - tall],
            [x + 0.8 * wide, floor - tall],
            [x + 0.6 * wide, floor - 0.5 * tall],
            [x - 0.6 * wide, floor - 0.5 * tall],
        ]
    )
    layer.darken(polygon(flap + (0.0, 0.04 * unit), layer.size, 0.03 * unit), 0.25)
    _shaded_polygon(layer, flap, colour, light, 0.5)
    paint_ball(layer, (x, floor - 0.52 * tall), (0.06 * unit, 0.06 * unit), linear((220, 190, 120)), light)


def shoes(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A pair of shoes."""
    colour = linear(_any_colour(rng))
    for side in (-0.22, 0.22):
        _ground_shadow(layer, x + side * unit, floor + 0.05 * unit, 0.25, unit)
        path = smooth_path(
            np.array(
                [
                    [x + side * unit, floor - 0.45 * unit],
                    [x + 1.15 * side * unit, floor - 0.1 * unit],
                    [x + 1.3 * side * unit, floor + 0.2 * unit],
                ]
            ),
            8,
        )
        paint_tube(layer, path, np.interp(np.linspace(0, 1, 8), [0, 0.7, 1], [0.1, 0.14, 0.06]) * unit, colour, light)
        paint_ball(layer, (x + side * unit, floor - 0.4 * unit), (0.08 * unit, 0.12 * unit), colour * 0.3, light)


def rail(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A clothes rail with smaller garments on it."""
    metal, wide, tall = linear((60, 60, 64)), float(rng.uniform(1.6, 2.6)) * unit, 6.4 * unit
    for side in (-1, 1):
        paint_tube(
            layer,
            np.array([[x + side * wide, floor], [x + side * wide, floor - tall]]),
            np.full(2, 0.06 * unit),
            metal,
            light,
        )
    paint_tube(
        layer, np.array([[x - wide, floor - tall], [x + wide, floor - tall]]), np.full(2, 0.05 * unit), metal, light
    )
    for position in np.linspace(-0.8, 0.8, int(rng.integers(3, 8))) * wide:
        half, length = float(rng.uniform(0.25, 0.5)) * unit, float(rng.uniform(2.2, 4.4)) * unit
        top, cx = floor - tall + 0.35 * unit, x + float(position)
        corners = np.array(
            [
                [cx - 0.1 * unit, top],
                [cx + 0.1 * unit, top],
                [cx + half, top + 0.3 * unit],
                [cx + 1.1 * half, top + length],
                [cx - 1.1 * half, top + length],
                [cx - half, top + 0.3 * unit],
            ]
        )
        _shaded_polygon(layer, corners, _any_colour(rng), light, 0.85)


def picture_frame(layer: Layer, x: float, floor: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """A framed picture somewhere on the wall; `x` is ignored but for keeping the call of all props alike."""
    wide, tall = float(rng.uniform(0.6, 1.5)) * unit, float(rng.uniform(0.8, 1.7)) * unit
    cx = float(rng.uniform(0.0, layer.size.width)) if rng.random() < 0.7 else x + 2.0 * unit
    cy = floor - float(rng.uniform(4.2, 7.5)) * unit
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    layer.darken(
        polygon(
            corners * (wide, tall) + (cx - 0.1 * unit * light.direction[0], cy + 0.12 * unit), layer.size, 0.1 * unit
        ),
        0.3,
    )
    layer.paint(polygon(corners * (wide, tall) + (cx, cy), layer.size), linear(pick(WOOD_COLOURS, rng)) * 0.7)
    layer.paint(
        polygon(corners * (wide - 0.12 * unit, tall - 0.12 * unit) + (cx, cy), layer.size), linear((236, 234, 228))
    )
    inner = corners * (0.62 * wide, 0.66 * tall) + (cx, cy)
    layer.paint(polygon(inner, layer.size), linear(pick(WALL_COLOURS, rng)))
    for _ in range(3):
        spot = (cx + float(rng.uniform(-0.35, 0.35)) * wide, cy + float(rng.uniform(-0.35, 0.35)) * tall)
        layer.paint(polygon(ellipse_points(spot, (0.22 * wide, 0.2 * tall)), layer.size), linear(_any_colour(rng)))


def furnish_room(
    layer: Layer, middle: float, floor: float, unit: float, light: Light, rng: np.random.Generator
) -> None:
    """Up to three pieces of furniture, away from the subject's middle."""
    pieces: tuple[Prop, ...] = (lamp, plant, chair, stool, rail, plant, lamp)
    for _ in range(int(rng.integers(0, 4))):
        side = -1.0 if rng.random() < middle / layer.size.width else 1.0
        x = middle + side * float(rng.uniform(1.2, 3.6)) * unit
        pick(pieces, rng)(layer, x, floor + float(rng.uniform(-0.1, 0.35)) * unit, unit, light, rng)


def scatter_flat(layer: Layer, middle: float, unit: float, light: Light, rng: np.random.Generator) -> None:
    """Accessories around a dress that lies on a surface."""
    pieces: tuple[Prop, ...] = (handbag, shoes, shoes)
    for _ in range(int(rng.integers(0, 3))):
        side = -1.0 if rng.random() < middle / layer.size.width else 1.0
        x = middle + side * float(rng.uniform(1.3, 2.2)) * unit
        pick(pieces, rng)(layer, x, float(rng.uniform(0.3, 0.95)) * layer.size.height, unit, light, rng)
