"""One catalogue photo with its box, and the photos most similar to it."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import services
from tiefvision_ui.address import open_gallery, open_photo_view, open_search
from tiefvision_ui.components.image_grid import image_grid
from tiefvision_ui.components.photo_with_box import photo_with_box
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.hits import hit_tiles, ranking_choice
from tiefvision_ui.values import name_of, photo_url
from tiefvision_ui.words import box_words, plain

NEIGHBOURS = 24


def photo_view(version: str, image_id: str) -> None:
    """Draw the photo with that image_id and its neighbours in the served index of that ``version``."""
    header = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    with header:
        if st.button("All photos", icon=":material/arrow_back:", type="tertiary"):
            open_gallery()
    if image_id not in indexed_photos.photos(version).index:
        st.info(
            "There is no photo with this address; it may have been deleted or renamed.", icon=":material/hide_image:"
        )
        return
    with header:
        ranking = ranking_choice()
    result = services.searcher().search(ById(image_id, k=NEIGHBOURS, ranking=ranking))
    about, similar = st.columns([2, 3], gap="large")
    with about:
        _photo(version, image_id, result)
    with similar:
        _neighbours(result, ranking)


def _photo(version: str, image_id: str, result: SearchResult) -> None:
    entry = indexed_photos.photos(version).loc[image_id]
    st.subheader(plain(name_of(entry["path"])), anchor=False)
    photo_with_box(
        photo_url(entry["sha256"]),
        int(entry["width"]),
        int(entry["height"]),
        result.box if result.confidence > 0 else None,
        alt=entry["path"],
        words=box_words(result.confidence, human=bool(entry["human"])),
        key="photo",
    )
    st.caption(f"{plain(entry['path'])} · {entry['width']:,} × {entry['height']:,} pixels")
    if st.button("Adjust this search", icon=":material/tune:", help="By another box, and by more and less like this"):
        open_search(image_id)


def _neighbours(result: SearchResult, ranking: Ranking) -> None:
    st.subheader("Most similar", anchor=False)
    if not result.hits:
        st.info("This is the only photo in the catalogue.", icon=":material/photo:")
        return
    opened = image_grid(hit_tiles(result.hits, ranking), subject=f"photo {result.query}", key="neighbours")
    if opened:
        open_photo_view(opened)
