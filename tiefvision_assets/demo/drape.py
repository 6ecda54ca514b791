"""Cloth on a body: folds, sheen and shadow of the dress, drawn from its cut."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiefvision_assets.demo.fabric import Cloth
from tiefvision_assets.demo.garment import TABLE_BOTTOM, TABLE_STEPS, TABLE_TOP, Garment, Tubing
from tiefvision_assets.demo.pose import Frame
from tiefvision_assets.demo.raster import Layer, Patch, Picture, Plane, blur, linear, polygon, smooth_noise, smooth_step
from tiefvision_assets.demo.solids import Light, tube
from tiefvision_assets.demo.styles import Style

# fabric: depth of folds, crispness of wrinkles, strength and sharpness of the sheen
_HAND: dict[str, tuple[float, float, float, float]] = {
    "cotton": (0.9, 1.0, 0.03, 8.0),
    "satin": (1.1, 0.8, 0.42, 18.0),
    "knit": (0.55, 0.5, 0.0, 4.0),
    "crepe": (1.0, 0.6, 0.08, 6.0),
}
_FOLD_STEPS = 1024


@dataclass(frozen=True)
class Dress:
    """What is needed to draw a dress: style, cut, cloth, position in the photo, light, and how bodily it is (0..1)."""

    style: Style
    garment: Garment
    cloth: Cloth
    frame: Frame
    light: Light
    body: float


def draw_back(layer: Layer, dress: Dress) -> None:
    """The inside of the back that shows through the neck opening when nobody wears the dress."""
    patch = polygon(dress.frame.pixels(dress.garment.back_neck), layer.size)
    layer.paint(patch, linear(dress.style.colour) * np.float32(0.34))


def draw_bodice_and_skirt(layer: Layer, dress: Dress, rng: np.random.Generator) -> Patch:
    """Draw the dress without its sleeves and return its coverage."""
    garment = dress.garment
    patch = polygon(dress.frame.pixels(garment.outline), layer.size)
    if garment.opening is not None:
        patch = patch.without(polygon(dress.frame.pixels(garment.opening), layer.size))
    if patch.alpha.size == 0:
        return patch
    x, y = dress.frame.figure(*patch.grid())
    row = np.clip((y - TABLE_TOP) * np.float32((TABLE_STEPS - 1) / (TABLE_BOTTOM - TABLE_TOP)), 0, TABLE_STEPS - 1)
    row = row.astype(np.int32)
    half_width = garment.half_width[row]
    offset = x - garment.centre[row]
    u = np.clip(offset / half_width, -0.999, 0.999)
    theta = np.arcsin(u)
    towards = np.sqrt(1.0 - u * u)
    depth, crisp, gloss, sharpness = _HAND[dress.style.fabric]
    rise, slope = _folds(garment.fullness, rng)
    start = max(garment.waist, 0.9)
    grown = smooth_step(start - 0.1, garment.hem + 0.4, y) ** np.float32(0.8)
    drift = smooth_noise(rng, u.shape, (4, 3)) * np.float32(0.018)
    phase = ((theta * np.float32(0.8 / np.pi) + 0.5 + drift) * (_FOLD_STEPS - 1)).astype(np.int32)
    phase = np.clip(phase, 0, _FOLD_STEPS - 1)
    amount = grown * np.float32(depth * (0.30 + 0.90 * garment.fullness))
    height, lean = rise[phase] * amount, slope[phase] * amount
    wrinkle_x, wrinkle_y = _wrinkles(u.shape, dress.frame.scale, crisp, rng)
    drag = _drag_lines(u.shape, y, dress, rng)
    bust_x, bust_y = _bust(offset, y, dress.body)
    normal_x = u * np.float32(0.50 + 0.45 * dress.body) + lean * towards + wrinkle_x + bust_x
    normal_y = wrinkle_y + drag + bust_y + np.float32(0.06)
    colours = dress.cloth.colours(
        theta * (0.45 * half_width + np.float32(0.30)) + 0.05 * height,
        y - np.float32(garment.tilt) * towards * half_width * grown + 0.05 * height,
    )
    if dress.style.pattern == "colour-block":
        seam = smooth_step(1.52, 1.55, y - 0.03 * towards)[..., None]
        colours = colours * (1.0 - seam) + linear(dress.style.accent) * seam
    shade = _shade(dress.light, normal_x, normal_y, gloss, sharpness)
    hollow = 1.0 - 0.34 * np.clip(-height, 0.0, 1.0)
    if garment.waist:
        hollow = hollow * (1.0 - 0.30 * np.exp(-(((y - np.float32(garment.waist)) / np.float32(0.035)) ** 2)))
    hollow = hollow * (1.0 - 0.18 * np.exp(-(((y - 0.04 * towards - np.float32(garment.hem - 0.09)) / 0.014) ** 2)))
    rim = blur(patch.alpha, 0.035 * dress.frame.scale)
    edge = (1.0 - np.float32(0.22 * dress.body) * u**4) * (0.62 + 0.38 * smooth_step(0.4, 1.0, rim))
    layer.paint(patch, _lit(colours, shade, hollow * edge, dress.light))
    return patch


def draw_tubing(layer: Layer, dress: Dress, part: Tubing, rng: np.random.Generator) -> Patch:
    """Draw one sleeve or strap and return its coverage."""
    path = dress.frame.pixels(part.path)
    radii = part.radii * dress.frame.scale
    shape = tube(path, radii, layer.size, flat_end=True)
    if shape.patch.alpha.size == 0:
        return shape.patch
    depth, crisp, gloss, sharpness = _HAND[dress.style.fabric]
    wrinkle_x, wrinkle_y = _wrinkles(shape.along.shape, dress.frame.scale, 1.3 * crisp, rng)
    swell = float(part.radii.max() / part.radii.min())
    gathers = np.sin(shape.across * np.float32(7.0) + wrinkle_x * 4.0) * np.float32(
        0.28 * depth * min(swell - 1.0, 1.0)
    )
    flat = np.float32(0.5 + 0.5 * dress.body)
    normal_x = shape.normal_x * flat + wrinkle_x + gathers
    normal_y = shape.normal_y * flat + wrinkle_y
    length = float(np.hypot(*np.diff(part.path, axis=0).T).sum())
    colours = dress.cloth.colours(np.arcsin(shape.across) * np.float32(part.radii.mean()), shape.along * length)
    shade = _shade(dress.light, normal_x, normal_y, gloss, sharpness)
    cuff = 1.0 - 0.28 * smooth_step(0.0, 1.0, 1.0 - np.abs(shape.along - 0.94) / 0.025)
    rim = cuff * (1.0 - np.float32(0.30) * shape.across**4)
    layer.paint(shape.patch, _lit(colours, shade, rim, dress.light))
    return shape.patch


def _lit(colours: Picture, shade: Plane, hollow: Plane, light: Light) -> Picture:
    return colours * light.colour * (shade * hollow)[..., None] + (0.012 * hollow)[..., None]


def _shade(light: Light, x: Plane, y: Plane, gloss: float, sharpness: float) -> Plane:
    inverse = 1.0 / np.sqrt(x * x + y * y + 1.0)
    x, y = x * inverse, y * inverse
    shade = light.shade(x, y, inverse)
    if gloss == 0.0:
        return shade
    half = np.array(light.direction) + (0.0, 0.0, 1.0)
    half = (half / np.linalg.norm(half)).astype(np.float32)
    glint = np.clip(x * half[0] + y * half[1] + inverse * half[2], 0.0, 1.0) ** np.float32(sharpness)
    return shade * np.float32(1.0 - 0.35 * gloss) + np.float32(gloss) * glint


def _folds(fullness: float, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Height (-1..1) and sideways slope of irregular rounded folds over the dress's width."""
    position = np.linspace(0.0, 1.0, _FOLD_STEPS)
    count = 2.0 + 6.0 * fullness + float(rng.uniform(-0.7, 0.7))
    knots = np.linspace(0.0, 1.0, 7)
    warp = np.interp(position, knots, rng.normal(0.0, 0.05, 7))
    loud = np.interp(position, knots, rng.uniform(0.35, 1.0, 7))
    angle = 2.0 * np.pi * count * (position + warp) + rng.uniform(0.0, 2.0 * np.pi)
    ridge = np.sin(angle + 0.45 * np.sin(angle)) + 0.35 * np.sin(2.37 * angle + 1.0)
    smooth = np.hanning(41) / np.hanning(41).sum()
    height = np.convolve(np.pad(loud * ridge, 20, mode="edge"), smooth, mode="valid")
    slope = -np.gradient(height, position) / (2.0 * np.pi * count)
    return height.astype(np.float32), (1.6 * slope).astype(np.float32)


