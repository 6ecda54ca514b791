"""What a demo dress is: its style, how far two styles are apart, and the coarse class a style belongs to."""

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.demo.palette import (
    COLOUR_FAMILIES,
    NEIGHBOURING_FAMILIES,
    DisplayColour,
    pick,
    sample_colour,
)

LENGTHS = ("mini", "knee", "midi", "maxi")
SILHOUETTE_LENGTHS: dict[str, tuple[str, ...]] = {
    "gown": ("maxi",),
    "empire": ("midi", "maxi"),
    "mermaid": ("maxi",),
    "a-line": ("knee", "midi"),
    "skater": ("mini", "knee"),
    "tent": ("mini", "knee"),
    "pencil": ("knee", "midi"),
    "shift": ("mini", "knee"),
    "bodycon": ("mini",),
}
SILHOUETTE_GROUPS: dict[str, str] = {
    "gown": "long",
    "empire": "long",
    "mermaid": "long",
    "a-line": "flared",
    "skater": "flared",
    "tent": "flared",
    "pencil": "narrow",
    "shift": "narrow",
    "bodycon": "narrow",
}
SLEEVE_COVER: dict[str, float] = {
    "none": 0.0,
    "cap": 0.12,
    "short": 0.27,
    "puff": 0.30,
    "elbow": 0.50,
    "bell": 0.80,
    "long": 0.95,
}
SLEEVELESS_NECKLINES = ("strapless", "straps", "halter")
NECKLINES = ("round", "scoop", "v", "boat", "square", "high", *SLEEVELESS_NECKLINES)
PATTERN_FAMILIES: dict[str, str] = {
    "plain": "plain",
    "colour-block": "plain",
    "breton": "stripes",
    "pinstripe": "stripes",
    "gingham": "checks",
    "tartan": "checks",
    "polka": "dots",
    "confetti": "dots",
    "floral": "ornate",
    "leaves": "ornate",
    "lace": "ornate",
}
STYLE_LABELS = tuple(
    f"{group}-{family}"
    for group in dict.fromkeys(SILHOUETTE_GROUPS.values())
    for family in dict.fromkeys(PATTERN_FAMILIES.values())
)
FABRICS = ("cotton", "satin", "knit", "crepe")

# How much each difference counts. Silhouette, length, pattern and sleeves are what people name first when they ask for
# "something like this"; the colour family moderately; neckline, cloth and the pattern's scale are details.
SILHOUETTE_WEIGHT = 3.0
LENGTH_WEIGHT = 1.5
PATTERN_WEIGHT = 3.0
SLEEVE_WEIGHT = 1.75
COLOUR_WEIGHT = 1.25
NECKLINE_WEIGHT = 0.75
FABRIC_WEIGHT = 0.5
SCALE_WEIGHT = 0.5
_TOTAL_WEIGHT = (
    SILHOUETTE_WEIGHT
    + LENGTH_WEIGHT
    + PATTERN_WEIGHT
    + SLEEVE_WEIGHT
    + COLOUR_WEIGHT
    + NECKLINE_WEIGHT
    + FABRIC_WEIGHT
    + SCALE_WEIGHT
)
_RELATED = 0.5


@dataclass(frozen=True, slots=True)
class Style:
    """A dress as a shop would describe it; `pattern_scale` is 0 (fine) to 1 (bold), colours are display values."""

    silhouette: str
    length: str
    neckline: str
    sleeve: str
    fabric: str
    pattern: str
    pattern_scale: float
    colour_family: str
    colour: DisplayColour
    accent: DisplayColour


def sample_style(rng: np.random.Generator, label: str) -> Style:
    """A style of the class `label` (of `STYLE_LABELS`) that could be sewn.

    Lengths fit the silhouette, and sleeves need a neckline that holds them.
    """
    group, family = label.split("-")
    silhouette = pick(tuple(name for name, of in SILHOUETTE_GROUPS.items() if of == group), rng)
    pattern = pick(tuple(name for name, of in PATTERN_FAMILIES.items() if of == family), rng)
    neckline = pick(NECKLINES, rng)
    sleeve = "none" if neckline in SLEEVELESS_NECKLINES or rng.random() < 0.2 else pick(tuple(SLEEVE_COVER), rng)
    colour_family = pick(tuple(COLOUR_FAMILIES), rng)
    colour = sample_colour(colour_family, rng)
    return Style(
        silhouette=silhouette,
        length=pick(SILHOUETTE_LENGTHS[silhouette], rng),
        neckline=neckline,
        sleeve=sleeve,
        fabric=pick(FABRICS, rng),
        pattern=pattern,
        pattern_scale=round(float(rng.uniform()), 3),
        colour_family=colour_family,
        colour=colour,
        accent=_accent(colour, rng),
    )


def _accent(colour: DisplayColour, rng: np.random.Generator) -> DisplayColour:
    """White or navy, or any other colour that stands out from the dress's."""
    if rng.random() < 0.5:
        return sample_colour("white" if _brightness(colour) < 150 else "navy", rng)
    others = tuple(sample_colour(family, rng) for family in COLOUR_FAMILIES)
    return pick(tuple(c for c in others if abs(_brightness(c) - _brightness(colour)) > 75), rng)


def _brightness(colour: DisplayColour) -> float:
    red, green, blue = colour
    return 0.3 * red + 0.59 * green + 0.11 * blue


def style_distance(a: Style, b: Style) -> float:
    """How different two styles look to people, 0 (the same) to 1; symmetric.

    Weighted mean of the differences above. Related values (silhouettes of one group, patterns of one family,
    neighbouring colours) count half; lengths and sleeves by how much more they cover. The exact colour, the background,
    the pose and the light never count.
    """
    length_gap = abs(LENGTHS.index(a.length) - LENGTHS.index(b.length)) / (len(LENGTHS) - 1)
    sleeve_gap = abs(SLEEVE_COVER[a.sleeve] - SLEEVE_COVER[b.sleeve]) / max(SLEEVE_COVER.values())
    related_colours = frozenset((a.colour_family, b.colour_family)) in NEIGHBOURING_FAMILIES
    total = (
        SILHOUETTE_WEIGHT
        * _category_gap(a.silhouette, b.silhouette, SILHOUETTE_GROUPS[a.silhouette] == SILHOUETTE_GROUPS[b.silhouette])
        + LENGTH_WEIGHT * length_gap
        + PATTERN_WEIGHT
        * _category_gap(a.pattern, b.pattern, PATTERN_FAMILIES[a.pattern] == PATTERN_FAMILIES[b.pattern])
        + SLEEVE_WEIGHT * sleeve_gap
        + COLOUR_WEIGHT * _category_gap(a.colour_family, b.colour_family, related_colours)
        + NECKLINE_WEIGHT * _category_gap(a.neckline, b.neckline, False)
        + FABRIC_WEIGHT * _category_gap(a.fabric, b.fabric, False)
        + SCALE_WEIGHT * abs(a.pattern_scale - b.pattern_scale)
    )
    return total / _TOTAL_WEIGHT


def _category_gap(a: str, b: str, related: bool) -> float:
    if a == b:
        return 0.0
    return _RELATED if related else 1.0


def style_label(style: Style) -> str:
    """The coarse class used to judge similarity: group of silhouettes and family of patterns, 15 in all."""
    return f"{SILHOUETTE_GROUPS[style.silhouette]}-{PATTERN_FAMILIES[style.pattern]}"
