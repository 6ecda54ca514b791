"""The demo's colours: families of dress colours, skin, hair and interiors, as display values in 0..255."""

import colorsys
from typing import TypeAlias, TypeVar

import numpy as np

DisplayColour: TypeAlias = tuple[int, int, int]

T = TypeVar("T")

# family: hue range in degrees, saturation range and value range in 0..1
COLOUR_FAMILIES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "white": ((30, 60), (0.01, 0.07), (0.92, 0.98)),
    "black": ((200, 320), (0.03, 0.15), (0.09, 0.18)),
    "grey": ((190, 240), (0.02, 0.10), (0.45, 0.70)),
    "beige": ((28, 42), (0.18, 0.35), (0.76, 0.90)),
    "brown": ((14, 28), (0.50, 0.70), (0.32, 0.52)),
    "red": ((-8, 6), (0.75, 0.92), (0.60, 0.84)),
    "pink": ((335, 352), (0.25, 0.58), (0.84, 0.95)),
    "orange": ((12, 26), (0.65, 0.88), (0.80, 0.93)),
    "yellow": ((42, 52), (0.50, 0.80), (0.86, 0.96)),
    "green": ((90, 155), (0.30, 0.65), (0.36, 0.66)),
    "teal": ((168, 190), (0.45, 0.80), (0.40, 0.66)),
    "blue": ((203, 222), (0.45, 0.80), (0.60, 0.86)),
    "navy": ((222, 236), (0.55, 0.75), (0.22, 0.36)),
    "purple": ((265, 295), (0.28, 0.62), (0.40, 0.68)),
}
NEIGHBOURING_FAMILIES: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in (
        ("white", "beige"),
        ("white", "grey"),
        ("black", "navy"),
        ("black", "grey"),
        ("beige", "brown"),
        ("beige", "yellow"),
        ("brown", "orange"),
        ("red", "pink"),
        ("red", "orange"),
        ("orange", "yellow"),
        ("green", "teal"),
        ("teal", "blue"),
        ("blue", "navy"),
        ("purple", "pink"),
    )
)
SKIN_TONES: tuple[DisplayColour, ...] = (
    (244, 214, 194),
    (236, 196, 168),
    (222, 176, 144),
    (198, 148, 112),
    (164, 114, 82),
    (124, 82, 58),
    (92, 60, 44),
)
HAIR_COLOURS: tuple[DisplayColour, ...] = (
    (26, 22, 22),
    (46, 34, 28),
    (78, 52, 36),
    (112, 72, 44),
    (164, 118, 70),
    (206, 172, 118),
    (132, 60, 34),
    (150, 146, 144),
)
WALL_COLOURS: tuple[DisplayColour, ...] = (
    (226, 220, 210),
    (205, 196, 184),
    (196, 204, 206),
    (182, 190, 176),
    (214, 190, 176),
    (168, 178, 190),
    (150, 140, 132),
    (120, 134, 128),
    (232, 226, 222),
    (110, 112, 124),
)
STUDIO_COLOURS: tuple[DisplayColour, ...] = (
    (240, 240, 240),
    (228, 228, 230),
    (214, 212, 208),
    (236, 226, 214),
    (204, 208, 216),
    (226, 206, 200),
    (186, 196, 188),
    (160, 162, 168),
    (208, 196, 178),
    (120, 124, 134),
)
WOOD_COLOURS: tuple[DisplayColour, ...] = (
    (170, 128, 88),
    (140, 100, 66),
    (196, 160, 120),
    (108, 76, 54),
    (184, 170, 150),
)


def sample_colour(family: str, rng: np.random.Generator) -> DisplayColour:
    """A colour of the family; raises `KeyError` for a family that is not in `COLOUR_FAMILIES`."""
    hue, saturation, value = (rng.uniform(*bounds) for bounds in COLOUR_FAMILIES[family])
    red, green, blue = colorsys.hsv_to_rgb((hue / 360.0) % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def pick(options: tuple[T, ...], rng: np.random.Generator) -> T:
    """One of the options, each as likely as the others."""
    return options[int(rng.integers(len(options)))]
