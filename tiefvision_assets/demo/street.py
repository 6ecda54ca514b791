"""Photos of people in streets and rooms: outfits of several pieces of which one is the object, with its exact box.

No head learns from them. They hold what makes boxes fail on such photos: another piece over the object or below it, an
open coat, a scarf or a bag in front, gowns and minis, a person who fills a third of the width, and other people behind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.demo.avenue import Avenue, draw_avenue
from tiefvision_assets.demo.backdrop import Place
from tiefvision_assets.demo.boxes import BoxedPhoto, coco, jpeg
from tiefvision_assets.demo.camera import expose, sample_light
from tiefvision_assets.demo.drape import Dress
from tiefvision_assets.demo.drawing import drawn
from tiefvision_assets.demo.fabric import weave
from tiefvision_assets.demo.files import write_bytes
from tiefvision_assets.demo.outfit import OUTFITS, Outfit, Piece, sample_outfit
from tiefvision_assets.demo.palette import pick
from tiefvision_assets.demo.photo import tight_box
from tiefvision_assets.demo.pose import FLOOR, Frame, Pose, standing_pose
from tiefvision_assets.demo.raster import Layer, Points, Size, ellipse_points, polygon
from tiefvision_assets.demo.scene import enlarge, render_scene
from tiefvision_assets.demo.solids import Light
from tiefvision_assets.demo.wearing import Worn, draw_worn
from tiefvision_assets.store.atomic import write_json

STREET_PHOTOS = 40
_OUTSIDE = 0.75
"""The share of the photos that are taken in a street; the others are taken in rooms."""
_SIZES = ((360, 640), (392, 588), (432, 576), (448, 560), (496, 512), (576, 432), (640, 448))
_MARGIN = 0.03
_HEAD_TOP, _SOLE = -1.42, FLOOR + 0.22
_FINEST_CLOTH = 30.0
"""Pixels a head height below which patterns have no room."""


@dataclass(frozen=True)
class StreetPhoto:
    """A photo, the boxes of the labelled piece and of the person in pixels, and the outfit's kind (of `OUTFITS`)."""

    image: Image.Image
    box: Box
    person: Box
    outfit: str


def render_street(index: int, seed: int) -> StreetPhoto:
    """Render street photo `index` of `seed`; the kinds of outfits take turns."""
    rng = np.random.default_rng((seed, index, 3))
    kind = OUTFITS[index % len(OUTFITS)]
    light, pose = sample_light(rng), standing_pose(rng)
    outfit = sample_outfit(kind, pose, rng)
    size, frame = _framed(outfit, pose, rng)
    x, floor = frame.pixel(0.0, FLOOR + 0.05)
    place = Place(x, floor, frame.scale)
    outside = rng.random() < _OUTSIDE
    scene = (_busy_street if outside else _room)(size, place, light, rng)
    subject = Layer.empty(size)
    mask = draw_worn(subject, _worn(outfit, frame, light, rng), pose, rng)
    _ground_shadow(scene, place, light)
    scene.paint_layer(subject)
    return StreetPhoto(expose(scene, rng), tight_box(mask), tight_box(subject.coverage), kind)


def _framed(outfit: Outfit, pose: Pose, rng: np.random.Generator) -> tuple[Size, Frame]:
    """A size and a place in it for a whole figure, about a third of the photo's width."""
    points = _extent(outfit, pose)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = high - low
    share = float(rng.uniform(0.28, 0.38))
    room = 1.0 - 2.0 * _MARGIN
    fitting = [size for size in _SIZES if share * size[0] * tall <= room * size[1] * wide] or [_SIZES[0]]
    size = Size(*pick(tuple(fitting), rng))
    scale = float(min(share * size.width / wide, room * size.height / tall))
    margin = _MARGIN * size.height
    free_x, free_y = size.width - scale * wide, size.height - 2.0 * margin - scale * tall
    left = free_x * float(rng.beta(2.0, 2.0))
    top = margin + free_y * float(rng.uniform(0.4, 1.0))
    return size, Frame((left - scale * float(low[0]), top - scale * float(low[1])), scale, float(rng.normal(0.0, 0.01)))


