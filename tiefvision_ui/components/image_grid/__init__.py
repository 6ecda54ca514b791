"""A grid of clickable photos with captions, scores, similarity levels, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamlit.components.v2 import component

from tiefvision_ui.components.source import script, styles
from tiefvision_ui.values import thumbnail_srcset, thumbnail_url

_component = component(
    "tiefvision_image_grid",
    html='<ul class="grid"></ul>',
    css=styles("image_grid/image_grid.css"),
    js=script("image_grid/image_grid.js"),
)


@dataclass(frozen=True)
class Action:
    """Something that can be done with a photo: a small button on its tile."""

    name: str
    sign: str
    label: str
    """What the button does, in words."""


@dataclass(frozen=True)
class Tile:
    """One photo of a grid; ``href`` is its own address, for a new tab."""

    image_id: str
    sha256: str
    caption: str
    href: str
    score: float | None = None
    level: str | None = None
    move: str | None = None
    """How its rank differs in another ranking, such as ``▲ 3``."""
    actions: tuple[Action, ...] = ()

    @property
    def label(self) -> str:
        """What a screen reader says."""
        return f"{self.caption}, {self.level}, score {self.score:.2f}" if self.score is not None else self.caption


@dataclass(frozen=True)
class Chosen:
    """What the user just did: opened a photo, or one of its actions; both None if nothing."""

    opened: str | None = None
    acted: tuple[str, str] | None = None
    """Name of the action, and the image_id."""


def image_grid(tiles: Sequence[Tile], *, subject: str, key: str) -> str | None:
    """Draw the tiles; the image_id of the one that was just opened by click or Enter, else None.

    When ``subject`` (what the page is about) differs from the last grid's, the page scrolls to its top.
    """
    return action_grid(tiles, subject=subject, key=key).opened


def action_grid(tiles: Sequence[Tile], *, subject: str, key: str) -> Chosen:
    """Like `image_grid`, for tiles with actions."""
    result = _component(
        key=key,
        data={"subject": subject, "tiles": [_as_data(tile) for tile in tiles]},
        on_opened_change=lambda: None,
        on_acted_change=lambda: None,
    )
    acted = result.acted
    return Chosen(result.opened, (acted["action"], acted["id"]) if acted else None)


def _as_data(tile: Tile) -> dict[str, object]:
    return {
        "id": tile.image_id,
        "src": thumbnail_url(tile.sha256, 320),
        "srcset": thumbnail_srcset(tile.sha256),
        "href": tile.href,
        "caption": tile.caption,
        "label": tile.label,
        "score": None if tile.score is None else f"{tile.score:.2f}",
        "level": tile.level,
        "move": tile.move,
        "actions": [vars(action) for action in tile.actions],
    }
