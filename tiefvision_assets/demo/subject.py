"""The dress and whatever holds it, drawn from back to front."""

import numpy as np

from tiefvision_assets.demo.display import draw_dummy, draw_hanger
from tiefvision_assets.demo.drape import Dress, draw_back, draw_bodice_and_skirt, draw_tubing
from tiefvision_assets.demo.figure import Model, cast_shadow, draw_arm, draw_legs, draw_torso
from tiefvision_assets.demo.head import HAIR_CUTS, Hair, draw_hair_behind, draw_head
from tiefvision_assets.demo.palette import COLOUR_FAMILIES, HAIR_COLOURS, SKIN_TONES, WOOD_COLOURS, pick, sample_colour
from tiefvision_assets.demo.pose import Pose
from tiefvision_assets.demo.props import handbag
from tiefvision_assets.demo.raster import Layer, Patch, Plane, polygon

_DUMMY_COVERS = ((222, 210, 190), (238, 236, 232), (60, 58, 60), (190, 176, 158))


def draw_subject(layer: Layer, dress: Dress, pose: Pose, shown: str, rng: np.random.Generator) -> Plane:
    """Draw the subject on an empty layer and return the dress's mask `(height, width)`, what covers it included.

    `shown` is "model", "dummy", "ghost" (nobody), "hanger" or "flat".
    """
    mask = np.zeros_like(layer.coverage)
    if shown == "model":
        _draw_worn(layer, dress, pose, mask, rng)
        return mask
    wood = pick(WOOD_COLOURS, rng)
    if shown == "dummy":
        draw_dummy(layer, dress.frame, dress.light, pick(_DUMMY_COVERS, rng), wood, rng)
    else:
        draw_back(layer, dress)
    if shown == "hanger":
        draw_hanger(layer, dress.frame, dress.light, wood)
    body = draw_bodice_and_skirt(layer, dress, rng)
    _cover(mask, body)
    for strap in dress.garment.straps:
        _cover(mask, draw_tubing(layer, dress, strap, rng))
    for sleeve in dress.garment.sleeves:
        _cover(mask, draw_tubing(layer, dress, sleeve, rng))
    return mask


def _draw_worn(layer: Layer, dress: Dress, pose: Pose, mask: Plane, rng: np.random.Generator) -> None:
    garment = dress.garment
    shoes = sample_colour(pick(tuple(COLOUR_FAMILIES), rng), rng)
    model = Model(pose, dress.frame, dress.light, pick(SKIN_TONES, rng), shoes, bool(rng.random() < 0.15))
    hair = Hair(pick(HAIR_CUTS, rng), pick(HAIR_COLOURS, rng), float(rng.uniform(-1.0, 1.0)))
    sleeves = garment.sleeves or (None, None)
    draw_hair_behind(layer, model, hair, rng)
    for arm, sleeve in zip(pose.arms, sleeves, strict=True):
        if arm.behind:
            draw_arm(layer, model, arm, None)
            if sleeve is not None:
                _cover(mask, draw_tubing(layer, dress, sleeve, rng))
    draw_legs(layer, model, garment.hem)
    torso = draw_torso(layer, model, rng)
    edge = polygon(dress.frame.pixels(garment.outline), layer.size)
    cast_shadow(layer, edge, torso, dress.light, 0.06 * dress.frame.scale, 0.35)
    body = draw_bodice_and_skirt(layer, dress, rng)
    _cover(mask, body)
    for strap in garment.straps:
        _cover(mask, draw_tubing(layer, dress, strap, rng))
    draw_head(layer, model, hair, rng)
    for arm, sleeve in zip(pose.arms, sleeves, strict=True):
        if arm.behind:
            continue
        if arm.name == "hanging" and rng.random() < 0.14:
            x, y = dress.frame.pixel(*arm.hand)
            handbag(layer, x, y + 1.35 * dress.frame.scale, dress.frame.scale, dress.light, rng)
        draw_arm(layer, model, arm, body)
        if sleeve is not None:
            shape = draw_tubing(layer, dress, sleeve, rng)
            _cover(mask, shape)


def _cover(mask: Plane, patch: Patch) -> None:
    np.maximum(mask[patch.window], patch.alpha, out=mask[patch.window])