def _extent(outfit: Outfit, pose: Pose) -> Points:
    """Points around a person from head to sole."""
    hands = [np.array([arm.hand]) for arm in pose.arms]
    arms = [arm.path + (side * 0.16, 0.0) for arm, side in zip(pose.arms, (-1.0, 1.0), strict=True)]
    ends = np.array([[0.0, _HEAD_TOP], [float(pose.spine(np.array([FLOOR]))[0]), _SOLE]])
    return np.concatenate([*(piece.garment.points() for piece in outfit.pieces), *arms, *hands, ends])


def _worn(outfit: Outfit, frame: Frame, light: Light, rng: np.random.Generator) -> Worn:
    def dress(piece: Piece) -> Dress:
        cloth = weave(piece.style, max(frame.scale, _FINEST_CLOTH), rng)
        return Dress(piece.style, piece.garment, cloth, frame, light, 1.0)

    scarf = dress(outfit.scarf) if outfit.scarf else None
    bag = pick(("across", "front", "", ""), rng)
    tights = pick((None, None, (30, 28, 32), (58, 48, 46)), rng)
    return Worn([dress(piece) for piece in outfit.pieces], outfit.labelled, scarf, bag, tights)


def _room(size: Size, place: Place, light: Light, rng: np.random.Generator) -> Layer:
    return render_scene("room", size, place, light, rng)


def _busy_street(size: Size, place: Place, light: Light, rng: np.random.Generator) -> Layer:
    """A street with passers-by, a little out of focus; drawn at half size, as all backdrops are."""
    half = Size((size.width + 1) // 2, (size.height + 1) // 2)
    layer, avenue = draw_avenue(half, Place(place.middle / 2, place.floor / 2, place.unit / 2), light, rng)
    depths = sorted(rng.uniform(1.25, 5.0, int(rng.integers(3, 8))), reverse=True)
    for depth in depths:
        _draw_passer_by(layer, avenue, float(depth), light, rng)
    return Layer.filled(enlarge(layer.pixels, size, float(rng.uniform(0.6, 1.8))))


def _draw_passer_by(layer: Layer, avenue: Avenue, depth: float, light: Light, rng: np.random.Generator) -> None:
    unit = avenue.place.unit / depth
    x, floor = float(rng.uniform(0.0, layer.size.width)), avenue.horizon + avenue.eye * unit
    pose = standing_pose(rng)
    frame = Frame((x, floor - (FLOOR + 0.05) * unit), unit, 0.0)
    outfit = sample_outfit(pick(OUTFITS, rng), pose, rng)
    person = Layer.empty(layer.size)
    draw_worn(person, _worn(outfit, frame, light, rng), pose, rng)
    _ground_shadow(layer, Place(x, floor, unit), light)
    layer.paint_layer(person)


def _ground_shadow(layer: Layer, place: Place, light: Light) -> None:
    """The shadow of somebody on the ground: dark below the feet, long away from the light."""
    unit, away = place.unit, -float(np.sign(light.direction[0]))
    for reach, wide, tall, strength in ((0.0, 0.9, 0.16, 0.45), (1.4, 1.9, 0.2, 0.25)):
        middle = (place.middle + away * reach * unit, place.floor - 0.1 * reach * unit)
        layer.darken(polygon(ellipse_points(middle, (wide * unit, tall * unit)), layer.size, 0.12 * unit), strength)


def write_street(
    folder: Path, seed: int, photos: int = STREET_PHOTOS, progress: Callable[[int, int], None] | None = None
) -> list[tuple[BoxedPhoto, str]]:
    """Write street photos and their boxes (`boxes.json`, COCO) into a folder; returns each photo and its outfit's kind.

    The same arguments write the same bytes. `progress` is called with the photos written and `photos`.
    """
    written = []
    for content, photo, outfit in drawn(partial(_photo, seed), photos):
        write_bytes(folder / photo.path, content)
        written.append((photo, outfit))
        if progress is not None:
            progress(len(written), photos)
    write_json(folder / "boxes.json", coco([boxed for boxed, _ in written], "garment"))
    return written


def _photo(seed: int, index: int) -> tuple[bytes, BoxedPhoto, str]:
    """Street photo ``index`` as a file, what is known of it, and its outfit's kind."""
    photo = render_street(index, seed)
    path = f"{photo.outfit.replace(' ', '-')}-{index + 1:02d}.jpg"
    return jpeg(photo.image), BoxedPhoto(index, path, photo.image.size, photo.box), photo.outfit
