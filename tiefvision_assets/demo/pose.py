"""Where the body is: the frame that places a figure in the photo, and the joints of its pose.

Figure units are head heights: the origin is the pit of the neck, y runs down, the waist is near 1.5 and the floor near
6.3. Left and right are the viewer's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiefvision_assets.demo.palette import pick
from tiefvision_assets.demo.raster import Plane, Points, smooth_path

SHOULDER = (0.60, 0.2)
FLOOR = 6.3


@dataclass(frozen=True)
class Frame:
    """Maps figure units to pixels: `scale` pixels a unit, turned by `angle` radians around `origin` (x, y)."""

    origin: tuple[float, float]
    scale: float
    angle: float

    def pixels(self, points: Points) -> Points:
        """Figure points `(n, 2)` as pixels."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        rotation = np.array([[cosine, -sine], [sine, cosine]])
        return points @ rotation.T * self.scale + self.origin

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """One figure point as a pixel."""
        point = self.pixels(np.array([[x, y]]))[0]
        return float(point[0]), float(point[1])

    def figure(self, x: Plane, y: Plane) -> tuple[Plane, Plane]:
        """Pixels as figure units."""
        across = (x - np.float32(self.origin[0])) / np.float32(self.scale)
        down = (y - np.float32(self.origin[1])) / np.float32(self.scale)
        cosine, sine = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        return across * cosine + down * sine, down * cosine - across * sine


@dataclass(frozen=True)
class Arm:
    """An arm's path from shoulder to wrist `(n, 2)`, the hand's tip, and whether it passes behind the dress."""

    path: Points
    hand: tuple[float, float]
    behind: bool
    name: str


@dataclass(frozen=True)
class Pose:
    """A stance: sideways lean and sway of the spine, turn of the body (-1 to 1), arms and legs."""

    lean: float
    sway: float
    turn: float
    arms: tuple[Arm, Arm]
    legs: tuple[Points, Points]

    def spine(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """The body's centre line: its x at the heights `y`."""
        hips = np.exp(-(((y - 2.3) / 1.3) ** 2))
        return self.lean * np.clip(y, 0.0, FLOOR) / FLOOR + self.sway * (hips - np.exp(-((2.3 / 1.3) ** 2)))


def standing_pose(rng: np.random.Generator) -> Pose:
    """A model's stance; arms hang, rest on the hip, bend to the front or go behind the back."""
    sway = float(rng.normal(0.0, 0.10))
    lean = float(rng.normal(0.0, 0.12))
    turn = float(np.clip(rng.normal(0.0, 0.45), -1.0, 1.0))
    names = ("hanging", "hanging", "hanging", "hip", "hip", "front", "behind")
    arms = (_arm(-1, pick(names, rng), sway, rng), _arm(1, pick(names, rng), sway, rng))
    straight = 1 if sway > 0 else -1
    spread = float(rng.uniform(0.12, 0.42))
    legs = tuple(_leg(side, side == straight, sway, lean, spread, rng) for side in (-1, 1))
    return Pose(lean, sway, turn, arms, (legs[0], legs[1]))


def display_pose(rng: np.random.Generator, spread: float) -> Pose:
    """The pose of a dress without a model: straight, sleeves `spread` radians away from the sides."""
    arms = []
    for side in (-1, 1):
        angle = spread + float(rng.normal(0.0, 0.06))
        bend = angle + float(rng.normal(0.0, 0.12 + 0.3 * spread))
        arms.append(_arm_at(side, (angle, bend), SHOULDER, False, "hanging"))
    legs = np.zeros((2, 2))
    return Pose(float(rng.normal(0.0, 0.05)), 0.0, float(rng.normal(0.0, 0.15)), (arms[0], arms[1]), (legs, legs))


def _arm(side: int, name: str, sway: float, rng: np.random.Generator) -> Arm:
    if name == "hanging":
        upper, lower = rng.uniform(0.08, 0.30), rng.uniform(-0.06, 0.22)
    elif name == "hip":
        upper, lower = rng.uniform(0.60, 0.80), rng.uniform(-0.98, -0.78)
    elif name == "front":
        upper, lower = rng.uniform(0.12, 0.25), rng.uniform(-1.45, -0.75)
    else:
        upper, lower = rng.uniform(0.25, 0.42), rng.uniform(-0.7, -0.45)
    return _arm_at(
        side, (float(upper), float(lower)), (SHOULDER[0], SHOULDER[1] + 0.3 * sway * side), name == "behind", name
    )


def _arm_at(side: int, angles: tuple[float, float], shoulder: tuple[float, float], behind: bool, name: str) -> Arm:
    start = np.array([side * shoulder[0], shoulder[1]])
    upper = np.array([side * np.sin(angles[0]), np.cos(angles[0])])
    lower = np.array([side * np.sin(angles[1]), np.cos(angles[1])])
    elbow = start + 1.28 * upper
    wrist = elbow + 1.05 * lower
    hand = wrist + (0.30 * _unit(lower + (0.0, 1.3)) if name == "hip" else 0.42 * lower)
    middle = start + 0.5 * (elbow - start) + 0.03 * np.array([side, 0.0])
    path = smooth_path(np.stack([start, middle, elbow, elbow + 0.5 * (wrist - elbow), wrist]), 13)
    return Arm(path, (float(hand[0]), float(hand[1])), behind, name)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.hypot(*vector)


def _leg(side: int, straight: bool, sway: float, lean: float, spread: float, rng: np.random.Generator) -> Points:
    hip = np.array([sway + 0.4 * lean + side * 0.30, 2.4])
    ankle = np.array([lean + side * spread, FLOOR - 0.28])
    bend = 0.0 if straight else float(rng.uniform(-0.05, 0.16))
    knee = 0.48 * hip + 0.52 * ankle + np.array([side * bend, -0.05])
    if not straight:
        ankle = ankle + np.array([side * float(rng.uniform(-0.1, 0.2)), -0.06])
    calf = 0.5 * (knee + ankle) + np.array([side * 0.04, 0.0])
    return smooth_path(np.stack([hip, 0.5 * (hip + knee), knee, calf, ankle]), 15)
