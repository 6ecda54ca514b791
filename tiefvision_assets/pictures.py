"""Drawing pictures: sheets of photos with boxes, rows of neighbours, curves and histograms."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont, ImageOps

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREEN, ORANGE, BLUE, RED, GREY = "#16a34a", "#f59e0b", "#2563eb", "#dc2626", "#6b7280"
_LARGEST = 400
"""Pixels of a photo's longer side on a sheet, at most; cells are smaller."""
_PAPER, _INK, _GAP, _CAPTION = "#ffffff", "#1f2937", 10, 18


@dataclass(frozen=True)
class Outline:
    """A box to draw, in pixels of the photo."""

    box: Box
    colour: str


@dataclass(frozen=True)
class Thumbnail:
    """A photo on a sheet, its caption, and the boxes drawn on it."""

    photo: Image.Image
    caption: str = ""
    outlines: tuple[Outline, ...] = ()
    border: str | None = None

    @classmethod
    def of(cls, photo: Image.Image, caption: str, outlines: tuple[Outline, ...], border: str | None) -> Thumbnail:
        """With a copy of the photo, no larger than sheets need: those of a sheet, whole, would fill memory."""
        side = min(_LARGEST, max(photo.size))
        small = ImageOps.contain(photo, (side, side), Image.Resampling.LANCZOS)
        x, y = small.width / photo.width, small.height / photo.height
        return cls(small, caption, tuple(replace(one, box=one.box.scaled(x, y)) for one in outlines), border)


def sheet(thumbnails: Sequence[Thumbnail], columns: int, cell: tuple[int, int] = (150, 200)) -> Image.Image:
    """Rows of ``columns`` thumbnails, each photo fitted into a ``cell`` (width, height in pixels) above its caption."""
    rows = max(1, -(-len(thumbnails) // columns))
    width, height = cell[0] + _GAP, cell[1] + _CAPTION + _GAP
    page = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), _PAPER)
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=12)
    for number, item in enumerate(thumbnails):
        left, top = _GAP + (number % columns) * width, _GAP + (number // columns) * height
        scale = min(cell[0] / item.photo.width, cell[1] / item.photo.height)
        size = (max(1, round(item.photo.width * scale)), max(1, round(item.photo.height * scale)))
        corner = (left + (cell[0] - size[0]) // 2, top + (cell[1] - size[1]) // 2)
        page.paste(item.photo.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0), corner)
        for one in item.outlines:
            box = one.box.scaled(size[0] / item.photo.width, size[1] / item.photo.height)
            outline = (box.left + corner[0], box.top + corner[1], box.right + corner[0] - 1, box.bottom + corner[1] - 1)
            if outline[2] > outline[0] and outline[3] > outline[1]:
                pen.rectangle(outline, outline=one.colour, width=2)
        if item.border:
            edges = (corner[0] - 2, corner[1] - 2, corner[0] + size[0] + 1, corner[1] + size[1] + 1)
            pen.rectangle(edges, outline=item.border, width=3)
        pen.text((left + cell[0] / 2, top + cell[1] + 3), item.caption, fill=_INK, font=font, anchor="ma")
    return page


def curves(
    lines: Mapping[str, Sequence[float]], *, x: str, y: str, smooth: int = 1, marked: int | None = None
) -> Image.Image:
    """Line plots over a shared axis, each a running mean over ``smooth`` values; one position may be marked."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6.4, 3.2), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for name, values in lines.items():
        means = [sum(values[max(0, i - smooth + 1) : i + 1]) / min(i + 1, smooth) for i in range(len(values))]
        axes.plot(range(1, len(means) + 1), means, label=name, linewidth=1.6)
    if marked is not None:
        axes.axvline(marked, color=GREY, linestyle=":", linewidth=1.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _finish(axes, x, y, legend=len(lines) > 1)
    return _rendered(figure)


def relations(lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, x: str, y: str) -> Image.Image:
    """Points joined by lines: name → (x values, y values); a single point is drawn as a ring."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for name, (positions, values) in lines.items():
        if len(positions) == 1:
            axes.plot(positions, values, label=name, linestyle="none", marker="o", markersize=10, fillstyle="none")
        else:
            axes.plot(positions, values, label=name, linewidth=1.6, marker="o", markersize=4)
    _finish(axes, x, y, legend=len(lines) > 1)
    return _rendered(figure)


def _finish(axes: Axes, x: str, y: str, *, legend: bool) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(frameon=False)


def histogram(values: Mapping[str, Sequence[float]], *, x: str, bins: int = 20) -> Image.Image:
    """Overlaid histograms of numbers between 0 and 1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.0), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for name, numbers in values.items():
        axes.hist(numbers, bins=bins, range=(0, 1), alpha=0.55, label=name)
    axes.set_xlabel(x)
    axes.set_ylabel("photos")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return _rendered(figure)


def as_markdown(picture: Image.Image, alt: str, quality: int = 80) -> str:
    """The picture as Markdown with its bytes embedded, small enough for metadata."""
    data = io.BytesIO()
    picture.convert("RGB").save(data, "JPEG", quality=quality)
    return f"![{alt}](data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()})"


def save_picture(picture: Image.Image, file: Path) -> None:
    """Write the picture atomically; `TiefVisionError` for a file name whose suffix is no picture format."""
    image_format = Image.registered_extensions().get(file.suffix.lower())
    if image_format not in ("PNG", "JPEG", "WEBP"):
        raise TiefVisionError(f"{file} is no name of a picture; let it end in .png, .jpg or .webp.")
    with atomic_path(file) as temporary:
        picture.convert("RGB").save(temporary, image_format)


def _rendered(figure: object) -> Image.Image:
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return Image.open(data).convert("RGB")
