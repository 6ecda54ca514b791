"""Anti-aliased shapes, soft noise and layers: the few drawing operations that every demo photo is made of.

Colours are linear light in 0..1 (display value squared, a gamma of 2), so that light adds up as it does in a camera.
Points are `(n, 2)` arrays of x, y in pixels, planes are `(height, width)` arrays, pictures `(height, width, 3)`.
"""

import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane: TypeAlias = NDArray[np.floating[Any]]
Picture: TypeAlias = NDArray[np.floating[Any]]
Points: TypeAlias = NDArray[np.float64]
Colour: TypeAlias = NDArray[np.floating[Any]]

SUPERSAMPLING = 3


@dataclass(frozen=True)
class Size:
    """Width and height of a canvas in pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class Patch:
    """A shape's coverage, 0..1, in the window of the canvas whose upper-left corner is `(left, top)`."""

    left: int
    top: int
    alpha: Plane

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of the canvas that the patch covers."""
        height, width = self.alpha.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def grid(self) -> tuple[Plane, Plane]:
        """Pixel centres of the window as x `(1, width)` and y `(height, 1)`."""
        return pixel_grid(self.left, self.top, self.alpha.shape[1], self.alpha.shape[0])

    def without(self, other: "Patch") -> "Patch":
        """What is left of the shape when another one is cut out of it."""
        height, width = self.alpha.shape
        rows, columns = other.window
        top, bottom = max(rows.start, self.top), min(rows.stop, self.top + height)
        left, right = max(columns.start, self.left), min(columns.stop, self.left + width)
        alpha = self.alpha.copy()
        if top < bottom and left < right:
            cut = other.alpha[top - other.top : bottom - other.top, left - other.left : right - other.left]
            alpha[top - self.top : bottom - self.top, left - self.left : right - self.left] *= 1.0 - cut
        return Patch(self.left, self.top, alpha)


@dataclass(frozen=True)
class Layer:
    """Premultiplied colours `(height, width, 3)` and their coverage `(height, width)`."""

    pixels: Picture
    coverage: Plane = field(repr=False)

    @classmethod
    def empty(cls, size: Size) -> "Layer":
        """A fully transparent layer."""
        shape = (size.height, size.width)
        return cls(np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32))

    @classmethod
    def filled(cls, pixels: Picture) -> "Layer":
        """An opaque layer showing `pixels` of shape `(height, width, 3)`."""
        return cls(pixels, np.ones(pixels.shape[:2], np.float32))

    @property
    def size(self) -> Size:
        """The layer's width and height."""
        return Size(self.coverage.shape[1], self.coverage.shape[0])

    def paint(self, patch: Patch, colour: Picture) -> None:
        """Lay `colour`, `(3,)` or `(height, width, 3)` of the patch's window, over what is there."""
        rows, columns = patch.window
        keep = 1.0 - patch.alpha
        self.pixels[rows, columns] *= keep[..., None]
        self.pixels[rows, columns] += colour * patch.alpha[..., None]
        self.coverage[rows, columns] = self.coverage[rows, columns] * keep + patch.alpha

    def darken(self, patch: Patch, strength: float) -> None:
        """Multiply what is there by `1 - strength` where the patch covers it; the coverage stays."""
        rows, columns = patch.window
        self.pixels[rows, columns] *= (1.0 - strength * patch.alpha)[..., None]

    def paint_layer(self, above: "Layer") -> None:
        """Lay another layer of the same size over this one."""
        keep = 1.0 - above.coverage
        np.multiply(self.pixels, keep[..., None], out=self.pixels)
        np.add(self.pixels, above.pixels, out=self.pixels)
        np.multiply(self.coverage, keep, out=self.coverage)
        np.add(self.coverage, above.coverage, out=self.coverage)


def linear(colour: tuple[int, int, int]) -> Colour:
    """A display colour in 0..255 as linear light."""
    return (np.asarray(colour, np.float32) / 255.0) ** 2


