"""A grid of clickable photos with captions, scores, similarity levels and buttons for actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiefvision_ui.components.declared import declared
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.known_values import value_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.values import thumbnail_srcset, thumbnail_url

TWINS = "twins"

_component = declared(
    "tiefvision_image_grid",
    html='<ul class="grid"></ul>',
    css=("image_grid/image_grid.css",),
    js="image_grid/image_grid.js",
)


@dataclass(frozen=True)
class Action:
    """An action on a photo, offered as a small button on its tile."""

    name: str
    sign: str
    label: str
    """What the button does, for its tooltip and screen readers; in English, and translated when it is drawn."""


@dataclass(frozen=True)
class Tile:
    """One photo of a grid; ``href`` is the address to open it in a new tab."""

    image_id: str
    sha256: str
    caption: str
    href: str
    score: float | None = None
    level: str | None = None
    move: str | None = None
    """How its rank differs in another ranking, such as ``▲ 3``."""
    actions: tuple[Action, ...] = ()
    folded: int = 0
    """How many photos of the same shot are not shown; a button sends the action `TWINS`."""
    price: str = ""
    """Of the product on the photo; it stands in a second line, before the detail."""
    detail: str = ""
    """What else is told, such as the product's name."""
    is_product: bool = False
    """Whether the tile stands for a product, whose name is the caption then, rather than for a photo."""

    @property
    def label(self) -> str:
        """The text that a screen reader reads out; where there is a second line, all that is written is read."""
        told = [f"{self.caption}{_places(self.move)}"]
        if self.score is not None:
            score = number_words(self.score, 2)
            told += [value_words(self.level)] if self.level else []
            told.append(_("score {score}", score=score))
        if self.folded:
            told.append(_("{number} more of this shot", number=self.folded))
        return ", ".join(told)


@dataclass(frozen=True)
class Chosen:
    """What the user just did, if anything: opened the photo with that image_id, or pressed an action's button."""

    opened: str | None = None
    acted: tuple[str, str] | None = None
    """Name of the action, and the image_id."""


def image_grid(tiles: Sequence[Tile], *, subject: str, key: str, small: bool = False) -> str | None:
    """Draw the tiles; returns the image_id of the one that was just opened by click or Enter, else None.

    ``small`` ones leave room for two grids side by side. When ``subject`` (what the page is about) is another one than
    when it was last drawn, the page scrolls to its top.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.image_grid import Tile, image_grid
    >>> tiles = [Tile("id1", "3f2a", "dress-001", "/?photo=id1", score=0.93, level="very similar")]
    >>> opened = image_grid(tiles, subject="all photos", key="grid")
    >>> if opened:
    ...     st.query_params["photo"] = opened
    """
    return action_grid(tiles, subject=subject, key=key, small=small).opened


def action_grid(tiles: Sequence[Tile], *, subject: str, key: str, small: bool = False) -> Chosen:
    """Draw tiles with actions; returns what the user just did. See `image_grid` for ``subject`` and ``small``.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.image_grid import Action, Tile, action_grid
    >>> more = Action("more", "+", "More like this")
    >>> tiles = [Tile("id1", "3f2a", "dress-001", "/?photo=id1", actions=(more,))]
    >>> chosen = action_grid(tiles, subject="hits", key="hits")
    >>> if chosen.acted:
    ...     st.session_state["action"], st.session_state["image_id"] = chosen.acted
    """
    result = _component(
        key=key,
        data={"subject": subject, "small": small, "tiles": [_as_data(tile) for tile in tiles]},
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
        "score": None if tile.score is None else number_words(tile.score, 2),
        "level": tile.level,
        "likeness": value_words(tile.level or ""),
        "move": tile.move,
        "moved": _places(tile.move).strip(),
        "folded": tile.folded,
        "price": tile.price,
        "detail": tile.detail,
        "product": tile.is_product,
        "actions": [vars(action) | {"label": _(action.label)} for action in tile.actions],
    }


def _places(move: str | None) -> str:
    """`Tile.move` as it is read out, after a space."""
    if move is None or move == "=":
        return ""
    if move[:1] in "▲▼":
        places = move[1:].strip()
        return f" {_('{places} up', places=places) if move[0] == '▲' else _('{places} down', places=places)}"
    return f" {move}"
