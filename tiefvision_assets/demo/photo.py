"""One demo photo: a dress of a known style, worn or displayed somewhere, with its exact box."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.demo.backdrop import Place
from tiefvision_assets.demo.camera import expose, sample_light
from tiefvision_assets.demo.drape import Dress
from tiefvision_assets.demo.fabric import weave
from tiefvision_assets.demo.framing import Shot, frame_subject, sample_size
from tiefvision_assets.demo.garment import cut_garment
from tiefvision_assets.demo.palette import pick
from tiefvision_assets.demo.pose import FLOOR, Pose, display_pose, standing_pose
from tiefvision_assets.demo.props import handbag, plant, shoes, stool
from tiefvision_assets.demo.raster import Layer, Patch, Plane, blur, ellipse_points, polygon
from tiefvision_assets.demo.scene import render_scene
from tiefvision_assets.demo.solids import Light
from tiefvision_assets.demo.styles import STYLE_LABELS, Style, sample_style
from tiefvision_assets.demo.subject import draw_subject

# how the dress is shown, and how often
_SHOWN = (("model", 0.60), ("dummy", 0.12), ("ghost", 0.08), ("hanger", 0.09), ("flat", 0.11))
_SCENES: dict[str, tuple[str, ...]] = {
    "model": ("studio", "studio", "room", "room", "outdoors"),
    "dummy": ("studio", "room", "room"),
    "ghost": ("studio",),
    "hanger": ("room", "room", "studio"),
    "flat": ("surface",),
}
_BODILY: dict[str, float] = {"model": 1.0, "dummy": 1.0, "ghost": 0.85, "hanger": 0.35, "flat": 0.12}


@dataclass(frozen=True)
class DemoPhoto:
    """A rendered photo, the tight box of its dress in pixels, and the dress's style."""

    image: Image.Image
    box: Box
    style: Style


def photo_style(index: int, seed: int) -> Style:
    """The style of photo `index` without rendering it; each class comes once in every run of as many photos."""
    turn, place = divmod(index, len(STYLE_LABELS))
    order = np.random.default_rng((seed, turn, 2)).permutation(len(STYLE_LABELS))
    return sample_style(np.random.default_rng((seed, index, 0)), STYLE_LABELS[int(order[place])])


def render_photo(index: int, seed: int) -> DemoPhoto:
    """Render photo `index` of the catalogue of `seed`; nothing else decides what it shows."""
    style = photo_style(index, seed)
    rng = np.random.default_rng((seed, index, 1))
    shown = str(rng.choice([name for name, _ in _SHOWN], p=[share for _, share in _SHOWN]))
    kind = pick(_SCENES[shown], rng)
    size = sample_size(rng)
    light = sample_light(rng)
    pose = _pose(shown, rng)
    garment = cut_garment(style, pose, rng, laid_flat=shown == "flat")
    frame = frame_subject(garment.points(), size, Shot(shown == "model", shown == "flat"), rng)
    _, feet = frame.pixel(0.0, FLOOR + 0.05)
    floor = feet + float(rng.uniform(0.3, 2.5)) * frame.scale if shown == "hanger" else feet
    middle, _ = frame.pixel(0.0, 2.0)
    scene = render_scene(kind, size, Place(middle, floor, frame.scale), light, rng)
    if kind in ("studio", "room", "outdoors"):
        _draw_near_props(scene, middle, floor, frame.scale, light, rng)
    subject = Layer.empty(size)
    dress = Dress(style, garment, weave(style, frame.scale, rng), frame, light, _BODILY[shown])
    mask = draw_subject(subject, dress, pose, shown, rng)
    standing = shown in ("model", "dummy")
    _throw_shadow(scene, subject.coverage, light, frame.scale, far=standing or shown == "ghost")
    if standing:
        spot = polygon(
            ellipse_points((middle, floor), (1.0 * frame.scale, 0.17 * frame.scale)), size, 0.13 * frame.scale
        )
        scene.darken(spot, 0.45)
    scene.paint_layer(subject)
    return DemoPhoto(expose(scene, rng), tight_box(mask), style)


def tight_box(mask: Plane) -> Box:
    """The smallest box around the pixels that a mask of shape `(height, width)` covers at least half."""
    covered = mask >= 0.5
    columns, rows = np.flatnonzero(covered.any(axis=0)), np.flatnonzero(covered.any(axis=1))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def _pose(shown: str, rng: np.random.Generator) -> Pose:
    if shown == "model":
        return standing_pose(rng)
    spread = {"dummy": 0.10, "ghost": 0.16, "hanger": 0.10, "flat": float(rng.uniform(0.3, 1.0))}[shown]
    return display_pose(rng, spread)


def _draw_near_props(
    scene: Layer, middle: float, floor: float, unit: float, light: Light, rng: np.random.Generator
) -> None:
    """Sharp things on the floor beside the subject."""
    for _ in range(int(rng.choice((0, 0, 1, 1, 2)))):
        side = -1.0 if rng.random() < middle / scene.size.width else 1.0
        x = middle + side * float(rng.uniform(1.1, 2.4)) * unit
        pick((handbag, shoes, plant, stool, handbag), rng)(
            scene, x, floor + float(rng.uniform(-0.2, 0.2)) * unit, unit, light, rng
        )


def _throw_shadow(scene: Layer, coverage: Plane, light: Light, unit: float, far: bool) -> None:
    """The subject's soft shadow on what is behind it."""
    reach = (0.9 if far else 0.16) * unit
    dx, dy = round(-light.direction[0] * reach), round(-light.direction[1] * reach)
    height, width = coverage.shape
    shifted = np.zeros_like(coverage)
    target = shifted[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]
    target[...] = coverage[max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)]
    scene.darken(Patch(0, 0, blur(shifted, 0.35 * reach + 1.0)), 0.20 if far else 0.5)
