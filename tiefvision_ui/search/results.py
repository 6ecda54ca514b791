"""Draws what a search found: one ranking, or both side by side, with the actions on each photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from tiefvision_assets.search.searcher import SearchHit, SearchResult
from tiefvision_assets.store.index import RANKINGS as BOTH
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.labels.store import TripletLabel
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.address import open_photo_view
from tiefvision_ui.components.image_grid import Action, Chosen, Tile, action_grid
from tiefvision_ui.notices import attempt
from tiefvision_ui.search.hits import hit_tiles
from tiefvision_ui.search.query_photo import QueryPhoto
from tiefvision_ui.search.state import Searches
from tiefvision_ui.search.why import why
from tiefvision_ui.values import name_of
from tiefvision_ui.words import counted

MORE = Action("more", "+", "More like this")
LESS = Action("less", "−", "Less like this")
WHY = Action("why", "?", "Why was this found?")
CLOSER = Action("closer", "↑", "Make a triplet: closer than the photo before it")


def one_ranking(
    query: QueryPhoto, searches: Searches, version: str, ranking: Ranking, number: int, person: Person
) -> None:
    """Draw a grid of the best ``number`` photos by one ranking."""
    result = searches.result(query, version, ranking)
    shown = folded(result)[:number]
    tiles = _tiles(shown, query, ranking, person)
    subject = f"upload {query.key}"
    chosen = action_grid(tiles, subject=subject, key="hits")
    _act(chosen, query, searches, shown, person)
    _near_duplicates(result, ranking, subject)


def side_by_side(query: QueryPhoto, searches: Searches, version: str, number: int, person: Person) -> None:
    """Draw both rankings, the unsupervised one first; the supervised one says how far each photo moved."""
    results = {ranking: searches.result(query, version, ranking) for ranking in BOTH}
    shown = {ranking: folded(result)[:number] for ranking, result in results.items()}
    before = {hit.image_id: rank for rank, hit in enumerate(folded(results["unsupervised"]))}
    subject = f"upload {query.key}"
    columns = st.columns(2, gap="medium")
    for column, ranking in zip(columns, BOTH, strict=True):
        with column:
            st.markdown(f"**{ranking.capitalize()}**")
            tiles = _tiles(shown[ranking], query, ranking, person)
            if ranking == "supervised":
                tiles = [replace(tile, move=move(tile.image_id, rank, before)) for rank, tile in enumerate(tiles)]
            chosen = action_grid(tiles, subject=subject, key=f"hits-{ranking}")
            _act(chosen, query, searches, shown[ranking], person)
    _near_duplicates(results["unsupervised"], "unsupervised", subject)


def folded(result: SearchResult) -> list[SearchHit]:
    """The hits, with only the first of the query's near-duplicates."""
    return [*result.duplicates[:1], *result.similar]


def move(image_id: str, rank: int, before: Mapping[str, int]) -> str:
    """How far the photo moved from its rank ``before`` to ``rank``; ``new`` if it was not among the hits before."""
    if image_id not in before:
        return "new"
    up = before[image_id] - rank
    if up == 0:
        return "="
    return f"▲{up}" if up > 0 else f"▼{-up}"


def _tiles(hits: Sequence[SearchHit], query: QueryPhoto, ranking: Ranking, person: Person) -> list[Tile]:
    tiles = hit_tiles(hits, ranking)
    can_be_labelled = query.sha256 is not None and person.may_label
    return [
        replace(tile, actions=(MORE, LESS, WHY, *((CLOSER,) if can_be_labelled and rank else ())))
        for rank, tile in enumerate(tiles)
    ]


def _act(chosen: Chosen, query: QueryPhoto, searches: Searches, shown: Sequence[SearchHit], person: Person) -> None:
    if chosen.opened:
        open_photo_view(chosen.opened)
    if not chosen.acted:
        return
    action, image_id = chosen.acted
    rank = next((rank for rank, hit in enumerate(shown) if hit.image_id == image_id), None)
    if rank is None:
        return
    if action == "why":
        why(query, searches.box, shown[rank])
    elif action in ("more", "less"):
        searches.toggle("more" if action == "more" else "less", image_id)
        st.rerun()
    elif action == "closer" and rank:
        attempt(lambda: save_triplet(query, shown[rank], shown[rank - 1], person))
        st.rerun()


def save_triplet(query: QueryPhoto, positive: SearchHit, negative: SearchHit, person: Person) -> str:
    """Record that the query is closer to ``positive`` than to ``negative``; returns a sentence for the user."""
    assert query.sha256 is not None
    label = TripletLabel(query.sha256, positive.sha256, negative.sha256)
    added = services.store().labels.add_triplets([label], annotator=person.name)
    statement = f"{query.name} is closer to {name_of(positive.path)} than to {name_of(negative.path)}"
    return f"Triplet saved: {statement}." if added else f"That was known already: {statement}."


def _near_duplicates(result: SearchResult, ranking: Ranking, subject: str) -> None:
    others = result.duplicates[1:]
    if not others:
        return
    with st.expander(f"{counted(len(others), 'more near-duplicate')} of this photo", icon=":material/content_copy:"):
        chosen = action_grid(hit_tiles(others, ranking), subject=subject, key="duplicates")
    if chosen.opened:
        open_photo_view(chosen.opened)
