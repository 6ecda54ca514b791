"""Locating the object from coarse to fine: a first look at the whole photo tells where to look closer, and there
windows vote (OverFeat, section 4) beside the foreground map.

``docs/decisions/0039-coarse-to-fine.md`` has why, and what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.vision.box_heads import BoxHeads, WindowHeads, sigmoid
from tiefvision_assets.vision.engine import Engine, preprocess
from tiefvision_assets.vision.refinement import encode_region, read_box, refinement_region
from tiefvision_assets.vision.registry import Encoder
from tiefvision_assets.vision.windows import SCALES, grid_of, rescale

PROBABILITY = 0.5
"""Windows whose foreground probability is lower do not vote."""
FALLBACK_WINDOWS = 5
"""Where no window reaches `PROBABILITY`, so many of the most probable ones vote."""
DENSE_WINDOWS = 200
"""Where a scale has more windows than this, only every other one in each direction votes: the box is as good, and all
of them would take the heads longer than the encoder."""
FEW_WINDOWS = 25
"""The same for a refinement crop, whose windows all show much the same."""
REFINEMENTS = 2
"""Number of times that the box is refined at most."""
SETTLED = 0.9
"""The box is not refined again where its IoU with the box before it, or with the windows' vote, is at least this."""
AGREEMENT_POWER = 4
"""Votes are weighted by the IoU of the window and the box it proposes, to this power: a window that the object just
fills shows all four edges well, one deep inside the object or far larger than it none. On the clothing photos' test
half, cut off-centre, the powers 0, 1, 2, 4 gave mean IoU .719, .731, .744, .768."""


@dataclass(frozen=True)
class Located:
    """A box in pixels of the photo, and the confidence in it, 0 to 1."""

    box: Box
    confidence: float


@dataclass(frozen=True)
class Votes:
    """The votes of the windows of one photo, one row for each window."""

    probability: np.ndarray
    """(N,) probability that the window is foreground."""
    boxes: np.ndarray
    """(N, 4) proposed boxes in pixels of the photo."""
    windows: np.ndarray
    """(N, 4) the windows themselves in pixels of the photo."""

    def moved(self, region: Box) -> Votes:
        """The votes of a region's windows in pixels of the photo."""
        corner = np.array([region.left, region.top] * 2)
        return Votes(self.probability, self.boxes + corner, self.windows + corner)


class Locator:
    """Locates the object on photos, with one encoder and one set of heads."""

    def __init__(self, spec: Encoder, engine: Engine, heads: BoxHeads, least_confidence: float = 0.0) -> None:
        """Of a box with less than ``least_confidence`` nothing is kept: the photo is then its own box."""
        self._spec = spec
        self._engine = engine
        self._heads = heads
        self._least = least_confidence

    def locate(self, photo: Image.Image, known: np.ndarray | None = None) -> Located:
        """The box of the object on an upright RGB photo; the whole photo, with confidence 0, where it is too unsure.

        ``known`` are the projected cells of the first look, (K, h, w), where somebody has them.
        """
        found = self._found(photo, known)
        return found if found.confidence >= self._least else Located(Box.whole(*photo.size), 0.0)

    def _found(self, photo: Image.Image, known: np.ndarray | None) -> Located:
        """The box as it is seen at a first look, then refined.

        Where the first look sees nothing, it is repeated at the next of `SCALES`; where none shows anything, the
        windows of all of them vote. Heads that were trained before there were first looks let them vote on every photo.
        """
        if not self._heads.first_looks:
            votes = [self._votes(encode_scale(self._engine, self._spec, photo, scale)) for scale in self._heads.scales]
            return self.refine(photo, fuse(merge_scales(votes), photo.size))
        whole = Box.whole(*photo.size)
        votes = []
        for side in dict.fromkeys(map(self._spec.accepted, SCALES)):
            first = self._look(photo, whole, side, known)
            known = None
            if first.box is not None:
                return self.refine(photo, Located(first.box, first.contrast))
            votes.append(first.votes())
        return self.refine(photo, fuse(merge_scales(votes), photo.size))

    def refine(self, photo: Image.Image, first: Located) -> Located:
        """Refine a first box up to `REFINEMENTS` times, each time on a crop around the box found before.

        The confidence is the last crop's contrast times the IoU of the last two boxes, or that of the box and the
        windows' vote in the same crop, if this is greater. Where a crop shows no object, the box before it is the
        result, with its own confidence.
        """
        found = first
        for _ in range(REFINEMENTS):
            look = self._look(photo, refinement_region(found.box, *photo.size), self._spec.refinement.side)
            if look.box is None:
                return found
            agreement = look.box.iou(found.box)
            if self._heads.first_looks and agreement < SETTLED:
                agreement = max(agreement, look.box.iou(fuse(look.votes(), photo.size).box))
            found = Located(look.box, look.contrast * agreement)
            if self._heads.first_looks and agreement >= SETTLED:
                return found
        return found

    def _look(self, photo: Image.Image, region: Box, side: int, known: np.ndarray | None = None) -> Look:
        """Encode a region of the photo, in whole pixels, as a square of ``side`` pixels; read its foreground map.

        Where the projected cells are ``known``, the region is encoded only if its windows are to vote.
        """

        def encode() -> np.ndarray:
            part = photo if region == Box.whole(*photo.size) else photo.crop(region.rounded())
            return encode_region(self._engine, self._spec, part, side)

        cells = encode() if known is None else None
        projected = known if cells is None else self._heads.refinement_projection(cells)
        assert projected is not None
        seen = read_box(*self._heads.foreground(projected), self._spec, side)

        def votes() -> Votes:
            projected = self._heads.projection(self._spec.to_windows(encode() if cells is None else cells))
            encoded = EncodedScale(projected, (side, side), (round(region.width), round(region.height)))
            most = FEW_WINDOWS if side == self._spec.refinement.side else DENSE_WINDOWS
            return window_votes(projected, encoded, self._spec, self._heads.windows, most).moved(region)

        if seen is None:
            return Look(None, 0.0, votes)
        scaled = seen.box.scaled(region.width / side, region.height / side)
        box = Box(
            scaled.left + region.left, scaled.top + region.top, scaled.right + region.left, scaled.bottom + region.top
        ).clipped(*photo.size)
        return Look(box if min(box.width, box.height) >= 1 else None, seen.contrast, votes)

    def _votes(self, encoded: EncodedScale) -> Votes:
        return window_votes(self._heads.projection(encoded.cells), encoded, self._spec, self._heads.windows)


