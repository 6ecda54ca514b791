"""The model's head: face and hair."""

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.demo.figure import Model
from tiefvision_assets.demo.palette import DisplayColour
from tiefvision_assets.demo.raster import (
    Layer,
    Patch,
    ellipse_points,
    linear,
    polygon,
    smooth_noise,
    smooth_path,
)
from tiefvision_assets.demo.solids import paint_tube, tube

HAIR_CUTS = ("long", "long", "wavy", "bob", "bun", "tail", "short")


@dataclass(frozen=True)
class Hair:
    """A hair cut (one of `HAIR_CUTS`), its colour, and on which side it is parted (-1 to 1)."""

    cut: str
    colour: DisplayColour
    parting: float


def draw_hair_behind(layer: Layer, model: Model, hair: Hair, rng: np.random.Generator) -> None:
    """The hair that falls behind neck and shoulders."""
    lowest = {"long": 0.75, "wavy": 0.6, "bob": -0.12, "tail": -0.5, "bun": -0.55, "short": -0.5}[hair.cut]
    broad = {"long": 0.46, "wavy": 0.56, "bob": 0.50}.get(hair.cut, 0.40)
    x0 = 0.04 * model.pose.turn
    half = np.array(
        [[0.0, -1.30], [0.28, -1.22], [0.41, -0.9], [broad, -0.45], [broad * 0.98, 0.5 * lowest], [0.22, lowest]]
    )
    if hair.cut in ("bun", "tail", "short"):
        half = np.array([[0.0, -1.29], [0.28, -1.21], [0.40, -0.9], [0.38, -0.66], [0.26, -0.42]])
    curve = smooth_path(half, 24)
    outline = np.concatenate([curve, curve[::-1] * (-1, 1)]) + (x0, 0.0)
    _paint_hair(
        layer, model, hair, polygon(model.frame.pixels(outline), layer.size, 0.012 * model.frame.scale), 0.62, rng
    )
    if hair.cut == "bun":
        top = ellipse_points((x0 - 0.1 * model.pose.turn, -1.38), (0.2, 0.18))
        _paint_hair(layer, model, hair, polygon(model.frame.pixels(top), layer.size), 0.9, rng)
    if hair.cut == "tail":
        side = -1.0 if model.pose.turn > 0 else 1.0
        path = smooth_path(
            np.array([[0.2 * side, -1.15], [0.44 * side, -0.95], [0.46 * side, -0.4], [0.36 * side, 0.2]]), 9
        )
        radii = np.array([0.06, 0.1, 0.12, 0.13, 0.12, 0.11, 0.09, 0.06, 0.02]) * model.frame.scale
        _paint_hair(layer, model, hair, tube(model.frame.pixels(path), radii, layer.size).patch, 0.8, rng)


def draw_head(layer: Layer, model: Model, hair: Hair, rng: np.random.Generator) -> None:
    """Face, features, and the hair that frames them."""
    frame, turn = model.frame, model.pose.turn
    skin = linear(model.skin)
    jaw = np.array(
        [[0.0, -1.20], [0.24, -1.13], [0.34, -0.86], [0.325, -0.60], [0.24, -0.38], [0.10, -0.265], [0.0, -0.255]]
    )
    curve = smooth_path(jaw, 28)
    lean = 0.03 * turn
    outline = np.concatenate([curve * (1.0 + 0.06 * turn, 1.0), curve[::-1] * (-1.0 + 0.06 * turn, 1.0)]) + (lean, 0.0)
    patch = polygon(frame.pixels(outline), layer.size)
    if patch.alpha.size == 0:
        return
    for side in (-1, 1):
        ear = np.array([[side * 0.335 + lean, -0.76], [side * 0.325 + lean, -0.60]])
        paint_tube(layer, frame.pixels(ear), np.array([0.055, 0.035]) * frame.scale, skin * 0.9, model.light)
    x, y = frame.figure(*patch.grid())
    across = np.clip((x - lean) / 0.36, -1.0, 1.0)
    down = np.clip((y + 0.72) / 0.52, -1.0, 1.0)
    curved = 0.75 / np.maximum(1.0, np.sqrt(across**2 + down**2))
    nx, ny = across * curved, down * curved * np.float32(0.7)
    shade = model.light.shade(nx, ny, np.sqrt(np.clip(1.0 - nx**2 - ny**2, 0.0, 1.0)))
    warm = np.array([0.86, 1.05, 1.12], np.float32)
    face = skin * model.light.colour * shade[..., None] ** warm
    for side in (-1, 1):
        blush = np.exp(-(((x - lean - 0.15 * turn - side * 0.19) / 0.09) ** 2) - ((y + 0.55) / 0.08) ** 2)
        face = face * (1.0 - blush[..., None] * np.array([0.0, 0.16, 0.12], np.float32))
    layer.paint(patch, face)
    _draw_features(layer, model, hair)
    _draw_fringe(layer, model, hair, lean, rng)


