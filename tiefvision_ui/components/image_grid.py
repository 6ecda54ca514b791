"""A grid of clickable photos with captions, scores and similarity levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamlit.components.v2 import component

from tiefvision_ui.images import THUMBNAIL_WIDTHS, thumbnail_url

_HERE = Path(__file__).parent
_component = component(
    "tiefvision_image_grid",
    html='<ul class="grid"></ul>',
    css=(_HERE / "image_grid.css").read_text("utf-8"),
    js=(_HERE / "image_grid.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Tile:
    """One photo of a grid; ``href`` is its own address, for a new tab."""

    image_id: str
    sha256: str
    caption: str
    href: str
    score: float | None = None
    level: str | None = None

    @property
    def label(self) -> str:
        """What a screen reader says."""
        return f"{self.caption}, {self.level}, score {self.score:.2f}" if self.score is not None else self.caption


def image_grid(tiles: Sequence[Tile], *, subject: str, key: str) -> str | None:
    """Draw the tiles; the image_id of the one that was just opened by click or Enter, else None.

    When ``subject`` (what the page is about) differs from the last grid's, the page scrolls to its top.
    """
    result = _component(
        key=key,
        data={"subject": subject, "tiles": [_as_data(tile) for tile in tiles]},
        on_opened_change=lambda: None,
    )
    return result.opened


def _as_data(tile: Tile) -> dict[str, str | None]:
    sources = {width: thumbnail_url(tile.sha256, width) for width in THUMBNAIL_WIDTHS}
    return {
        "id": tile.image_id,
        "src": sources[320],
        "srcset": ", ".join(f"{url} {width}w" for width, url in sources.items()),
        "href": tile.href,
        "caption": tile.caption,
        "label": tile.label,
        "score": None if tile.score is None else f"{tile.score:.2f}",
        "level": tile.level,
    }
