"""Measures of a photo as such, whatever it shows: is it sharp, how bright is it, has it a frame.

Each is a number of one photo; which numbers are unusual, only a whole catalogue tells
(`tiefvision_assets.lineage.photo_quality`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDE = 512
"""Longer side in pixels of the photos that are measured: the sharpness of a larger photo is not seen in the app."""
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""ITU-R BT.601."""
_SHARPEST = 99.5
_FAINTEST = 8 / 255
"""Contrast below which a photo has no edges to be sharp: noise would be taken for them."""
_EDGE = 24 / 255
"""Luma by which a frame differs from the picture in it."""
_STRAIGHT = 0.9
"""Share of a side along which a frame ends at the same line."""
_FLAT = 4 / 255
"""Standard deviation of the luma in a frame's lines at most."""
_DEEPEST = 0.15
"""Share of the photo's height or width that a frame's side takes at most."""


@dataclass(frozen=True)
class PhotoQuality:
    """Measures of one photo, each from 0 to 1 or a little more."""

    sharpness: float
    """The steepest change of luma between neighbouring pixels, by the photo's contrast: about 1 at an edge in focus."""
    shadows: float
    """The luma that 5 % of the pixels fall below."""
    highlights: float
    """The luma that 5 % of the pixels exceed."""
    frame: float
    """Share of the photo that lies in a flat frame around it, or in flat bars at some of its sides."""


def measured(photo: np.ndarray) -> PhotoQuality:
    """Measure the (H, W, 3) 8-bit sRGB values of a photo whose longer side is `SIDE`, or shorter.

    Sharpness is the 99.5th percentile of the absolute Laplacian by the photo's contrast; the Laplacian's variance
    (Pech-Pacheco et al., *Diatom autofocusing in brightfield microscopy*, 2000) would call every plain dress blurred.
    """
    luma = photo.astype(np.float32) @ (_LUMA / 255)
    shadows, highlights = (float(level) for level in np.percentile(luma, [5, 95]))
    contrast = float(np.percentile(luma, 99) - np.percentile(luma, 1))
    middle = luma[1:-1, 1:-1]
    laplacian = np.abs(4 * middle - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:])
    sharpness = float(np.percentile(laplacian, _SHARPEST)) / contrast if contrast > _FAINTEST else 0.0
    height, width = luma.shape
    inner = (height - _bars(luma) - _bars(luma[::-1])) * (width - _bars(luma.T) - _bars(luma.T[::-1]))
    return PhotoQuality(sharpness, shadows, highlights, 1 - inner / (height * width))


def _bars(luma: np.ndarray) -> int:
    """How many of the first rows are a flat bar that ends at a straight edge; 0 where none is."""
    rows = luma[: int(len(luma) * _DEEPEST) + 1]
    corner = int(luma.shape[1] * _DEEPEST)
    if rows[0].std() > _FLAT:
        return 0
    level = float(np.median(rows[0]))
    off = np.abs(rows - level) > _EDGE
    ends = np.flatnonzero(off[:, corner:-corner].mean(axis=1) >= _STRAIGHT)  # a frame's other sides lie in its corners
    if not len(ends):
        return 0
    end = int(ends[0])
    return end if (~off[: max(end - 1, 1)]).mean() > 1 - (1 - _STRAIGHT) / 2 else 0
