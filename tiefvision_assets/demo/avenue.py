"""A busy street in perspective: house fronts with shops, trees, cars and people on their way."""

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.demo.backdrop import Place
from tiefvision_assets.demo.palette import COLOUR_FAMILIES, DisplayColour, pick, sample_colour
from tiefvision_assets.demo.raster import (
    Colour,
    Layer,
    Patch,
    Points,
    Size,
    ellipse_points,
    linear,
    pixel_grid,
    polygon,
    smooth_noise,
    smooth_step,
)
from tiefvision_assets.demo.solids import Light, paint_tube

_FACADES = ((186, 172, 150), (168, 128, 104), (206, 200, 190), (132, 126, 124), (214, 190, 160), (120, 96, 84))
_GLASS = ((52, 60, 70), (84, 96, 108), (40, 44, 50), (150, 164, 176))
_SHOPS = ((246, 222, 176), (60, 66, 72), (232, 226, 210), (96, 88, 76))
_SKIES = ((214, 222, 232), (176, 200, 226), (232, 230, 226))
_FLOOR_HEIGHT = 14.0
"""Head heights from one storey of a house to the next."""
_DEPTH = 14.0
"""How many head heights away the subject stands, which is the unit of depth."""


@dataclass(frozen=True)
class Avenue:
    """A view down a street: points are (across, height above the ground) in head heights and depth (subject: 1)."""

    size: Size
    place: Place
    vanishing: float
    eye: float
    haze: Colour

    @property
    def horizon(self) -> float:
        """The y at which the street vanishes."""
        return self.place.floor - self.eye * self.place.unit

    def pixels(self, points: Points) -> Points:
        """Points of the street `(n, 3)` as pixels."""
        unit = self.place.unit / points[:, 2]
        return np.stack([self.vanishing + unit * points[:, 0], self.horizon + unit * (self.eye - points[:, 1])], axis=1)

    def fill(self, layer: Layer, points: Points, colour: Colour, opacity: float = 1.0) -> None:
        """Paint a polygon, paler the farther away it is."""
        patch = polygon(self.pixels(points), self.size)
        far = np.float32(1.0 - np.exp(-0.035 * max(float(points[:, 2].mean()) - 1.0, 0.0)))
        painted = Patch(patch.left, patch.top, patch.alpha * np.float32(opacity))
        layer.paint(painted, colour * (1.0 - far) + self.haze * far)


def draw_avenue(size: Size, place: Place, light: Light, rng: np.random.Generator) -> tuple[Layer, Avenue]:
    """An opaque layer with a street without people, and its perspective."""
    sky = linear(pick(_SKIES, rng))
    vanishing = float(rng.uniform(0.1, 0.9)) * size.width
    avenue = Avenue(size, place, vanishing, float(rng.uniform(4.4, 6.6)), sky * np.float32(0.9))
    layer = Layer.filled(_ground_and_sky(avenue, sky, rng))
    sides = (float(rng.uniform(-26.0, -9.0)), float(rng.uniform(9.0, 26.0)))
    end = float(rng.uniform(4.0, 14.0))
    _facade(avenue, layer, (2.0 * sides[0], end), (2.0 * sides[1], end), light, rng)
    for side in sides:
        _kerb(avenue, layer, 0.55 * side, end)
        depth = end
        while depth > 0.8:
            nearer = depth - float(rng.uniform(1.2, 3.0))
            _facade(avenue, layer, (side, depth), (side, max(nearer, 0.7)), light, rng)
            depth = nearer
    things = [
        (float(rng.uniform(1.8, end)), pick((_tree, _car, _car, _post), rng)) for _ in range(int(rng.integers(4, 10)))
    ]
    for depth, draw in sorted(things, key=lambda thing: -thing[0]):
        across = pick(sides, rng) * float(rng.uniform(0.42, 0.72))
        draw(avenue, layer, across, depth, light, rng)
    return layer, avenue


