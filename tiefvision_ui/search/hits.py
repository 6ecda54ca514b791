"""The choice between the two rankings, and the tiles that show hits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import streamlit as st

from tiefvision_assets.search.hits import SearchHit, Shot
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import address
from tiefvision_ui.address import open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.products.cards import hit_with_product
from tiefvision_ui.products.shop import Shop
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain

RANKINGS: tuple[Ranking, Ranking] = ("supervised", "unsupervised")
RANKING_WORDS: Mapping[Ranking, str] = {"supervised": N_("Supervised"), "unsupervised": N_("Unsupervised")}
_HELP = N_(
    "*Supervised* ranks by what people labelled as similar; without such labels it equals *unsupervised*, "
    "which ranks by looks alone."
)


def ranking_choice() -> Ranking:
    """Let the user choose a ranking; the choice is part of the address."""
    return address.choice(_("Ranking"), {name: RANKING_WORDS[name] for name in RANKINGS}, "ranking", help=_(_HELP))


def shot_tiles(shots: Iterable[Shot], ranking: Ranking, shop: Shop | None = None) -> list[Tile]:
    """One tile for each shot, in the same order: its best hit, with the number of those that lie beneath."""
    shots = list(shots)
    tiles = hit_tiles((shot.best for shot in shots), ranking, shop)
    return [replace(tile, folded=len(shot.twins)) for tile, shot in zip(tiles, shots, strict=True)]


def show_twins(shot: Shot, ranking: Ranking) -> None:
    """Show the photos that lie beneath a hit: the same content under other names, and other versions of the shot."""
    st.dialog(_("More of this shot"), width="large")(_twins)(shot, ranking)


def _twins(shot: Shot, ranking: Ranking) -> None:
    copies = sum(twin.sha256 == shot.best.sha256 for twin in shot.twins)
    told = counted(
        "{n} photo of the same shot as {name}.",
        "{n} photos of the same shot as {name}.",
        len(shot.twins),
        name=name_of(shot.best.path),
    )
    if copies:
        same = counted("{n} of them is the very same file.", "{n} of them are the very same file.", copies)
        told = f"{told} {same}"
    st.markdown(plain(told))
    if opened := image_grid(hit_tiles(shot.twins, ranking), subject="twins", key="twins"):
        open_photo_view(opened)


def hit_tiles(hits: Iterable[SearchHit], ranking: Ranking, shop: Shop | None = None) -> list[Tile]:
    """One tile for each hit, in the same order, with the product that it shows."""
    return [
        hit_with_product(
            Tile(
                hit.image_id,
                hit.sha256,
                name_of(hit.path),
                photo_link(hit.image_id, ranking=ranking),
                hit.score,
                hit.level,
            ),
            hit,
            shop,
        )
        for hit in hits
    ]