def pixel_grid(left: int, top: int, width: int, height: int) -> tuple[Plane, Plane]:
    """Centres of a window's pixels: x of shape `(1, width)` and y of shape `(height, 1)`."""
    x = np.arange(left, left + width, dtype=np.float32)[None, :] + 0.5
    y = np.arange(top, top + height, dtype=np.float32)[:, None] + 0.5
    return x, y


def clip_window(points: Points, margin: float, size: Size) -> tuple[int, int, int, int]:
    """The window `left, top, width, height` of the canvas around `points`; empty when they lie outside it."""
    low_x, low_y = points.min(axis=0).tolist()
    high_x, high_y = points.max(axis=0).tolist()
    left, right = (min(max(x, 0), size.width) for x in (math.floor(low_x - margin), math.ceil(high_x + margin)))
    top, bottom = (min(max(y, 0), size.height) for y in (math.floor(low_y - margin), math.ceil(high_y + margin)))
    return left, top, right - left, bottom - top


def polygon(points: Points, size: Size, softness: float = 0.0) -> Patch:
    """A filled polygon; `softness` is the radius in pixels of the blur of its edge."""
    left, top, width, height = clip_window(points, 2.0 + 3.0 * softness, size)
    if width == 0 or height == 0:
        return Patch(left, top, np.zeros((height, width), np.float32))
    mask = Image.new("L", (width * SUPERSAMPLING, height * SUPERSAMPLING))
    corners = (points - (left, top)) * SUPERSAMPLING
    ImageDraw.Draw(mask).polygon(corners.ravel().tolist(), fill=255)
    mask = mask.reduce(SUPERSAMPLING)
    if softness > 0:
        mask = mask.filter(ImageFilter.GaussianBlur(softness))
    return Patch(left, top, np.asarray(mask, np.float32) / 255.0)


def ellipse_points(centre: tuple[float, float], radii: tuple[float, float], angle: float = 0.0) -> Points:
    """The outline of an ellipse turned by `angle` radians, 48 points."""
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    x, y = radii[0] * np.cos(turn), radii[1] * np.sin(turn)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([centre[0] + x * cosine - y * sine, centre[1] + x * sine + y * cosine], axis=1)


def blur(plane: Plane, radius: float) -> Plane:
    """A Gaussian blur of a plane of values in 0..1; wide ones are computed on a smaller picture."""
    if plane.size == 0:
        return plane
    image = Image.fromarray((np.clip(plane, 0.0, 1.0) * 255.0).astype(np.uint8))
    shrink = max(1, int(radius / 3.0))
    small = image.reduce(shrink) if shrink > 1 else image
    small = small.filter(ImageFilter.GaussianBlur(radius / shrink))
    if shrink > 1:
        small = small.resize(image.size, Image.Resampling.BICUBIC)
    return np.asarray(small, np.float32) / 255.0


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> Plane:
    """Soft random hills of about unit variance: `cells` (down, across) random values, interpolated to `shape`."""
    if 0 in shape:
        return np.zeros(shape, np.float32)
    grid = rng.standard_normal((max(2, cells[0]), max(2, cells[1]))).astype(np.float32)
    hills = Image.fromarray(grid).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(hills, np.float32)


def smooth_step(low: float, high: float, value: Plane) -> Plane:
    """0 below `low`, 1 above `high`, a smooth ramp between."""
    ramp = np.clip((value - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return ramp * ramp * (3.0 - 2.0 * ramp)


def smooth_path(points: Points, count: int) -> Points:
    """A Catmull-Rom curve of `count` points through the given ones (at least two)."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    position = np.linspace(0.0, len(points) - 1 - 1e-9, count)
    start = position.astype(int)
    t = (position - start)[:, None]
    before, a, b, after = padded[start], padded[start + 1], padded[start + 2], padded[start + 3]
    cubic = -before + 3 * a - 3 * b + after
    square = 2 * before - 5 * a + 4 * b - after
    return 0.5 * (2 * a + (b - before) * t + square * t**2 + cubic * t**3)
