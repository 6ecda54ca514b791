"""What people wear in the street: pieces over one another, of which one is the object, and scarves."""

from dataclasses import dataclass, replace

import numpy as np

from tiefvision_assets.demo.garment import TABLE_BOTTOM, TABLE_STEPS, TABLE_TOP, Garment, Tubing, cut_garment
from tiefvision_assets.demo.palette import COLOUR_FAMILIES, pick, sample_colour
from tiefvision_assets.demo.pose import Pose
from tiefvision_assets.demo.raster import Points, smooth_path
from tiefvision_assets.demo.styles import STYLE_LABELS, Style, sample_style

OUTFITS = ("skirt under a coat", "skirt under a jumper", "open coat", "gown", "mini dress")
_COAT_COLOURS = ("black", "grey", "beige", "brown", "navy", "beige", "red", "green", "white")
_SHORTEST_VISIBLE = 0.75
"""So much of a skirt shows below what is worn over it, in figure units."""


@dataclass(frozen=True)
class Piece:
    """A garment and its style."""

    style: Style
    garment: Garment


@dataclass(frozen=True)
class Outfit:
    """Pieces from the body outwards, which of them is the object, and a scarf over all of them."""

    pieces: tuple[Piece, ...]
    labelled: int
    scarf: Piece | None


def sample_outfit(kind: str, pose: Pose, rng: np.random.Generator) -> Outfit:
    """An outfit of the kind (of `OUTFITS`), cut for a body in this pose."""
    pieces, labelled = _pieces(kind, pose, rng)
    pressed = (_pressed(piece, pieces[-1].garment) for piece in pieces[:-1])
    likely = 0.15 if kind == "gown" else 0.4
    return Outfit((*pressed, pieces[-1]), labelled, _scarf(pose, rng) if rng.random() < likely else None)


def _pieces(kind: str, pose: Pose, rng: np.random.Generator) -> tuple[tuple[Piece, ...], int]:
    """The pieces of an outfit and which of them is the object."""
    if kind == "skirt under a coat":
        skirt, hem = _skirt(pose, rng, ("knee", "midi", "maxi"))
        over = _coat(pose, rng, float(rng.uniform(2.3, hem - _SHORTEST_VISIBLE)), rng.random() < 0.5)
        return (_top(pose, rng), skirt, over), 1
    if kind == "skirt under a jumper":
        skirt, hem = _skirt(pose, rng, ("knee", "midi", "midi", "maxi"))
        return (skirt, _jumper(pose, rng, float(rng.uniform(1.9, min(hem - _SHORTEST_VISIBLE, 3.0))))), 0
    if kind == "open coat":
        inner: tuple[Piece, ...] = (_dress(pose, rng, ("shift", "pencil", "bodycon", "a-line")),)
        if rng.random() < 0.5:
            inner = (_top(pose, rng), _skirt(pose, rng, ("mini", "knee", "midi"))[0])
        return (*inner, _coat(pose, rng, float(rng.uniform(2.9, 5.3)), True)), len(inner)
    if kind == "gown":
        return (_dress(pose, rng, ("gown", "empire", "mermaid"), float(rng.uniform(6.05, 6.3))),), 0
    return (_dress(pose, rng, ("skater", "tent", "shift", "bodycon"), float(rng.uniform(2.75, 3.1))),), 0


def _pressed(piece: Piece, over: Garment) -> Piece:
    """The piece as one that is worn over it presses it: no wider than that above its hem, and wider again below."""
    heights = np.linspace(TABLE_TOP, TABLE_BOTTOM, TABLE_STEPS)
    freed = np.clip(heights - over.hem + 0.1, 0.0, None)
    room = over.half_width - 0.03 + 0.45 * freed
    garment, outline = piece.garment, piece.garment.outline.copy()
    middle, most = (np.interp(outline[:, 1], heights, table) for table in (over.centre, room))
    outline[:, 0] = np.clip(outline[:, 0], middle - most, middle + most)
    half_width = np.minimum(garment.half_width, room).astype(np.float32)
    return replace(piece, garment=replace(garment, outline=outline, half_width=half_width))


def _style(rng: np.random.Generator) -> Style:
    style = sample_style(rng, pick(STYLE_LABELS, rng))
    return replace(style, pattern="plain") if style.pattern == "colour-block" else style


def _dress(pose: Pose, rng: np.random.Generator, silhouettes: tuple[str, ...], hem: float | None = None) -> Piece:
    silhouette = pick(silhouettes, rng)
    length = "mini" if hem is not None and hem < 3.2 else "knee"
    style = replace(_style(rng), silhouette=silhouette, length=length)
    return Piece(style, cut_garment(style, pose, rng, hem=hem))


