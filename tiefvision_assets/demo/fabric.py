"""Printed and woven patterns as seamless tiles of cloth, looked up at fabric coordinates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tiefvision_assets.demo.palette import DisplayColour
from tiefvision_assets.demo.raster import Picture, Plane
from tiefvision_assets.demo.styles import Style

_OVERSIZE = 2
_TEXELS_A_PIXEL = 2.0
_LARGEST_TILE = 640


@dataclass(frozen=True)
class Cloth:
    """A seamless tile of linear light `(n, n, 3)` that covers `period` x `period` figure units."""

    tile: Picture
    period: float

    def colours(self, across: Plane, down: Plane) -> Picture:
        """The cloth's colour `(height, width, 3)` at fabric coordinates in figure units."""
        count = self.tile.shape[0]
        if count == 1:
            return np.broadcast_to(self.tile[0, 0], (*across.shape, 3))
        per_unit = np.float32(count / self.period)
        column = (across * per_unit).astype(np.int32) % count
        row = (down * per_unit).astype(np.int32) % count
        return self.tile.reshape(-1, 3).take(row * count + column, axis=0)


def weave(style: Style, pixels_per_unit: float, rng: np.random.Generator) -> Cloth:
    """The style's cloth, drawn fine enough for a figure of `pixels_per_unit`; `rng` places the motifs."""
    if style.pattern in ("plain", "colour-block"):
        return Cloth(_linear(np.array(style.colour, np.float32).reshape(1, 1, 3)), 1.0)
    finest, boldest, draw = _PATTERNS[style.pattern]
    period = finest * (boldest / finest) ** style.pattern_scale
    count = int(np.clip(round(period * pixels_per_unit * _TEXELS_A_PIXEL), 8, _LARGEST_TILE))
    image = Image.new("RGB", (count * _OVERSIZE, count * _OVERSIZE), style.colour)
    draw(_Tile(image, ImageDraw.Draw(image, "RGBA"), style.colour, style.accent, rng))
    return Cloth(_linear(np.asarray(image.reduce(_OVERSIZE).filter(ImageFilter.BoxBlur(0.5)), np.float32)), period)


def _linear(display: Picture) -> Picture:
    return (display / np.float32(255.0)) ** 2


def _mixed(a: DisplayColour, b: DisplayColour, share: float) -> DisplayColour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


@dataclass(frozen=True)
class _Tile:
    image: Image.Image
    pen: ImageDraw.ImageDraw
    ground: DisplayColour
    accent: DisplayColour
    rng: np.random.Generator

    @property
    def side(self) -> int:
        return self.image.width

    def polygon(self, corners: NDArray[np.float64], colour: DisplayColour, alpha: int = 255) -> None:
        """Fill a polygon given in tile widths, repeated over the tile's edges."""
        low, high = corners.min(axis=0), corners.max(axis=0)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                if low[0] + dx < 1 and high[0] + dx > 0 and low[1] + dy < 1 and high[1] + dy > 0:
                    self.pen.polygon(((corners + (dx, dy)) * self.side).ravel().tolist(), fill=(*colour, alpha))

    def band(self, start: float, end: float, upright: bool, colour: DisplayColour, alpha: int) -> None:
        """A straight band across the whole tile, from `start` to `end` tile widths."""
        a, b, side = round(start * self.side), round(end * self.side) - 1, self.side
        self.pen.rectangle((a, 0, b, side) if upright else (0, a, side, b), fill=(*colour, alpha))


def _ellipse(x: float, y: float, long: float, wide: float, angle: float) -> NDArray[np.float64]:
    turn = np.linspace(0.0, 2.0 * np.pi, 14, endpoint=False)
    a, b = long * np.cos(turn), wide * np.sin(turn)
    return np.stack([x + a * np.cos(angle) - b * np.sin(angle), y + a * np.sin(angle) + b * np.cos(angle)], axis=1)


def _leaf(x: float, y: float, long: float, wide: float, angle: float) -> NDArray[np.float64]:
    t = np.linspace(0.0, 1.0, 9)
    side = wide * np.sin(np.pi * t) ** 0.8
    a, b = np.concatenate([t, t[::-1]]) * long, np.concatenate([side, -side[::-1]])
    return np.stack([x + a * np.cos(angle) - b * np.sin(angle), y + a * np.sin(angle) + b * np.cos(angle)], axis=1)


def _breton(tile: _Tile) -> None:
    tile.band(0.0, float(tile.rng.uniform(0.32, 0.52)), False, tile.accent, 255)


def _pinstripe(tile: _Tile) -> None:
    tile.band(0.0, float(tile.rng.uniform(0.12, 0.34)), True, tile.accent, 235)


def _gingham(tile: _Tile) -> None:
    tile.band(0.0, 0.5, True, tile.accent, 140)
    tile.band(0.0, 0.5, False, tile.accent, 140)


def _tartan(tile: _Tile) -> None:
    dark = _mixed(tile.ground, (16, 18, 26), 0.62)
    for upright in (True, False):
        tile.band(0.0, 0.36, upright, dark, 125)
        tile.band(0.44, 0.49, upright, dark, 110)
        tile.band(0.66, 0.71, upright, tile.accent, 170)
        tile.band(0.15, 0.18, upright, tile.accent, 120)


