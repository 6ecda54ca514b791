"""Why a hit was found: the two objects side by side, with the cells that matched as heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from tiefvision_assets.box import Box
from tiefvision_assets.pictures import Thumbnail, sheet
from tiefvision_assets.vision.registry import CellMap

SIDE = 480
"""Longest side of an explanation's pictures, in pixels."""
COLDEST, HOTTEST = 0.2, 0.9
"""Cosines of cells at which the heat map is clear and at which it is fullest."""
_OPACITY = 0.66
_COLOURS = ("#0b1026", "#3b1f78", "#a3307b", "#ee6352", "#f9b233", "#fde047")


@dataclass(frozen=True)
class Explanation:
    """The object of the query and that of the hit, and how well their cells match, place by place."""

    query: Image.Image
    """The query photo cut to its box."""
    hit: Image.Image
    query_heat: Image.Image
    """The cut-out with the cells that matched lit up, those that did not darkened."""
    hit_heat: Image.Image
    cells: np.ndarray
    """(h, w) float32 cosines of the cells at the same place, on the query's grid; 1 means equal."""
    mirrored: bool
    """Whether the hit was compared as its mirror image, because that matches better."""

    @property
    def similarity(self) -> float:
        """Mean of the cells: the classic similarity of the two objects."""
        return float(self.cells.mean())


def explanation(
    query: tuple[Image.Image, Box], hit: tuple[Image.Image, Box], cells: np.ndarray, mirrored: bool, grid: CellMap
) -> Explanation:
    """Draw the explanation of two photos with their boxes from the (h, w) cosines on the query's ``grid``."""
    first, second = (_cut(*photo) for photo in (query, hit))
    return Explanation(
        first, second, heat_map(first, cells, grid), heat_map(second, cells, grid, mirrored), cells, mirrored
    )


def heat_map(photo: Image.Image, cells: np.ndarray, grid: CellMap, mirrored: bool = False) -> Image.Image:
    """The photo in grey under the colours of the (h, w) cosines, smoothly enlarged; where nothing matches, dark.

    The cells lie where the encoder has them, on the square in the middle of which the object, with its proportions
    kept, or, where ``mirrored``, its mirror image was encoded.
    """
    heat = np.clip((cells - COLDEST) / (HOTTEST - COLDEST), 0, 1).astype(np.float32)
    square = _over_the_square(heat, max(photo.size), grid)
    left, top = (square.width - photo.width) // 2, (square.height - photo.height) // 2
    if mirrored:
        square = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    smooth = np.asarray(square.crop((left, top, left + photo.width, top + photo.height))).clip(0, 1)
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in _COLOURS], dtype=np.float32)
    positions = np.linspace(0, 1, len(stops))
    colours = np.stack([np.interp(smooth, positions, stops[:, channel]) for channel in range(3)], axis=-1)
    pixels = np.asarray(photo.convert("L").convert("RGB"), dtype=np.float32)
    blended = pixels * (1 - _OPACITY) + colours * _OPACITY
    return Image.fromarray(blended.round().astype(np.uint8))


def _over_the_square(heat: np.ndarray, side: int, grid: CellMap) -> Image.Image:
    """(h, w) values of cells → a picture of the encoded square, ``side`` pixels long; the outer cells go on outwards.

    Cells neither begin nor end at the square's edges: a convolution without padding leaves a margin, and one padded on
    one side only is off the middle.
    """
    margin = 1 + max(grid.cells, grid.side // grid.stride)
    first = margin + (0.0 - (grid.centre + 0.5)) / grid.stride + 0.5
    area = (first, first, first + grid.side / grid.stride, first + grid.side / grid.stride)
    padded = Image.fromarray(np.pad(heat, margin, mode="edge"))
    return padded.resize((side, side), Image.Resampling.BICUBIC, box=area)


def explanation_sheet(explanations: Sequence[Explanation], captions: Sequence[str]) -> Image.Image:
    """A row an explanation: the query, its heat map, the hit's heat map, and the hit above its caption."""
    thumbnails = []
    for item, caption in zip(explanations, captions, strict=True):
        cells = f"cells {item.similarity:.2f}" + (", mirrored" if item.mirrored else "")
        thumbnails += [
            Thumbnail(item.query, "query"),
            Thumbnail(item.query_heat, cells),
            Thumbnail(item.hit_heat, cells),
        ]
        thumbnails += [Thumbnail(item.hit, caption)]
    return sheet(thumbnails, 4, (240, 280))


def _cut(photo: Image.Image, box: Box) -> Image.Image:
    """The photo cut to the box, at most `SIDE` pixels long."""
    left, top, right, bottom = box.clipped(photo.width, photo.height).rounded()
    scale = min(1.0, SIDE / max(right - left, bottom - top))
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    return photo.resize(size, Image.Resampling.LANCZOS, box=(left, top, right, bottom), reducing_gap=2.0)
