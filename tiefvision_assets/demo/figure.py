"""The model who wears the dress: legs and shoes, torso, arms and hands."""

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.demo.palette import DisplayColour
from tiefvision_assets.demo.pose import FLOOR, Arm, Frame, Pose
from tiefvision_assets.demo.raster import Layer, Patch, Points, blur, linear, polygon, smooth_noise, smooth_path
from tiefvision_assets.demo.solids import Light, paint_tube, tube


@dataclass(frozen=True)
class Model:
    """A person to draw: pose, place, light and colours (display values)."""

    pose: Pose
    frame: Frame
    light: Light
    skin: DisplayColour
    shoes: DisplayColour
    barefoot: bool


def draw_legs(layer: Layer, model: Model, hem: float) -> None:
    """Legs and shoes; the dress's shadow lies on them below its `hem`."""
    frame, skin = model.frame, linear(model.skin)
    order = (0, 1) if model.pose.turn > 0 else (1, 0)
    for side in order:
        leg = model.pose.legs[side]
        t = np.linspace(0.0, 1.0, len(leg))
        radii = np.interp(t, [0.0, 0.25, 0.5, 0.68, 0.9, 1.0], [0.29, 0.25, 0.185, 0.185, 0.10, 0.085])
        _draw_foot(layer, model, leg[-1], side)
        shape = tube(frame.pixels(leg), radii * frame.scale, layer.size)
        if shape.patch.alpha.size == 0:
            continue
        shade = model.light.shade(shape.normal_x, shape.normal_y, shape.normal_z)
        _, height = frame.figure(*shape.patch.grid())
        below = np.clip((height - np.float32(hem)) / np.float32(0.55), 0.0, 1.0)
        shade = shade * (0.45 + 0.55 * below) * (1.0 - 0.25 * shape.across**4)
        shown = shape.patch.alpha * np.clip((height - np.float32(hem - 0.10)) * 20.0, 0.0, 1.0)
        patch = Patch(shape.patch.left, shape.patch.top, shown)
        layer.paint(patch, _skin_light(skin, shade, model.light))


def _skin_light(skin: np.ndarray, shade: np.ndarray, light: Light) -> np.ndarray:
    """Skin keeps some red in its shadows, because light scatters below its surface."""
    warm = np.array([0.86, 1.05, 1.12], np.float32)
    return skin * light.colour * shade[..., None] ** warm


def _draw_foot(layer: Layer, model: Model, ankle: Points, side: int) -> None:
    frame = model.frame
    out = (-1 if side == 0 else 1) * 0.07 + 0.05 * model.pose.turn
    tip = np.array([ankle[0] + out, FLOOR + 0.10])
    path = smooth_path(np.stack([ankle, [ankle[0] + 0.3 * out, FLOOR - 0.14], tip]), 7)
    radii = np.interp(np.linspace(0, 1, 7), [0.0, 0.45, 0.8, 1.0], [0.085, 0.115, 0.125, 0.06])
    colour = linear(model.skin if model.barefoot else model.shoes)
    foot = polygon(
        frame.pixels(np.stack([tip + (-0.13, 0.02), tip + (0.13, 0.02), tip + (0.1, 0.1), tip - (0.1, -0.1)])),
        layer.size,
        softness=0.03 * frame.scale,
    )
    layer.darken(foot, 0.4)
    if not model.barefoot:
        paint_tube(layer, frame.pixels(path[:4]), radii[:4] * frame.scale, linear(model.skin), model.light)
        path, radii = path[3:], radii[3:]
    paint_tube(layer, frame.pixels(path), radii * frame.scale, colour, model.light)


