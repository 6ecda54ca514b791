"""The choice between the two rankings, and the tiles that show hits."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from tiefvision_assets.search.searcher import SearchHit
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import address
from tiefvision_ui.address import photo_link
from tiefvision_ui.components.image_grid import Tile
from tiefvision_ui.values import name_of

RANKINGS: tuple[Ranking, Ranking] = ("supervised", "unsupervised")
_HELP = (
    "*Supervised* ranks by what people labelled as similar; without such labels it equals *unsupervised*, "
    "which ranks by looks alone."
)


def ranking_choice() -> Ranking:
    """Let the user choose a ranking; the choice is part of the address."""
    address.option("ranking", RANKINGS, RANKINGS[0])
    return st.segmented_control(
        "Ranking",
        RANKINGS,
        default=RANKINGS[0],
        required=True,
        format_func=str.capitalize,
        help=_HELP,
        key="ranking",
        on_change=address.keep,
        args=("ranking", RANKINGS[0]),
    )


def hit_tiles(hits: Iterable[SearchHit], ranking: Ranking) -> list[Tile]:
    """One tile for each hit, in the same order."""
    return [
        Tile(
            hit.image_id, hit.sha256, name_of(hit.path), photo_link(hit.image_id, ranking=ranking), hit.score, hit.level
        )
        for hit in hits
    ]
