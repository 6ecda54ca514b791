"""The page Gallery: all searchable photos, page by page; with ``?photo=`` one photo and the most similar ones."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.store.flaws import FLAWS
from tiefvision_ui import address
from tiefvision_ui.address import PHOTO, open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.paging import page_shown
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.indexed_photos import Order
from tiefvision_ui.search.photo_view import photo_view
from tiefvision_ui.values import name_of
from tiefvision_ui.words import counted, plain

PER_PAGE = 60
ANY = "any"
ORDERS: dict[Order, str] = {"path": "By path", "newest": "Newest first"}


def gallery(version: str) -> None:
    """Draw the photos, filtered and sorted as the address says."""
    st.title("Gallery", anchor=False)
    table = indexed_photos.photos(version)
    measured = indexed_photos.quality_stamp()
    text, order, flaw = _toolbar(with_flaws=measured is not None)
    rows = indexed_photos.listed(version, order, text, flaw, measured)
    if not len(rows):
        missing = f"No path contains “{plain(text.strip())}”" if text.strip() else "No photo has this flaw"
        if text.strip() and flaw:
            missing += ", of a photo with this flaw"
        st.info(f"{missing}. Clear the filter to see all photos.", icon=":material/search_off:")
        return
    is_part = bool(text.strip() or flaw)
    st.caption(f"{counted(len(rows), 'photo')} of {len(table):,}" if is_part else counted(len(rows), "photo"))
    grid = st.container()
    part = page_shown(len(rows), PER_PAGE)
    shown = table.iloc[rows[part]]
    tiles = [
        Tile(image_id, sha256, name_of(path), photo_link(image_id))
        for image_id, sha256, path in zip(shown["image_id"], shown["sha256"], shown["path"], strict=True)
    ]
    with grid:
        opened = image_grid(tiles, subject=f"gallery {part.start}", key="gallery-grid")
    if opened:
        open_photo_view(opened)


def _toolbar(*, with_flaws: bool) -> tuple[str, Order, str | None]:
    address.text("filter")
    address.option("sort", list(ORDERS), "path")
    flaw = ANY
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Filter",
            type="search",
            placeholder="Words of the path",
            icon=":material/search:",
            live=True,
            key="filter",
            on_change=address.keep,
            args=("filter", "", "page"),
        )
        order = st.selectbox(
            "Sort",
            list(ORDERS),
            format_func=lambda order: ORDERS[order],
            key="sort",
            on_change=address.keep,
            args=("sort", "path", "page"),
            width=180,
        )
        if with_flaws:
            address.option("quality", [ANY, *FLAWS], ANY)
            flaw = st.selectbox(
                "Quality",
                [ANY, *FLAWS],
                format_func=lambda flaw: "All photos" if flaw == ANY else flaw.replace("_", " ").capitalize(),
                help="; ".join(f"{flaw.replace('_', ' ')}: {meaning}" for flaw, meaning in FLAWS.items()),
                key="quality",
                on_change=address.keep,
                args=("quality", ANY, "page"),
                width=180,
            )
    return text or "", order, None if flaw == ANY else flaw


served_version = indexed_photos.index_version()
if PHOTO in st.query_params:
    photo_view(served_version, st.query_params[PHOTO])
else:
    gallery(served_version)
