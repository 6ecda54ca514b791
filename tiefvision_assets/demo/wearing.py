"""A person in what they wear, drawn from back to front."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tiefvision_assets.demo.drape import Dress, draw_bodice_and_skirt, draw_tubing
from tiefvision_assets.demo.figure import Model, cast_shadow, draw_arm, draw_legs, draw_torso
from tiefvision_assets.demo.head import HAIR_CUTS, Hair, draw_hair_behind, draw_head
from tiefvision_assets.demo.palette import COLOUR_FAMILIES, HAIR_COLOURS, SKIN_TONES, pick, sample_colour
from tiefvision_assets.demo.pose import Pose
from tiefvision_assets.demo.props import handbag
from tiefvision_assets.demo.raster import Layer, Patch, Plane, linear, polygon, smooth_path
from tiefvision_assets.demo.solids import paint_ball, paint_tube


@dataclass(frozen=True)
class Worn:
    """Pieces from the body outwards, which of them is the object, and what is carried in front of them.

    `bag` is "across" (on a strap over the chest), "front" (held before the body) or empty.
    """

    pieces: Sequence[Dress]
    labelled: int = 0
    scarf: Dress | None = None
    bag: str = ""
    tights: tuple[int, int, int] | None = None


def draw_worn(layer: Layer, worn: Worn, pose: Pose, rng: np.random.Generator) -> Plane:
    """Draw a person on an empty layer and return the mask `(height, width)` of the labelled piece.

    What another piece hides is not part of the mask; what an arm, hair, a scarf or a bag hides is, because whoever
    draws a box sees that the piece goes on behind them.
    """
    mask = np.zeros_like(layer.coverage)
    outer = worn.pieces[-1]
    frame, light = outer.frame, outer.light
    shoes = sample_colour(pick(tuple(COLOUR_FAMILIES), rng), rng)
    model = Model(pose, frame, light, pick(SKIN_TONES, rng), shoes, bool(rng.random() < 0.15))
    hair = Hair(pick(HAIR_CUTS, rng), pick(HAIR_COLOURS, rng), float(rng.uniform(-1.0, 1.0)))
    outer_is_labelled = worn.labelled == len(worn.pieces) - 1
    sleeves = outer.garment.sleeves or (None, None)
    draw_hair_behind(layer, model, hair, rng)
    for arm, sleeve in zip(pose.arms, sleeves, strict=True):
        if arm.behind:
            draw_arm(layer, model, arm, None)
            if sleeve is not None:
                shape = draw_tubing(layer, outer, sleeve, rng)
                if outer_is_labelled:
                    cover(mask, shape)
    if outer.garment.opening is not None:
        _draw_lining(layer, outer)
    legs = model if worn.tights is None else replace(model, skin=worn.tights, barefoot=False)
    draw_legs(layer, legs, max(piece.garment.hem for piece in worn.pieces if piece.garment.opening is None))
    below = draw_torso(layer, model, rng)
    for place, piece in enumerate(worn.pieces):
        edge = polygon(piece.frame.pixels(piece.garment.outline), layer.size)
        cast_shadow(layer, edge, below, piece.light, 0.06 * piece.frame.scale, 0.35)
        below = draw_bodice_and_skirt(layer, piece, rng)
        if place == worn.labelled:
            cover(mask, edge)
        elif place > worn.labelled:
            mask[below.window] *= 1.0 - below.alpha
        for strap in piece.garment.straps:
            shape = draw_tubing(layer, piece, strap, rng)
            if place == worn.labelled:
                cover(mask, shape)
    if outer.garment.opening is not None:
        _draw_fronts(layer, outer)
    draw_head(layer, model, hair, rng)
    if worn.scarf is not None:
        for tubing in worn.scarf.garment.straps:
            draw_tubing(layer, worn.scarf, tubing, rng)
    if worn.bag:
        _draw_bag(layer, outer, pose, worn.bag, rng)
    for arm, sleeve in zip(pose.arms, sleeves, strict=True):
        if arm.behind:
            continue
        if arm.name == "hanging" and rng.random() < 0.14 and not worn.bag:
            x, y = frame.pixel(*arm.hand)
            handbag(layer, x, y + 1.35 * frame.scale, frame.scale, light, rng)
        draw_arm(layer, model, arm, below)
        if sleeve is not None:
            shape = draw_tubing(layer, outer, sleeve, rng)
            if outer_is_labelled:
                cover(mask, shape)
    return mask


def cover(mask: Plane, patch: Patch) -> None:
    """Add a shape to a mask."""
    np.maximum(mask[patch.window], patch.alpha, out=mask[patch.window])


def _draw_lining(layer: Layer, coat: Dress) -> None:
    """The inside of an open coat's back, in the shadow of who wears it."""
    patch = polygon(coat.frame.pixels(coat.garment.outline), layer.size)
    layer.paint(patch, linear(coat.style.colour) * coat.light.colour * np.float32(0.22))