def _ground_and_sky(avenue: Avenue, sky: Colour, rng: np.random.Generator) -> np.ndarray:
    size, unit = avenue.size, avenue.place.unit
    shape = (size.height, size.width)
    x, y = pixel_grid(0, 0, size.width, size.height)
    clouds = 1.0 + 0.05 * smooth_noise(rng, shape, (5, 6)) - 0.25 * (1.0 - y / size.height)
    depth = avenue.eye / np.maximum((y - avenue.horizon) / unit, 0.02)
    across = (x - avenue.vanishing) / unit * depth
    slab = (np.abs((across / 2.6) % 1.0 - 0.5) > 0.485) | (np.abs((depth * _DEPTH / 2.6) % 1.0 - 0.5) > 0.485)
    near = np.exp(-0.35 * depth)
    stone = linear(pick(((150, 146, 140), (112, 112, 116), (168, 158, 146), (92, 94, 98)), rng))
    tone = 0.95 - 0.22 * slab * near * (rng.random() < 0.6) + 0.05 * smooth_noise(rng, shape, (60, 40))
    far = (1.0 - np.exp(-0.05 * depth))[..., None]
    ground = stone * tone[..., None] * (1.0 - far) + avenue.haze * far
    below = smooth_step(avenue.horizon - 0.5, avenue.horizon + 0.5, y + 0.0 * x)[..., None]
    return (sky * clouds[..., None] * (1.0 - below) + ground * below).astype(np.float32)


def _facade(
    avenue: Avenue,
    layer: Layer,
    start: tuple[float, float],
    end: tuple[float, float],
    light: Light,
    rng: np.random.Generator,
) -> None:
    """A house front from `start` to `end`, both (across, depth): a shop below, storeys of windows above it."""
    ends = np.array([start, end])
    wide = float(np.hypot(ends[1, 0] - ends[0, 0], _DEPTH * (ends[1, 1] - ends[0, 1])))
    storeys = int(rng.integers(2, 5))
    top = (storeys + 0.15) * _FLOOR_HEIGHT
    faces_light = np.sign(ends[0, 0]) * light.direction[0] < 0
    tone = np.float32(rng.uniform(0.8, 1.0) if faces_light else rng.uniform(0.5, 0.75))
    wall, glass = linear(pick(_FACADES, rng)) * tone, linear(pick(_GLASS, rng))

    def panel(left: float, right: float, low: float, high: float, colour: Colour) -> None:
        shares = np.array([left, right, right, left]) / wide
        across, depth = (ends[0, axis] + shares * (ends[1, axis] - ends[0, axis]) for axis in (0, 1))
        avenue.fill(layer, np.stack([across, [low, low, high, high], depth], axis=1), colour)

    panel(0.0, wide, 0.0, top, wall)
    panel(0.0, wide, top - 0.8, top, wall * np.float32(0.7))
    sign = linear(sample_colour(pick(tuple(COLOUR_FAMILIES), rng), rng)) * tone
    shop = linear(pick(_SHOPS, rng)) * tone
    step = float(rng.uniform(7.0, 11.0))
    for left in np.arange(1.0, wide - 4.0, step):
        right = min(float(left) + 0.82 * step, wide - 0.8)
        panel(left, right, 1.2, 9.6, shop)
        for place in np.linspace(left, right, 5)[1:-1]:
            stands = float(rng.uniform(2.0, 7.5))
            goods = linear(sample_colour(pick(tuple(COLOUR_FAMILIES), rng), rng)) * tone
            panel(place - 0.6, place + 0.6, 1.4, stands, 0.5 * goods + 0.5 * shop)
        for storey in range(1, storeys):
            low = storey * _FLOOR_HEIGHT + 2.5
            panel(left + 0.18 * step - 0.4, left + 0.62 * step + 0.4, low - 0.7, low + 8.4, wall * np.float32(1.18))
            panel(left + 0.18 * step, left + 0.62 * step, low, low + 8.0, glass * tone)
            panel(left + 0.39 * step, left + 0.41 * step, low, low + 8.0, wall * np.float32(1.18))
    panel(0.3, wide - 0.3, 10.0, 12.6, sign)
    if rng.random() < 0.4:
        panel(0.5, wide - 0.5, 8.0, 10.4, np.clip(1.2 * sign, 0.0, 1.0))