@dataclass(frozen=True)
class Look:
    """What one pass over a region of a photo shows."""

    box: Box | None
    """As the foreground map has it, in pixels of the photo; None where it sees nothing."""
    contrast: float
    votes: Callable[[], Votes]
    """Lets the region's windows vote, on the same cells."""


@dataclass(frozen=True)
class EncodedScale:
    """A photo's dense map at one scale."""

    cells: np.ndarray
    """(C, h, w)."""
    rescaled: tuple[int, int]
    """Width and height in pixels at which the photo was encoded."""
    photo: tuple[int, int]
    """Width and height of the photo itself."""


def encode_scale(engine: Engine, spec: Encoder, photo: Image.Image, scale: int) -> EncodedScale:
    """Encode the photo once, with a shorter side of ``scale`` pixels."""
    rescaled = rescale(photo, scale)
    cells = engine.windows(preprocess(rescaled, spec)[None])[0]
    return EncodedScale(cells, rescaled.size, photo.size)


def window_votes(
    projected: np.ndarray, encoded: EncodedScale, spec: Encoder, heads: WindowHeads, most: int = DENSE_WINDOWS
) -> Votes:
    """Run the heads on every window of a projected map (K, h, w): one vote a window; on every other one in each
    direction where they are more than ``most``."""
    cells = (projected.shape[-2], projected.shape[-1])
    grid = grid_of(cells, encoded.rescaled, encoded.photo, spec)
    step = 1 if grid.rows * grid.columns <= most else 2
    grid = grid_of(cells, encoded.rescaled, encoded.photo, spec, step)
    predicted = heads.predict(projected, step)
    windows = grid.boxes
    return Votes(
        probability=sigmoid(predicted[:, 0]),
        boxes=grid.to_photo(predicted[:, 1:] + windows[:, [0, 1, 0, 1]]),
        windows=grid.to_photo(windows),
    )


def merge_scales(votes: Sequence[Votes]) -> Votes:
    """The votes of all scales of one photo together."""
    return Votes(
        probability=np.concatenate([scale.probability for scale in votes]),
        boxes=np.concatenate([scale.boxes for scale in votes]),
        windows=np.concatenate([scale.windows for scale in votes]),
    )


def fuse(votes: Votes, photo: tuple[int, int]) -> Located:
    """Merge the votes into one box: the weighted median of each side.

    The confidence is the weighted mean IoU of the votes with the merged box, times their mean probability. Where no
    window is probably foreground, the most probable ones vote, and the confidence is low because their probability is.
    """
    width, height = photo
    limits = np.array([width, height, width, height], dtype=np.float64)
    boxes = np.clip(votes.boxes, 0, limits)
    chosen = np.flatnonzero(votes.probability >= PROBABILITY)
    if not len(chosen):
        chosen = np.argsort(votes.probability)[-FALLBACK_WINDOWS:]
    boxes, probability = boxes[chosen], np.maximum(votes.probability[chosen], 1e-9)
    weights = (
        np.maximum(probability, 1e-6) * np.maximum(pairwise_iou(boxes, votes.windows[chosen]), 1e-3) ** AGREEMENT_POWER
    )
    sides = np.array([_weighted_median(boxes[:, side], weights) for side in range(4)])
    if sides[2] - sides[0] < 1 or sides[3] - sides[1] < 1:
        return Located(Box.whole(width, height), 0.0)
    agreement = float(np.average(pairwise_iou(boxes, sides[None]), weights=weights))
    return Located(Box(*map(float, sides)), agreement * float(np.average(probability, weights=weights)))


def pairwise_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(N, 4) and (N or 1, 4) boxes → (N,) IoU row by row."""
    width = np.minimum(first[:, 2], second[:, 2]) - np.maximum(first[:, 0], second[:, 0])
    height = np.minimum(first[:, 3], second[:, 3]) - np.maximum(first[:, 1], second[:, 1])
    shared = np.clip(width, 0, None) * np.clip(height, 0, None)
    union = _areas(first) + _areas(second) - shared
    return shared / np.maximum(union, 1e-9)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulated, cumulated[-1] / 2)])
