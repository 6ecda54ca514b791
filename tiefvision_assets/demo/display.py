"""Dresses that nobody wears: the tailor's dummy and the hanger."""

import numpy as np

from tiefvision_assets.demo.palette import DisplayColour
from tiefvision_assets.demo.pose import FLOOR, Frame
from tiefvision_assets.demo.raster import Layer, linear, polygon, smooth_noise, smooth_path
from tiefvision_assets.demo.solids import Light, paint_ball, paint_tube


def draw_dummy(
    layer: Layer, frame: Frame, light: Light, cover: DisplayColour, wood: DisplayColour, rng: np.random.Generator
) -> None:
    """A tailor's dummy on a wooden stand with three feet."""
    scale = frame.scale
    pole = np.array([[0.0, 2.4], [0.0, FLOOR - 0.5]])
    paint_tube(layer, frame.pixels(pole), np.array([0.07, 0.06]) * scale, linear(wood), light)
    for reach in (-0.85, 0.12, 0.8):
        foot = smooth_path(np.array([[0.0, FLOOR - 0.6], [0.55 * reach, FLOOR - 0.35], [reach, FLOOR + 0.02]]), 8)
        paint_tube(layer, frame.pixels(foot), np.linspace(0.06, 0.04, 8) * scale, linear(wood), light)
    half = np.array(
        [
            [0.15, -0.42],
            [0.17, -0.2],
            [0.3, -0.09],
            [0.6, 0.02],
            [0.68, 0.22],
            [0.56, 0.6],
            [0.53, 0.8],
            [0.4, 1.5],
            [0.6, 2.3],
            [0.5, 2.6],
        ]
    )
    curve = smooth_path(half, 40)
    patch = polygon(frame.pixels(np.concatenate([curve, curve[::-1] * (-1, 1)])), layer.size)
    if patch.alpha.size:
        x, _ = frame.figure(*patch.grid())
        across = np.clip(x / 0.66, -1.0, 1.0)
        linen = 1.0 + 0.04 * smooth_noise(rng, x.shape, (patch.alpha.shape[0] // 3, patch.alpha.shape[1] // 3))
        seam = 1.0 - 0.25 * np.exp(-((x / 0.012) ** 2))
        shade = light.shade(across * 0.9, 0.0 * across, np.sqrt(1.0 - 0.81 * across**2)) * linen * seam
        layer.paint(patch, linear(cover) * light.colour * shade[..., None])
    paint_ball(layer, frame.pixel(0.0, -0.44), (0.16 * scale, 0.07 * scale), linear(wood), light)
    paint_ball(layer, frame.pixel(0.0, -0.56), (0.06 * scale, 0.09 * scale), linear(wood), light)


def draw_hanger(layer: Layer, frame: Frame, light: Light, wood: DisplayColour) -> None:
    """A wooden hanger with its metal hook."""
    scale = frame.scale
    hook_path = np.array([[0.0, -0.12], [0.0, -0.38], [0.12, -0.52], [0.08, -0.70], [-0.06, -0.72], [-0.13, -0.62]])
    hook = smooth_path(hook_path, 20)
    paint_tube(layer, frame.pixels(hook), np.full(20, 0.022) * scale, linear((176, 178, 184)), light)
    bar = smooth_path(
        np.array([[-0.70, 0.13], [-0.4, 0.0], [-0.12, -0.12], [0.12, -0.12], [0.4, 0.0], [0.70, 0.13]]), 24
    )
    paint_tube(layer, frame.pixels(bar), np.full(24, 0.06) * scale, linear(wood), light)
