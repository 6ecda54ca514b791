"""The cut of a dress: outline, centre line and width at each height, sleeves and straps, in figure units."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiefvision_assets.demo.pose import Arm, Pose
from tiefvision_assets.demo.raster import Points, smooth_path
from tiefvision_assets.demo.styles import SLEEVE_COVER, Style

TABLE_TOP, TABLE_BOTTOM, TABLE_STEPS = -0.5, 7.0, 750
HEM: dict[str, float] = {"mini": 3.05, "knee": 3.95, "midi": 4.85, "maxi": 5.85}
BODY = (
    (0.0, 0.60),
    (0.5, 0.53),
    (0.8, 0.55),
    (1.1, 0.48),
    (1.5, 0.41),
    (1.9, 0.52),
    (2.35, 0.63),
    (2.8, 0.60),
    (4.0, 0.44),
)
# How wide the skirt is at the hem, and the height at which it leaves the body.
FLARE: dict[str, tuple[tuple[float, float], float]] = {
    "gown": ((1.45, 2.05), 1.55),
    "empire": ((0.95, 1.30), 0.95),
    "mermaid": ((1.15, 1.55), 3.9),
    "a-line": ((1.15, 1.55), 1.55),
    "skater": ((1.10, 1.50), 1.50),
    "tent": ((1.05, 1.45), 0.35),
    "pencil": ((0.50, 0.58), 2.5),
    "shift": ((0.72, 0.84), 0.60),
    "bodycon": ((0.58, 0.64), 2.4),
}
# Half width of the neck opening on the shoulder, and its depth at the centre.
NECK: dict[str, tuple[float, float]] = {
    "round": (0.26, 0.14),
    "scoop": (0.38, 0.46),
    "v": (0.32, 0.78),
    "boat": (0.47, 0.08),
    "square": (0.40, 0.44),
    "high": (0.20, -0.16),
    "halter": (0.16, 0.02),
    "straps": (0.40, 0.52),
    "strapless": (0.50, 0.58),
}


@dataclass(frozen=True)
class Tubing:
    """A sleeve or a strap: a path `(n, 2)` with a radius at each point, in figure units."""

    path: Points
    radii: NDArray[np.float64]
    behind: bool


@dataclass(frozen=True)
class Garment:
    """A cut dress. `half_width` and `centre` are tables over the heights `TABLE_TOP..TABLE_BOTTOM`."""

    outline: Points
    back_neck: Points
    half_width: NDArray[np.float32]
    centre: NDArray[np.float32]
    sleeves: tuple[Tubing, ...]
    straps: tuple[Tubing, ...]
    waist: float
    hem: float
    fullness: float
    tilt: float
    opening: Points | None = None
    """What a coat leaves free between its two fronts: down the left one, up the right one."""

    def points(self) -> Points:
        """Points that surround the whole dress, for measuring its extent."""
        edges = [self.outline]
        for part in (*self.sleeves, *self.straps):
            edges += [part.path + offset * part.radii[:, None] for offset in ((1, 0), (-1, 0), (0, 1), (0, -1))]
        return np.concatenate(edges)


def cut_garment(
    style: Style, pose: Pose, rng: np.random.Generator, laid_flat: bool = False, hem: float | None = None
) -> Garment:
    """Cut the dress for a body in this pose; `rng` decides what does not belong to the style (swing, exact width).

    A `hem`, more than 1.6, takes the place of the one that the style's length has.
    """
    heights = np.linspace(TABLE_TOP, TABLE_BOTTOM, TABLE_STEPS)
    if hem is None:
        hem = HEM[style.length] + float(rng.uniform(-0.14, 0.14))
    (narrow, wide), leaves = FLARE[style.silhouette]
    if style.length == "mini" and style.silhouette in ("tent", "skater"):
        wide = narrow + 0.6 * (wide - narrow)
    hem_width = float(rng.uniform(narrow, wide))
    half_width = _half_width(heights, hem, hem_width, leaves, style.silhouette)
    swing = float(rng.normal(0.0, 0.10)) * (hem_width - 0.45)
    centre = pose.spine(heights) + swing * np.clip((heights - 1.6) / (hem - 1.6), 0.0, 1.2) ** 1.7
    fullness = float(np.clip((hem_width - 0.5) / 1.1, 0.05, 1.0))
    tilt = 0.02 if laid_flat else 0.05 + 0.035 * max(hem - 1.0, 0.0)
    outline = _outline(style, heights, half_width, centre, pose, hem, tilt)
    sleeved = style.sleeve != "none"
    sleeves = tuple(_sleeve(style, arm, rng) for arm in pose.arms) if sleeved else ()
    return Garment(
        outline=outline,
        back_neck=_back_neck(style),
        half_width=half_width.astype(np.float32),
        centre=centre.astype(np.float32),
        sleeves=sleeves,
        straps=_straps(style, pose),
        waist=leaves if style.silhouette in ("gown", "a-line", "skater", "empire") else 0.0,
        hem=hem,
        fullness=fullness,
        tilt=tilt,
    )


def _half_width(
    heights: NDArray[np.float64], hem: float, hem_width: float, leaves: float, silhouette: str
) -> NDArray[np.float64]:
    body_y, body_w = np.array(BODY).T
    body = np.interp(heights, body_y, body_w) + (0.10 if silhouette in ("shift", "tent") else 0.03)
    start = float(np.interp(leaves, heights, body))
    progress = np.clip((heights - leaves) / max(hem - leaves, 0.3), 0.0, 1.3)
    power = {"gown": 0.72, "skater": 0.75, "empire": 0.8, "mermaid": 1.5}.get(silhouette, 1.0)
    skirt = start + (hem_width - start) * progress**power
    fitted = silhouette in ("pencil", "bodycon", "mermaid")
    joined = np.where(heights < leaves, body, skirt if fitted else np.maximum(skirt, body * (heights < 2.6)))
    kernel = np.hanning(33)
    padded = np.pad(joined, 16, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _at(table: NDArray[np.float64], heights: NDArray[np.float64], y: float) -> float:
    return float(np.interp(y, heights, table))


def _shoulder_y(x: float) -> float:
    return -0.14 + 0.26 * (x - 0.2) / 0.5


def _outline(
    style: Style,
    heights: NDArray[np.float64],
    half_width: NDArray[np.float64],
    centre: NDArray[np.float64],
    pose: Pose,
    hem: float,
    tilt: float,
) -> Points:
    armpit = 0.60
    side_y = np.linspace(armpit, hem, 60)
    side_w = np.interp(side_y, heights, half_width)
    side_c = np.interp(side_y, heights, centre)
    right = np.stack([side_c + side_w, side_y], axis=1)
    left = np.stack([side_c - side_w, side_y], axis=1)[::-1]
    angle = np.linspace(np.pi / 2, -np.pi / 2, 60)
    hem_w, hem_c = _at(half_width, heights, hem), _at(centre, heights, hem)
    bottom = np.stack([hem_c + hem_w * np.sin(angle), hem + tilt * hem_w * np.cos(angle)], axis=1)
    top = _neckline(style, pose, _at(half_width, heights, armpit))
    return np.concatenate([top, right, bottom, left])


def _neckline(style: Style, pose: Pose, armpit_width: float) -> Points:
    """The upper edge from the left armpit over both shoulders to the right one."""
    width, depth = NECK[style.neckline]
    shift = 0.10 * pose.turn
    if style.neckline in ("strapless", "straps"):
        x = np.linspace(-1.0, 1.0, 41)
        cups = 0.10 * np.abs(np.sin(np.pi * x)) - 0.03 * np.abs(x)
        return np.stack([x * (armpit_width - 0.01) + shift * (1 - x**2), depth - cups], axis=1)
    shoulder = 0.64 if style.sleeve != "none" else max(0.52, width + 0.08)
    outer = 0.30 if style.neckline == "halter" else shoulder
    right_shoulder = np.array([[width, _shoulder_y(width)], [outer, _shoulder_y(outer)]])
    bare_inset = -0.06 if style.neckline == "halter" else 0.10
    inset = outer - (0.02 if style.sleeve != "none" else bare_inset)
    armhole = smooth_path(np.array([[outer, _shoulder_y(outer)], [inset, 0.30], [armpit_width, 0.60]]), 10)
    half = np.concatenate([right_shoulder[1:], armhole[1:]])
    t = np.linspace(0.0, 1.0, 15)[1:]
    top_y = _shoulder_y(width)
    if style.neckline == "v":
        curve = np.stack([width * (1 - t), top_y + (depth - top_y) * t**0.9], axis=1)
    elif style.neckline == "square":
        curve = np.array([[width - 0.03, depth], [width * 0.5, depth + 0.01], [0.0, depth + 0.02]])
    elif style.neckline == "halter":
        curve = np.stack([width * np.cos(t * np.pi / 2), top_y + (depth + 0.1 - top_y) * np.sin(t * np.pi / 2)], axis=1)
    else:
        curve = np.stack([width * np.cos(t * np.pi / 2), top_y + (depth - top_y) * np.sin(t * np.pi / 2)], axis=1)
    inner = np.concatenate([[[width, top_y]], curve])
    right = np.concatenate([inner[::-1], half])
    left = right[::-1] * (-1, 1)
    edge = np.concatenate([left, right[1:]])
    edge[:, 0] += shift * np.clip(1.0 - np.abs(edge[:, 0]) / 0.7, 0.0, 1.0)
    return edge


def _back_neck(style: Style) -> Points:
    width = NECK[style.neckline][0]
    if style.neckline in ("strapless", "straps"):
        return np.array([[-0.5, 0.5], [0.5, 0.5], [0.42, 0.66], [-0.42, 0.66]])
    t = np.linspace(0.0, np.pi, 16)
    top_y = _shoulder_y(width)
    rise = np.stack([width * np.cos(t), top_y + 0.05 * np.sin(t)], axis=1)
    depth = max(NECK[style.neckline][1], top_y) + 0.04
    front = np.array([[-width, top_y], [-0.9 * width, depth], [0.9 * width, depth], [width, top_y]])
    return np.concatenate([rise, front])


def _sleeve(style: Style, arm: Arm, rng: np.random.Generator) -> Tubing:
    cover = SLEEVE_COVER[style.sleeve] * float(rng.uniform(0.94, 1.06))
    position = np.linspace(0.0, min(cover, 1.0), 9) * (len(arm.path) - 1)
    columns = [np.interp(position, np.arange(len(arm.path)), arm.path[:, axis]) for axis in (0, 1)]
    t = np.linspace(0.0, 1.0, 9)
    radii = np.interp(position / (len(arm.path) - 1), [0.0, 0.2, 0.5, 1.0], [0.185, 0.185, 0.165, 0.125])
    if style.sleeve == "puff":
        radii = 0.20 + 0.15 * np.sin(np.pi * np.clip(t * 0.93, 0, 1)) ** 0.8
    elif style.sleeve == "bell":
        radii = radii + 0.24 * t**2.2
    elif style.sleeve in ("short", "elbow"):
        radii = radii + 0.045 * t
    return Tubing(np.stack(columns, axis=1), radii, arm.behind)


def _straps(style: Style, pose: Pose) -> tuple[Tubing, ...]:
    if style.neckline != "straps":
        return ()
    shift = 0.08 * pose.turn
    paths = [
        np.array([[side * 0.36 + shift, 0.50], [side * 0.40, 0.2], [side * 0.43, _shoulder_y(0.43)]])
        for side in (-1, 1)
    ]
    return tuple(Tubing(path, np.full(3, 0.028), False) for path in paths)