def _wrinkles(shape: tuple[int, int], scale: float, crisp: float, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """Tilts of the surface in x and y by soft wrinkles of two sizes."""
    rows, columns = shape[0] / scale, shape[1] / scale
    height = smooth_noise(rng, shape, (round(rows * 0.8) + 2, round(columns * 3.2) + 2)) * np.float32(0.042)
    height = height + smooth_noise(rng, shape, (round(rows * 5) + 2, round(columns * 6) + 2)) * np.float32(
        0.008 * crisp
    )
    tilt = np.float32(scale)
    down = np.diff(height, axis=0, append=height[-1:]) * tilt
    across = np.diff(height, axis=1, append=height[:, -1:]) * tilt
    return -across, -down


def _drag_lines(shape: tuple[int, int], y: Plane, dress: Dress, rng: np.random.Generator) -> Plane:
    """Tilt in y by the sideways creases of close-fitting cloth around waist and hips."""
    rows, columns = shape[0] / dress.frame.scale, shape[1] / dress.frame.scale
    creases = smooth_noise(rng, shape, (round(rows * 7) + 2, round(columns * 1.3) + 2))
    tight = np.float32(0.16 * (1.0 - dress.garment.fullness)) * np.exp(-(((y - 1.75) / 0.55) ** 2))
    return creases * (tight + np.float32(0.015))


def _bust(x: Plane, y: Plane, body: float) -> tuple[Plane, Plane]:
    """Tilts of the surface by the bust of whoever wears the dress."""
    down = (y - np.float32(0.74)) / np.float32(0.24)
    tilt_x, tilt_y = np.zeros_like(x), np.zeros_like(x)
    for side in (-0.25, 0.25):
        across = (x - np.float32(side)) / np.float32(0.22)
        swell = np.exp(-(across**2) - down**2) * np.float32(0.55 * body)
        tilt_x += across * swell
        tilt_y += down * swell
    return tilt_x, tilt_y