def draw_torso(layer: Layer, model: Model, rng: np.random.Generator) -> Patch:
    """Neck, shoulders and chest; the dress is drawn over them."""
    frame = model.frame
    right = np.array(
        [
            [0.155, -0.45],
            [0.165, -0.22],
            [0.24, -0.10],
            [0.43, -0.03],
            [0.58, 0.05],
            [0.70, 0.18],
            [0.66, 0.45],
            [0.54, 0.7],
        ]
    )
    curve = smooth_path(right, 24)
    half = np.concatenate([curve, [[0.46, 1.1]]])
    centre = np.array([0.0] * len(curve) + [float(model.pose.spine(np.array([1.1]))[0])])
    outline = np.concatenate(
        [half + np.stack([centre, 0 * centre], 1), (half * (-1, 1) + np.stack([centre, 0 * centre], 1))[::-1]]
    )
    patch = polygon(frame.pixels(outline), layer.size)
    if patch.alpha.size == 0:
        return patch
    x, y = frame.figure(*patch.grid())
    width = np.interp(y[:, :1], [-0.45, -0.2, 0.0, 0.2, 1.5], [0.17, 0.24, 0.56, 0.72, 0.5]).astype(np.float32)
    across = np.clip(x / width, -1.0, 1.0)
    relief = smooth_noise(rng, x.shape, (5, 5)) * np.float32(0.03)
    for side in (-1, 1):
        bone = y - np.float32(0.10) + side * x * np.float32(0.14)
        inner = np.exp(-(((side * x - 0.28) / 0.17) ** 2))
        relief = (
            relief
            + 0.10 * inner * np.exp(-((bone / 0.03) ** 2))
            - 0.13 * inner * np.exp(-(((bone - 0.06) / 0.04) ** 2))
        )
    shade = model.light.shade(across * 0.8, np.float32(0.05) + 0 * across, np.sqrt(1.0 - 0.64 * across**2)) + relief
    under_chin = np.exp(-(((y + 0.30) / 0.12) ** 2)) * np.exp(-((x / 0.26) ** 2))
    shade = np.clip(shade - 0.38 * under_chin, 0.05, 1.3)
    layer.paint(patch, _skin_light(linear(model.skin), shade.astype(np.float32), model.light))
    return patch


def draw_arm(layer: Layer, model: Model, arm: Arm, over: Patch | None) -> None:
    """One arm with its hand; where it passes in front of the dress (`over`) it throws a soft shadow on it."""
    frame = model.frame
    path = frame.pixels(arm.path)
    radii = np.interp(np.linspace(0, 1, len(path)), [0.0, 0.2, 0.5, 0.65, 1.0], [0.155, 0.15, 0.115, 0.12, 0.075])
    shape = tube(path, radii * frame.scale, layer.size)
    if shape.patch.alpha.size == 0:
        return
    if over is not None:
        cast_shadow(layer, shape.patch, over, model.light, 0.10 * frame.scale)
    _draw_hand(layer, model, arm)
    shade = model.light.shade(shape.normal_x, shape.normal_y, shape.normal_z) * (1.0 - 0.22 * shape.across**4)
    layer.paint(shape.patch, _skin_light(linear(model.skin), shade, model.light))


def _draw_hand(layer: Layer, model: Model, arm: Arm) -> None:
    frame, wrist, tip = model.frame, arm.path[-1], np.array(arm.hand)
    step = tip - wrist
    normal = np.array([-step[1], step[0]]) / (np.hypot(*step) + 1e-6)
    skin = linear(model.skin)
    palm = np.stack([wrist, wrist + 0.55 * step])
    paint_tube(layer, frame.pixels(palm), np.array([0.075, 0.10]) * frame.scale, skin, model.light)
    for finger in range(4):
        root = wrist + 0.5 * step + normal * (finger - 1.5) * 0.047
        end = wrist + (1.0 - 0.06 * abs(finger - 1.3)) * step + normal * (finger - 1.5) * 0.03
        paint_tube(
            layer, frame.pixels(np.stack([root, end])), np.array([0.031, 0.022]) * frame.scale, skin * 0.97, model.light
        )
    inward = -np.sign(arm.path[0][0]) * (1.0 if normal[0] > 0 else -1.0)
    thumb = np.stack([wrist + 0.2 * step, wrist + 0.55 * step + normal * inward * 0.13])
    paint_tube(layer, frame.pixels(thumb), np.array([0.04, 0.026]) * frame.scale, skin, model.light)


def cast_shadow(layer: Layer, caster: Patch, onto: Patch, light: Light, reach: float, strength: float = 0.42) -> None:
    """Darken `onto` where `caster`, `reach` pixels in front of it, blocks the light."""
    plane = np.zeros((layer.size.height, layer.size.width), np.float32)
    plane[caster.window] = caster.alpha
    dx, dy = round(-light.direction[0] * reach), round(-light.direction[1] * reach)
    shadow = np.roll(plane, (dy, dx), axis=(0, 1))[onto.window]
    layer.darken(Patch(onto.left, onto.top, blur(shadow, 0.45 * reach) * onto.alpha), strength)
