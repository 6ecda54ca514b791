"""Where the photo is taken: studio backdrops, rooms, streets and parks out of focus, and surfaces for flat lays."""

import numpy as np
from PIL import Image, ImageFilter

from tiefvision_assets.demo.backdrop import Place, falloff, tinted
from tiefvision_assets.demo.outdoors import draw_outdoors
from tiefvision_assets.demo.palette import STUDIO_COLOURS, WOOD_COLOURS, pick
from tiefvision_assets.demo.props import scatter_flat
from tiefvision_assets.demo.raster import (
    Layer,
    Picture,
    Size,
    linear,
    pixel_grid,
    smooth_noise,
    smooth_step,
)
from tiefvision_assets.demo.room import draw_room
from tiefvision_assets.demo.solids import Light


def render_scene(kind: str, size: Size, place: Place, light: Light, rng: np.random.Generator) -> Layer:
    """An opaque layer showing a studio, room, outdoors or surface; all but surfaces are drawn at half size, blurred."""
    if kind == "surface":
        layer = Layer.filled(_surface(size, place.unit, light, rng))
        scatter_flat(layer, place.middle, place.unit, light, rng)
        return layer
    half = Size((size.width + 1) // 2, (size.height + 1) // 2)
    near = Place(place.middle / 2, place.floor / 2, place.unit / 2)
    if kind == "studio":
        layer, focus = _studio(half, near, light, rng), 1.0
    elif kind == "room":
        layer, focus = draw_room(half, near, light, rng), float(rng.uniform(0.5, 2.4))
    else:
        layer, focus = draw_outdoors(half, near, rng), float(rng.uniform(2.5, 5.0))
    return Layer.filled(enlarge(layer.pixels, size, focus))


def enlarge(pixels: Picture, size: Size, focus: float) -> Picture:
    """Half-size linear light, blurred by `focus` pixels, at full size."""
    display = (np.sqrt(np.clip(pixels, 0.0, 1.0)) * 255.0 + 0.5).astype(np.uint8)
    image = Image.fromarray(display).filter(ImageFilter.GaussianBlur(focus))
    image = image.resize((size.width, size.height), Image.Resampling.BICUBIC)
    return (np.asarray(image, np.float32) / 255.0) ** 2


def _studio(size: Size, place: Place, light: Light, rng: np.random.Generator) -> Layer:
    colour = linear(pick(STUDIO_COLOURS, rng))
    shade = falloff(size, light, rng)
    if rng.random() < 0.4:
        shade = shade + 0.035 * smooth_noise(rng, shape := (size.height, size.width), (9, 7))
        shade = shade + 0.010 * smooth_noise(rng, shape, (31, 23))
    _, y = pixel_grid(0, 0, size.width, size.height)
    cove = smooth_step(place.floor - 1.6 * place.unit, place.floor + 0.2 * place.unit, y)
    shade = shade * (1.0 - 0.16 * cove * (1.0 - cove) * 4.0) * (1.0 + 0.10 * cove)
    return Layer.filled(tinted(shade, colour))


def _surface(size: Size, unit: float, light: Light, rng: np.random.Generator) -> Picture:
    """Boards, linen, marble or plaster seen from above."""
    shape = (size.height, size.width)
    x, _ = pixel_grid(0, 0, size.width, size.height)
    kind = int(rng.integers(4))
    if kind == 0:
        width = 1.3 * unit
        board = np.floor(x / width)
        grain = smooth_noise(rng, shape, (max(4, size.height // 90), size.width // 4))
        shade = 0.92 + 0.05 * grain + 0.10 * np.sin(board * 9.7) - 0.45 * (np.abs((x / width) % 1.0 - 0.5) > 0.488)
        colour = linear(pick(WOOD_COLOURS, rng))
    elif kind == 1:
        height = smooth_noise(rng, shape, (9, 7)) + 0.5 * smooth_noise(rng, shape, (20, 16))
        shade = 0.95 + 1.1 * (
            np.diff(height, axis=0, append=height[-1:]) + np.diff(height, axis=1, append=height[:, -1:])
        )
        colour = linear(pick(((236, 232, 224), (214, 206, 194), (196, 204, 210)), rng))
    elif kind == 2:
        vein = np.abs(smooth_noise(rng, shape, (6, 5)) + 0.35 * smooth_noise(rng, shape, (18, 15)))
        shade = (
            1.0
            - 0.16 * np.exp(-((vein / 0.10) ** 2)) * smooth_step(-0.6, 1.2, smooth_noise(rng, shape, (7, 6)))
            - 0.05 * smooth_noise(rng, shape, (4, 4))
        )
        colour = linear((234, 232, 230))
    else:
        shade = 0.96 + 0.025 * smooth_noise(rng, shape, (30, 22)) + 0.03 * smooth_noise(rng, shape, (7, 5))
        colour = linear(pick(STUDIO_COLOURS, rng))
    return tinted((shade * falloff(size, light, rng)).astype(np.float32), colour)
