"""Draws what a search found: one ranking, or both side by side, with the actions on each photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from tiefvision_assets.search.hits import SearchHit, Shot
from tiefvision_assets.store.index import RANKINGS as BOTH
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.address import open_photo_view, open_product
from tiefvision_ui.components.image_grid import TWINS, Action, Chosen, Tile, action_grid
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.notices import attempt
from tiefvision_ui.products.cards import hit_card
from tiefvision_ui.products.shop import shop_of
from tiefvision_ui.search.collecting import COLLECT, collect, with_stars
from tiefvision_ui.search.hits import RANKING_WORDS, shot_tiles, show_twins
from tiefvision_ui.search.part_of_hit import choose_part
from tiefvision_ui.search.query_photo import QueryPhoto
from tiefvision_ui.search.state import Search, toggle_example
from tiefvision_ui.search.why import why
from tiefvision_ui.values import name_of

MORE = Action("more", "+", N_("More like this"))
LESS = Action("less", "−", N_("Less like this"))
PART = Action("part", "▣", N_("Search by a part of this photo"))
WHY = Action("why", "?", N_("Why was this found?"))
CLOSER = Action("closer", "↑", N_("Make a triplet: closer than the photo before it"))


def one_ranking(search: Search, ranking: Ranking, number: int, person: Person) -> None:
    """Draw a grid of the best ``number`` photos by one ranking."""
    shown = search.shots(ranking)[:number]
    if not shown:
        nothing_found()
        return
    chosen = action_grid(_tiles(shown, search, ranking, person), subject=f"upload {search.query.key}", key="hits")
    _act(chosen, search, shown, ranking, person)


def side_by_side(search: Search, number: int, person: Person) -> None:
    """Draw both rankings, the unsupervised one first; the supervised one says how far each photo moved."""
    found = {ranking: search.shots(ranking) for ranking in BOTH}
    shown = {ranking: shots[:number] for ranking, shots in found.items()}
    before = {shot.best.image_id: rank for rank, shot in enumerate(found["unsupervised"])}
    if not before:
        nothing_found()
        return
    subject = f"upload {search.query.key}"
    columns = st.columns(2, gap="medium")
    for column, ranking in zip(columns, BOTH, strict=True):
        with column:
            st.markdown(f"**{_(RANKING_WORDS[ranking])}**")
            tiles = _tiles(shown[ranking], search, ranking, person)
            if ranking == "supervised":
                tiles = [replace(tile, move=move(tile.image_id, rank, before)) for rank, tile in enumerate(tiles)]
            chosen = action_grid(tiles, subject=subject, key=f"hits-{ranking}")
            _act(chosen, search, shown[ranking], ranking, person)


def nothing_found() -> None:
    """Say that no photo is left to be shown."""
    st.info(_("No other photo fits. Clear the condition to see all photos."), icon=":material/search_off:")


def move(image_id: str, rank: int, before: Mapping[str, int]) -> str:
    """How far the photo moved from its rank ``before`` to ``rank``; ``new`` if it was not among the hits before."""
    if image_id not in before:
        return _("new")
    up = before[image_id] - rank
    if up == 0:
        return "="
    return f"▲{up}" if up > 0 else f"▼{-up}"


def _tiles(shots: Sequence[Shot], search: Search, ranking: Ranking, person: Person) -> list[Tile]:
    shop = shop_of(search.version)
    if shop and search.by == "product":
        tiles = [hit_card(shot.best, shop) for shot in shots]
    else:
        tiles = shot_tiles(shots, ranking, shop)
    tiles = with_stars(tiles, person)
    can_be_labelled = search.query.sha256 is not None and person.may_label
    return [
        replace(tile, actions=(MORE, LESS, PART, WHY, COLLECT, *((CLOSER,) if can_be_labelled and rank else ())))
        for rank, tile in enumerate(tiles)
    ]


def _act(chosen: Chosen, search: Search, shown: Sequence[Shot], ranking: Ranking, person: Person) -> None:
    if chosen.opened:
        products = {shot.best.image_id: shot.best.product_id for shot in shown if search.by == "product"}
        if product_id := products.get(chosen.opened):
            open_product(product_id)
        open_photo_view(chosen.opened)
    if not chosen.acted:
        return
    action, image_id = chosen.acted
    rank = next((rank for rank, shot in enumerate(shown) if shot.best.image_id == image_id), None)
    if rank is None:
        return
    if action == "why":
        why(search.query, search.parts.box, shown[rank].best)
    elif action == PART.name:
        choose_part(search.version, image_id)
    elif action == TWINS:
        show_twins(shown[rank], ranking)
    elif action == COLLECT.name:
        collect(shown[rank].best.sha256, name_of(shown[rank].best.path))
    elif action in ("more", "less"):
        toggle_example("more" if action == "more" else "less", image_id)
        st.rerun()
    elif action == "closer" and rank:
        attempt(lambda: save_triplet(search.query, shown[rank].best, shown[rank - 1].best, person))
        st.rerun()


def save_triplet(query: QueryPhoto, positive: SearchHit, negative: SearchHit, person: Person) -> str:
    """Record that the query is closer to ``positive`` than to ``negative``; returns a sentence for the user."""
    assert query.sha256 is not None
    label = TripletLabel(query.sha256, positive.sha256, negative.sha256)
    added = services.store().labels.add_triplets([label], annotator=person.name)
    names = {"query": query.name, "positive": name_of(positive.path), "negative": name_of(negative.path)}
    if added:
        return _("Triplet saved: {query} is closer to {positive} than to {negative}.", **names)
    return _("That was known already: {query} is closer to {positive} than to {negative}.", **names)
