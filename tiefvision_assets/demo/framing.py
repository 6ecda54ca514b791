"""How a shot is framed: the photo's size, and where and how large the dress stands in it."""

from dataclasses import dataclass

import numpy as np

from tiefvision_assets.demo.palette import pick
from tiefvision_assets.demo.pose import Frame
from tiefvision_assets.demo.raster import Points, Size

_MARGIN = 0.015
_HEAD_ROOM = 1.55


@dataclass(frozen=True)
class Shot:
    """What limits a framing: `headed` subjects show their head or have it cut well, `flat` ones may be turned."""

    headed: bool
    flat: bool


def sample_size(rng: np.random.Generator) -> Size:
    """A photo's size: portrait 3:4, 2:3 or 4:5, now and then nearly square."""
    width, height = pick(
        ((432, 576), (384, 512), (468, 624), (392, 588), (424, 636), (448, 560), (480, 600), (496, 512), (512, 480)),
        rng,
    )
    return Size(width, height)


def frame_subject(points: Points, size: Size, shot: Shot, rng: np.random.Generator) -> Frame:
    """Place a dress with outline `points` (figure units) whole in the photo, a quarter to four fifths of its width."""
    angle = float(rng.normal(0.0, 0.16 if shot.flat else 0.018))
    turned = Frame((0.0, 0.0), 1.0, angle).pixels(points)
    low, high = turned.min(axis=0), turned.max(axis=0)
    extent = high - low
    margin = _MARGIN * size.height
    target = float(rng.uniform(0.25, 0.80)) * size.width
    scale = float(
        min(target / extent[0], (size.height - 2.0 * margin) / extent[1], (size.width - 2.0 * margin) / extent[0])
    )
    box_width, box_height = extent * scale
    free = max(size.width - 2.0 * margin - box_width, 0.0)
    left = margin + free * float(rng.beta(0.9, 0.9))
    room = max(size.height - 2.0 * margin - box_height, 0.0)
    top = margin + room * float(rng.uniform(0.0, 1.0))
    head = _HEAD_ROOM * scale + float(low[1]) * scale
    if shot.headed and top < head:
        if room > head - margin and rng.random() < 0.75:
            top = float(rng.uniform(head, room + margin))
        else:
            top = float(rng.uniform(margin, margin + min(room, 0.55 * scale)))
    return Frame((left - float(low[0]) * scale, top - float(low[1]) * scale), scale, angle)
