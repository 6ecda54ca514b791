"""The dress and whatever holds it, drawn from back to front."""

import numpy as np

from tiefvision_assets.demo.display import draw_dummy, draw_hanger
from tiefvision_assets.demo.drape import Dress, draw_back, draw_bodice_and_skirt, draw_tubing
from tiefvision_assets.demo.palette import WOOD_COLOURS, pick
from tiefvision_assets.demo.pose import Pose
from tiefvision_assets.demo.raster import Layer, Plane
from tiefvision_assets.demo.wearing import Worn, cover, draw_worn

_DUMMY_COVERS = ((222, 210, 190), (238, 236, 232), (60, 58, 60), (190, 176, 158))


def draw_subject(layer: Layer, dress: Dress, pose: Pose, shown: str, rng: np.random.Generator) -> Plane:
    """Draw the subject on an empty layer and return the dress's mask `(height, width)`, what covers it included.

    `shown` is "model", "dummy", "ghost" (nobody), "hanger" or "flat".
    """
    if shown == "model":
        return draw_worn(layer, Worn((dress,)), pose, rng)
    mask = np.zeros_like(layer.coverage)
    wood = pick(WOOD_COLOURS, rng)
    if shown == "dummy":
        draw_dummy(layer, dress.frame, dress.light, pick(_DUMMY_COVERS, rng), wood, rng)
    else:
        draw_back(layer, dress)
    if shown == "hanger":
        draw_hanger(layer, dress.frame, dress.light, wood)
    body = draw_bodice_and_skirt(layer, dress, rng)
    cover(mask, body)
    for strap in dress.garment.straps:
        cover(mask, draw_tubing(layer, dress, strap, rng))
    for sleeve in dress.garment.sleeves:
        cover(mask, draw_tubing(layer, dress, sleeve, rng))
    return mask