def _draw_fronts(layer: Layer, coat: Dress) -> None:
    """A coat's lapels from the neck to the chest, and below them its edge with buttons."""
    opening, frame, light = coat.garment.opening, coat.frame, coat.light
    assert opening is not None
    left, right = np.split(opening, 2)
    right = right[::-1]
    y = np.linspace(1.15, coat.garment.hem - 0.03, 24)
    edge = np.stack([np.interp(y, right[:, 1], right[:, 0]), y], axis=1)
    layer.darken(polygon(frame.pixels(np.concatenate([edge, (edge + (0.03, 0.0))[::-1]])), layer.size), 0.45)
    button = linear(coat.style.colour) * np.float32(0.4) + np.float32(0.03)
    for height in np.arange(1.3, min(coat.garment.hem - 0.3, 3.2), 0.42):
        x, down = frame.pixel(float(np.interp(height, y, edge[:, 0])) + 0.1, float(height))
        paint_ball(layer, (x, down), (0.045 * frame.scale, 0.045 * frame.scale), button, light)
    for side, front in ((-1, left), (1, right)):
        y = np.linspace(-0.1, 1.25, 12)
        inner = np.stack([np.interp(y, front[:, 1], front[:, 0]), y], axis=1)
        wide = np.interp(y, [-0.1, 0.2, 0.42, 0.44, 1.25], [0.13, 0.23, 0.30, 0.22, 0.0])
        corners = frame.pixels(np.concatenate([inner, (inner + np.stack([side * wide, 0 * y], axis=1))[::-1]]))
        away = np.array([-light.direction[0], 1.0]) * 0.05 * frame.scale
        layer.darken(polygon(corners + away, layer.size, 0.03 * frame.scale), 0.35)
        patch = polygon(corners, layer.size)
        if patch.alpha.size == 0:
            continue
        across, below = np.broadcast_arrays(*frame.figure(*patch.grid()))
        tone = np.float32(1.02 + 0.12 * side * np.sign(light.direction[0]))
        layer.paint(patch, coat.cloth.colours(across, below) * light.colour * tone)


def _draw_bag(layer: Layer, dress: Dress, pose: Pose, bag: str, rng: np.random.Generator) -> None:
    frame, side = dress.frame, -1 if rng.random() < 0.5 else 1
    hips = float(pose.spine(np.array([2.3]))[0])
    if bag == "across":
        end = np.array([hips + 0.42 * side, 1.95])
        path = smooth_path(np.array([[-0.44 * side, -0.06], [-0.1 * side + 0.5 * hips, 0.85], end]), 15)
        leather = linear(pick(((40, 32, 28), (92, 58, 36), (20, 20, 22), (150, 110, 74)), rng))
        paint_tube(layer, frame.pixels(path), np.full(15, 0.035) * frame.scale, leather, dress.light)
        x, y = frame.pixel(float(end[0]), 2.55)
        paint_ball(layer, frame.pixel(*end), (0.05 * frame.scale, 0.05 * frame.scale), leather, dress.light)
        handbag(layer, x, y, 0.85 * frame.scale, dress.light, rng)
    else:
        x, y = frame.pixel(hips + 0.3 * side, float(rng.uniform(2.9, 3.6)))
        handbag(layer, x, y, 1.25 * frame.scale, dress.light, rng)