def _draw_features(layer: Layer, model: Model, hair: Hair) -> None:
    frame, turn, scale = model.frame, model.pose.turn, model.frame.scale
    middle = 0.17 * turn
    skin, dark = linear(model.skin), linear((34, 26, 24))
    brow = linear(hair.colour) * 0.6 + skin * 0.12

    def spot(
        x: float, y: float, rx: float, ry: float, colour: np.ndarray, opacity: float, soft: float, tilt: float = 0.0
    ) -> None:
        points = frame.pixels(ellipse_points((x, y), (rx, ry), tilt))
        shape = polygon(points, layer.size, soft * scale)
        layer.paint(Patch(shape.left, shape.top, shape.alpha * np.float32(opacity)), colour)

    for side in (-1, 1):
        x = middle + side * 0.135 * (1.0 - 0.22 * turn * side)
        spot(x, -0.775, 0.085, 0.05, skin * 0.45, 0.32, 0.02)
        spot(x, -0.75, 0.055, 0.024, 0.5 * (skin + linear((236, 230, 226))), 0.62, 0.007)
        spot(x + 0.01 * turn, -0.752, 0.025, 0.027, dark, 0.92, 0.005)
        spot(x, -0.772, 0.066, 0.013, dark, 0.85, 0.006, side * -0.06)
        spot(x + side * 0.01, -0.855, 0.085, 0.014, brow, 0.75, 0.009, side * -0.10)
    shadow_side = -1.0 if model.light.direction[0] > 0 else 1.0
    spot(middle * 1.15 + 0.045 * shadow_side, -0.66, 0.024, 0.11, skin * 0.5, 0.40, 0.022)
    spot(middle * 1.2, -0.572, 0.05, 0.016, skin * 0.35, 0.55, 0.014)
    lips = skin * np.array([0.66, 0.22, 0.27], np.float32)
    spot(middle * 1.1, -0.468, 0.092, 0.021, lips, 0.9, 0.008)
    spot(middle * 1.1, -0.440, 0.072, 0.026, lips * 1.3, 0.9, 0.009)
    spot(middle * 1.1, -0.458, 0.080, 0.005, dark, 0.55, 0.005)
    spot(middle * 1.15 - 0.01 * shadow_side, -0.62, 0.012, 0.05, skin * 1.4, 0.35, 0.014)
    spot(middle * 1.05, -0.395, 0.06, 0.014, skin * 0.5, 0.4, 0.016)


def _draw_fringe(layer: Layer, model: Model, hair: Hair, lean: float, rng: np.random.Generator) -> None:
    part = 0.16 * hair.parting + 0.1 * model.pose.turn
    outer = smooth_path(
        np.array(
            [
                [-0.375, -0.66],
                [-0.405, -0.92],
                [-0.26, -1.22],
                [0.0, -1.32],
                [0.26, -1.22],
                [0.405, -0.92],
                [0.375, -0.66],
            ]
        ),
        30,
    )
    inner = smooth_path(
        np.array(
            [
                [0.335, -0.68],
                [0.29, -0.90],
                [0.12 + 0.5 * part, -1.07],
                [part, -1.14],
                [-0.12 + 0.5 * part, -1.07],
                [-0.29, -0.90],
                [-0.335, -0.68],
            ]
        ),
        24,
    )
    outline = np.concatenate([outer, inner]) + (lean, 0.0)
    _paint_hair(
        layer, model, hair, polygon(model.frame.pixels(outline), layer.size, 0.01 * model.frame.scale), 1.0, rng
    )
    falls = {"long": 0.62, "wavy": 0.42, "bob": -0.16}.get(hair.cut)
    if falls is None:
        return
    for side in (-1, 1):
        wave = 0.05 if hair.cut == "wavy" else 0.015
        reach = falls * float(rng.uniform(0.75, 1.0)) if falls > 0 else falls
        y = np.linspace(-0.98, reach, 7)
        bulge = np.array([0.34, 0.385, 0.40, 0.39, 0.40, 0.38, 0.33]) + wave * np.sin(np.arange(7) * 2.1)
        path = smooth_path(np.stack([side * bulge + lean, y], axis=1), 14)
        radii = np.interp(np.linspace(0, 1, 14), [0.0, 0.3, 0.7, 1.0], [0.05, 0.085, 0.10, 0.03]) * model.frame.scale
        _paint_hair(layer, model, hair, tube(model.frame.pixels(path), radii, layer.size).patch, 0.95, rng)


def _paint_hair(layer: Layer, model: Model, hair: Hair, patch: Patch, bright: float, rng: np.random.Generator) -> None:
    shape = patch.alpha.shape
    if patch.alpha.size == 0:
        return
    columns = max(4, round(shape[1] / model.frame.scale * 26))
    strands = smooth_noise(rng, shape, (4, columns)) * np.float32(0.24) + smooth_noise(
        rng, shape, (3, columns // 3)
    ) * np.float32(0.16)
    _, y = model.frame.figure(*patch.grid())
    sheen = 0.35 * np.exp(-(((y + 1.02) / 0.14) ** 2)) + 0.15 * np.exp(-(((y + 0.1) / 0.25) ** 2))
    tone = np.clip(bright * (0.75 + strands + sheen), 0.12, 2.0)
    gloss = np.float32(0.02) * np.clip(tone - 0.9, 0.0, 1.0)
    layer.paint(patch, linear(hair.colour) * model.light.colour * tone[..., None] + gloss[..., None])
