"""Round things under a light: tubes (arms, legs, poles, stems) and balls, shaded by their surface normals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiefvision_assets.demo.raster import Colour, Layer, Patch, Plane, Points, Size, clip_window, pixel_grid


@dataclass(frozen=True)
class Light:
    """A large soft light: the unit vector towards it (x right, y down, z to the camera), colour and ambient."""

    direction: tuple[float, float, float]
    colour: Colour
    ambient: float

    def shade(self, x: Plane, y: Plane, z: Plane) -> Plane:
        """The brightness, about 1 where lit frontally, of surfaces whose unit normals are given."""
        across, down, towards = self.direction
        lit = x * np.float32(across) + y * np.float32(down) + z * np.float32(towards)
        wrapped = np.clip(lit * 0.75 + 0.25, 0.0, 1.0)
        return np.float32(self.ambient) + np.float32(1.0 - self.ambient) * wrapped


@dataclass(frozen=True)
class Tube:
    """A tube drawn around a path: its coverage and, for each pixel of that window, where on the tube it lies."""

    patch: Patch
    along: Plane
    across: Plane
    normal_x: Plane
    normal_y: Plane

    @property
    def normal_z(self) -> Plane:
        """The part of the normal that faces the camera."""
        return np.sqrt(np.clip(1.0 - self.normal_x**2 - self.normal_y**2, 0.0, 1.0))


def tube(path: Points, radii: NDArray[np.float64], size: Size, flat_end: bool = False) -> Tube:
    """A tube around the polyline `path` (n, 2) with a radius in pixels at each point.

    `along` runs from 0 to 1 over the path, and on beyond its ends; `across` from -1 to 1 over its width.
    `flat_end` cuts the end as a hem is cut; it is round otherwise.
    """
    left, top, width, height = clip_window(path, float(radii.max()) + 2.0, size)
    shape = (height, width)
    depth = np.full(shape, 1e6, np.float32)
    planes = np.zeros((4, *shape), np.float32)
    last = len(path) - 2
    for index in range(last + 1):
        start, end = path[index], path[index + 1]
        reach = float(max(radii[index], radii[index + 1])) + 2.0
        box = clip_window(path[index : index + 2], reach, size)
        if box[2] == 0 or box[3] == 0:
            continue
        x, y = pixel_grid(*box)
        step = end - start
        length = float(np.hypot(*step)) + 1e-6
        dx, dy = float(step[0]) / length, float(step[1]) / length
        x, y = x - np.float32(start[0]), y - np.float32(start[1])
        raw = (x * dx + y * dy) / length
        t = np.clip(raw, 0.0, 1.0)
        side = y * dx - x * dy
        radius = radii[index] + (radii[index + 1] - radii[index]) * t
        distance = np.hypot(side, (raw - t) * length) - radius
        rows = slice(box[1] - top, box[1] - top + box[3])
        columns = slice(box[0] - left, box[0] - left + box[2])
        closer = distance < depth[rows, columns]
        depth[rows, columns] = np.where(closer, distance, depth[rows, columns])
        across = np.clip(side / radius, -1.0, 1.0)
        beyond = np.clip(raw, -np.inf if index == 0 else 0.0, np.inf if index == last else 1.0)
        values = ((index + beyond) / (last + 1), across, -across * dy, across * dx)
        for plane, value in zip(planes, values, strict=True):
            plane[rows, columns] = np.where(closer, value, plane[rows, columns])
    alpha = np.clip(0.5 - depth, 0.0, 1.0).astype(np.float32)
    if flat_end:
        alpha *= _before_end(path, float(radii[-1]), left, top, shape)
    return Tube(Patch(left, top, alpha), planes[0], planes[1], planes[2], planes[3])


def _before_end(path: Points, radius: float, left: int, top: int, shape: tuple[int, int]) -> Plane:
    """1 but near the path's end, where it falls to 0 at the line across that end."""
    x, y = pixel_grid(left, top, shape[1], shape[0])
    x, y = x - np.float32(path[-1, 0]), y - np.float32(path[-1, 1])
    step = (path[-1] - path[-2]) / (float(np.hypot(*(path[-1] - path[-2]))) + 1e-6)
    past = x * np.float32(step[0]) + y * np.float32(step[1])
    near = np.hypot(x, y) < 1.6 * radius + 2.0
    return np.where(near, np.clip(0.5 - past, 0.0, 1.0), np.float32(1.0))


def paint_tube(layer: Layer, path: Points, radii: NDArray[np.float64], colour: Colour, light: Light) -> Tube:
    """Draw a plain tube under the light and return it."""
    shape = tube(path, radii, layer.size)
    shade = light.shade(shape.normal_x, shape.normal_y, shape.normal_z)
    layer.paint(shape.patch, colour * light.colour * shade[..., None])
    return shape


def paint_ball(
    layer: Layer,
    centre: tuple[float, float],
    radii: tuple[float, float],
    colour: Colour,
    light: Light,
    flatness: float = 0.0,
) -> Patch:
    """Draw a shaded ellipsoid and return its coverage; a `flatness` near 1 faces the camera all over."""
    corners = np.array([[centre[0] - radii[0], centre[1] - radii[1]], [centre[0] + radii[0], centre[1] + radii[1]]])
    left, top, width, height = clip_window(corners, 2.0, layer.size)
    x, y = pixel_grid(left, top, width, height)
    across = (x - np.float32(centre[0])) / np.float32(radii[0])
    down = (y - np.float32(centre[1])) / np.float32(radii[1])
    distance = np.sqrt(across**2 + down**2)
    alpha = np.clip((1.0 - distance) * np.float32(min(radii)) + 0.5, 0.0, 1.0)
    curved = np.float32(1.0 - flatness) / np.maximum(distance, 1.0)
    across, down = across * curved, down * curved
    shade = light.shade(across, down, np.sqrt(np.clip(1.0 - across**2 - down**2, 0.0, 1.0)))
    patch = Patch(left, top, alpha)
    layer.paint(patch, colour * light.colour * shade[..., None])
    return patch