def _polka(tile: _Tile) -> None:
    radius = float(tile.rng.uniform(0.13, 0.19))
    for x, y in ((0.25, 0.25), (0.75, 0.75)):
        tile.polygon(_ellipse(x, y, radius, radius, 0.0), tile.accent)


def _confetti(tile: _Tile) -> None:
    second = _mixed(tile.ground, tile.accent, 0.55)
    for x, y in _scattered(5, tile.rng):
        radius = float(tile.rng.uniform(0.02, 0.055))
        tile.polygon(_ellipse(x, y, radius, radius, 0.0), tile.accent if tile.rng.random() < 0.6 else second)


def _scattered(cells: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Jittered grid points in tile widths, `(cells * cells, 2)`."""
    grid = np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), axis=-1).reshape(-1, 2)
    return (grid + 0.5 + rng.uniform(-0.36, 0.36, grid.shape)) / cells


def _floral(tile: _Tile) -> None:
    rng = tile.rng
    green = _mixed((72, 112, 70), tile.ground, 0.25)
    blossom = (tile.accent, _mixed(tile.accent, (226, 92, 110), 0.55), _mixed(tile.accent, tile.ground, 0.4))
    for x, y in _scattered(3, rng):
        size = float(rng.uniform(0.07, 0.135))
        for _ in range(3):
            angle = float(rng.uniform(0, 2 * np.pi))
            tile.polygon(_leaf(x, y, size * 1.7, size * 0.28, angle), green)
        colour = blossom[int(rng.integers(3))]
        petals = int(rng.integers(5, 8))
        start = float(rng.uniform(0, 2 * np.pi))
        for layer, reach in ((0, 0.62), (1, 0.36)):
            shade = colour if layer == 0 else _mixed(colour, (255, 250, 240), 0.35)
            for petal in range(petals):
                angle = start + (petal + 0.5 * layer) * 2 * np.pi / petals
                cx, cy = x + reach * size * np.cos(angle), y + reach * size * np.sin(angle)
                tile.polygon(_ellipse(cx, cy, size * 0.5 * reach / 0.62, size * 0.3, angle), shade, 225)
        tile.polygon(_ellipse(x, y, size * 0.2, size * 0.2, 0.0), _mixed((214, 170, 60), colour, 0.2))
    for x, y in _scattered(5, rng):
        if rng.random() < 0.5:
            tile.polygon(_ellipse(x, y, 0.016, 0.016, 0.0), blossom[1])


def _leaves(tile: _Tile) -> None:
    rng = tile.rng
    for x, y in _scattered(3, rng):
        angle, size = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.22, 0.30))
        colour = _mixed(tile.accent, tile.ground, float(rng.uniform(0.0, 0.45)))
        for step in range(4):
            sx, sy = x + size * step / 3 * np.cos(angle), y + size * step / 3 * np.sin(angle)
            for side in (-1, 1):
                tile.polygon(_leaf(sx, sy, size * (0.46 - 0.07 * step), size * 0.075, angle + side * 0.85), colour)
        tile.polygon(
            _leaf(x - 0.2 * size * np.cos(angle), y - 0.2 * size * np.sin(angle), size * 1.5, 0.008, angle), colour
        )


def _lace(tile: _Tile) -> None:
    lining = _mixed(tile.ground, (232, 206, 186), 0.55)
    side = tile.side
    tile.pen.rectangle((0, 0, side, side), fill=(*lining, 255))
    for offset in np.arange(12) / 12.0:
        for slant in (-1, 1):
            corners = np.array(
                [[offset, 0.0], [offset + 0.014, 0.0], [offset + 0.014 + slant, 1.0], [offset + slant, 1.0]]
            )
            tile.polygon(corners, tile.ground, 150)
    for x, y, size in ((0.25, 0.25, 0.17), (0.75, 0.75, 0.17), (0.75, 0.25, 0.09), (0.25, 0.75, 0.09)):
        for petal in range(8):
            angle = petal * np.pi / 4
            cx, cy = x + 0.62 * size * np.cos(angle), y + 0.62 * size * np.sin(angle)
            tile.polygon(_ellipse(cx, cy, size * 0.46, size * 0.24, angle), tile.ground)
        tile.polygon(_ellipse(x, y, size * 0.26, size * 0.26, 0.0), lining)
        tile.polygon(_ellipse(x, y, size * 0.16, size * 0.16, 0.0), tile.ground)


# pattern: the tile's period in figure units when finest and when boldest, and what draws it
_PATTERNS: dict[str, tuple[float, float, Callable[[_Tile], None]]] = {
    "breton": (0.16, 0.52, _breton),
    "pinstripe": (0.11, 0.34, _pinstripe),
    "gingham": (0.16, 0.46, _gingham),
    "tartan": (0.48, 1.10, _tartan),
    "polka": (0.20, 0.72, _polka),
    "confetti": (0.60, 1.50, _confetti),
    "floral": (0.75, 1.80, _floral),
    "leaves": (0.80, 1.80, _leaves),
    "lace": (0.45, 0.90, _lace),
}