def _kerb(avenue: Avenue, layer: Layer, across: float, end: float) -> None:
    for low, high, tone in ((0.0, 0.5, 0.42), (0.5, 0.8, 0.66)):
        edge = np.array([[across, low, 0.4], [across, high, 0.4], [across, high, end], [across, low, end]])
        avenue.fill(layer, edge, np.full(3, tone, np.float32) ** 2)


def _car(avenue: Avenue, layer: Layer, across: float, depth: float, light: Light, rng: np.random.Generator) -> None:
    """A car that comes or goes."""
    paint = linear(sample_colour(pick(("black", "grey", "white", "navy", "red", "grey", "beige"), rng), rng))
    paint = paint * light.colour

    def front(half_low: float, half_high: float, low: float, high: float, colour: Colour) -> None:
        corners = [[-half_low, low], [half_low, low], [half_high, high], [-half_high, high]]
        points = np.array([[across + x, y, depth] for x, y in corners])
        avenue.fill(layer, points, colour.astype(np.float32))

    black = np.full(3, 0.015, np.float32)
    ellipse = ellipse_points((across, 0.1), (4.6, 0.5))
    shadow = np.concatenate([ellipse, np.full((len(ellipse), 1), depth)], axis=1)
    avenue.fill(layer, shadow, black, 0.6)
    for side in (-1, 1):
        wheel = ellipse_points((across + 3.0 * side, 0.9), (0.6, 0.95))
        avenue.fill(layer, np.concatenate([wheel, np.full((len(wheel), 1), depth)], axis=1), black)
    front(3.9, 4.0, 0.9, 3.6, paint * 0.8)
    front(4.0, 3.5, 3.4, 4.4, paint)
    front(3.4, 2.6, 4.3, 6.4, paint * 1.05)
    front(3.05, 2.4, 4.4, 6.1, linear((66, 78, 92)))
    lamp = linear((250, 244, 226) if rng.random() < 0.6 else (190, 34, 30))
    for side in (-1, 1):
        spot = ellipse_points((across + 3.0 * side, 3.1), (0.6, 0.35))
        avenue.fill(layer, np.concatenate([spot, np.full((len(spot), 1), depth)], axis=1), lamp)
    front(0.9, 0.9, 1.7, 2.3, linear((226, 226, 220)))


def _tree(avenue: Avenue, layer: Layer, across: float, depth: float, light: Light, rng: np.random.Generator) -> None:
    foot, crown = avenue.pixels(np.array([[across, 0.0, depth], [across, 17.0, depth]]))
    unit = avenue.place.unit / depth
    paint_tube(layer, np.stack([foot, crown]), np.array([0.7, 0.45]) * unit, linear((84, 70, 58)), light)
    green: DisplayColour = pick(((74, 104, 58), (104, 120, 64), (150, 120, 60), (60, 88, 60)), rng)
    for _ in range(45):
        x, y = crown + rng.normal(0.0, 1.0, 2) * (2.9, 2.6) * unit
        radius = float(rng.uniform(0.5, 1.5)) * unit
        tone = np.float32(rng.uniform(0.45, 1.15))
        leaves = polygon(ellipse_points((float(x), float(y)), (radius, 0.8 * radius)), avenue.size)
        layer.paint(Patch(leaves.left, leaves.top, leaves.alpha * np.float32(0.8)), linear(green) * tone)


def _post(avenue: Avenue, layer: Layer, across: float, depth: float, light: Light, rng: np.random.Generator) -> None:
    """A lamp post or a road sign."""
    tall = float(rng.choice((11.0, 22.0)))
    foot, head = avenue.pixels(np.array([[across, 0.0, depth], [across, tall, depth]]))
    unit = avenue.place.unit / depth
    paint_tube(layer, np.stack([foot, head]), np.array([0.3, 0.2]) * unit, linear((70, 74, 78)), light)
    colour = linear(pick(((196, 40, 36), (40, 84, 170), (238, 236, 228)), rng))
    layer.paint(
        polygon(ellipse_points((float(head[0]), float(head[1])), (1.5 * unit, 1.5 * unit)), avenue.size), colour
    )