def _top(pose: Pose, rng: np.random.Generator) -> Piece:
    """A blouse that is tucked into a skirt."""
    neckline, sleeve = pick(("round", "high", "boat", "v"), rng), pick(("short", "long", "elbow"), rng)
    style = replace(_style(rng), silhouette="bodycon", length="mini", neckline=neckline, sleeve=sleeve)
    return Piece(style, cut_garment(style, pose, rng, hem=1.7))


def _skirt(pose: Pose, rng: np.random.Generator, lengths: tuple[str, ...]) -> tuple[Piece, float]:
    """A skirt from the waist down, and the height of its hem: a dress whose upper part is cut off."""
    silhouette = pick(("pencil", "a-line", "skater", "shift"), rng)
    style = replace(_style(rng), silhouette=silhouette, length=pick(lengths, rng), neckline="round", sleeve="none")
    dress = cut_garment(style, pose, rng)
    waist = float(rng.uniform(1.36, 1.5))
    below = dress.outline[dress.outline[:, 1] >= waist]
    return Piece(style, replace(dress, outline=below, waist=waist + 0.13)), dress.hem


def _jumper(pose: Pose, rng: np.random.Generator, hem: float) -> Piece:
    style = replace(
        _style(rng),
        silhouette="shift",
        length="mini",
        neckline=pick(("round", "high", "v", "boat"), rng),
        sleeve="long",
        fabric="knit",
    )
    return Piece(style, cut_garment(style, pose, rng, hem=hem))


def _coat(pose: Pose, rng: np.random.Generator, hem: float, is_open: bool) -> Piece:
    """A coat or a jacket; one that is worn open shows what is under it down to the hem, a buttoned one little."""
    colour = sample_colour(pick(_COAT_COLOURS, rng), rng)
    style = replace(
        _style(rng),
        silhouette="tent" if hem > 3.2 and rng.random() < 0.5 else "shift",
        length="mini",
        neckline="v",
        sleeve="long",
        fabric=pick(("cotton", "crepe", "knit"), rng),
        pattern=pick(("plain", "plain", "plain", "tartan", "pinstripe"), rng),
        colour=colour,
    )
    garment = cut_garment(style, pose, rng, hem=hem)
    sleeves = tuple(replace(sleeve, radii=1.12 * sleeve.radii) for sleeve in garment.sleeves)
    return Piece(style, replace(garment, sleeves=sleeves, opening=_opening(garment, pose, rng, is_open)))


def _opening(garment: Garment, pose: Pose, rng: np.random.Generator, is_open: bool) -> Points:
    """The gap between a coat's fronts: each falls from the neck by its own way, or they meet below the chest."""
    end = garment.hem + 0.5
    edges = []
    for side in (-1, 1):
        chest, hem = float(rng.uniform(0.12, 0.26)), float(rng.uniform(0.16, 0.48))
        below = [[chest, 0.9], [0.5 * (chest + hem), 1.7], [hem, end]] if is_open else [[0.1, 0.7], [0.0, 1.05]]
        path = smooth_path(np.array([[0.19, -0.3], [0.2, 0.1], *below]) * (side, 1.0), 30)
        path[:, 0] += 0.10 * pose.turn + pose.spine(path[:, 1])
        edges.append(path)
    return np.concatenate([edges[0], edges[1][::-1]])


def _scarf(pose: Pose, rng: np.random.Generator) -> Piece:
    """A scarf around the neck with one or two ends that hang in front."""
    style = replace(
        _style(rng), fabric="knit", colour=sample_colour(pick(tuple(COLOUR_FAMILIES), rng), rng), sleeve="none"
    )
    shift = 0.06 * pose.turn
    arc = [[-0.30, -0.16], [-0.2, 0.02], [shift, 0.12], [0.2, 0.02], [0.30, -0.16]]
    wrap = Tubing(smooth_path(np.array(arc), 17), np.full(17, float(rng.uniform(0.12, 0.17))), False)
    ends = []
    for side in (-1, 1) if rng.random() < 0.6 else (int(rng.choice((-1, 1))),):
        length = float(rng.uniform(0.9, 2.3))
        path = np.array([[0.15 * side + shift, 0.05], [0.2 * side + shift, 0.5 * length], [0.17 * side, length]])
        path[:, 0] += pose.spine(path[:, 1])
        ends.append(Tubing(smooth_path(path, 11), np.linspace(0.13, 0.18, 11), False))
    none = np.zeros(0, np.float32)
    garment = Garment(
        outline=np.zeros((0, 2)),
        back_neck=np.zeros((0, 2)),
        half_width=none,
        centre=none,
        sleeves=(),
        straps=(*ends, wrap),
        waist=0.0,
        hem=0.0,
        fullness=0.0,
        tilt=0.0,
    )
    return Piece(style, garment)
