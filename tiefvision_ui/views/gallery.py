"""The page Gallery: all searchable photos or products, page by page.

With ``?photo=`` it is one photo and the most similar ones, with ``?product=`` one product and its similar ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from tiefvision_assets.search.request import Unit
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_ui import address
from tiefvision_ui.address import GALLERY_PATH, PHOTO, PRODUCT, open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.known_values import value_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import show_notice
from tiefvision_ui.paging import page_shown
from tiefvision_ui.products.cards import group_cards, product_grid, with_products
from tiefvision_ui.products.facets import beside_facets
from tiefvision_ui.products.grouping import ByPrice, Groups
from tiefvision_ui.products.product_view import product_view
from tiefvision_ui.products.shop import Shop, shop_of, unit_choice
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.conditions import Narrowed, narrowed
from tiefvision_ui.search.indexed_photos import Order
from tiefvision_ui.search.photo_view import photo_view
from tiefvision_ui.search.saving import save_choice
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain

PER_PAGE = 60
ANY = "any"
ORDERS: dict[Order | ByPrice, str] = {
    "path": N_("By path"),
    "newest": N_("Newest first"),
    "cheap": N_("Lowest price first"),
    "dear": N_("Highest price first"),
}
"""The last two are of products."""


def gallery(version: str) -> None:
    """Draw the photos, or the products, filtered and sorted as the address says."""
    st.title(_("Gallery"), anchor=False)
    show_notice()
    measured = indexed_photos.quality_stamp()
    shop = shop_of(version)
    wanted = _toolbar(shop, with_flaws=measured is not None)
    narrowing = narrowed(version)
    if narrowing.problem:
        st.info(_("Correct the condition, or clear it, to see photos."), icon=":material/filter_alt:")
        return
    with beside_facets(shop, version, wanted.by):
        products = shop.joined if shop is not None and wanted.by == "product" else None
        rows = indexed_photos.listed(version, wanted.order, wanted.text, wanted.flaw, measured, products=products)
        if narrowing.among is not None:
            rows = rows[narrowing.among[rows]]
        if not len(rows):
            _nothing(wanted.text, wanted.flaw, narrowing)
            return
        proposed = narrowing.condition or wanted.text.strip() or wanted.flaw or ""
        if shop is not None and wanted.by == "product":
            _products(version, Groups(shop, rows, wanted.by_price), shop, proposed)
        else:
            _photos(version, rows, shop, proposed)


def _nothing(text: str, flaw: str | None, narrowing: Narrowed) -> None:
    words = plain(text.strip())
    if narrowing.condition:
        missing = _("No photo fits all of this.")
    elif not words:
        missing = _("No photo has this flaw.")
    elif flaw:
        missing = _("No path of a photo with this flaw contains “{words}”.", words=words)
    else:
        missing = _("No path contains “{words}”.", words=words)
    st.info(f"{missing} {_('Clear the filter to see all photos.')}", icon=":material/search_off:")


def _photos(version: str, rows: np.ndarray, shop: Shop | None, proposed: str) -> None:
    table = indexed_photos.photos(version)
    found = counted("{n} photo", "{n} photos", len(rows))
    if proposed:
        every = number_words(indexed_photos.shown_count(version))
        found = counted("{n} photo of {all}", "{n} photos of {all}", len(rows), all=every)
    _header(found, proposed, version)
    grid = st.container()
    part = page_shown(len(rows), PER_PAGE)
    shown = table.iloc[rows[part]]
    tiles = [
        Tile(image_id, sha256, name_of(path), photo_link(image_id))
        for image_id, sha256, path in zip(shown["image_id"], shown["sha256"], shown["path"], strict=True)
    ]
    with grid:
        tiles = with_products(tiles, rows[part].tolist(), shop)
        opened = image_grid(tiles, subject=f"gallery {part.start}", key="gallery-grid")
    if opened:
        open_photo_view(opened)


def _products(version: str, groups: Groups, shop: Shop, proposed: str) -> None:
    """The products of some photos, one tile each."""
    every = number_words(len(shop.products))
    told = [counted("{n} product of {all}", "{n} products of {all}", len(groups), all=every)]
    if groups.left_out:
        told.append(counted("{n} photo of no product left out", "{n} photos of no product left out", groups.left_out))
    _header("; ".join(told), proposed, version)
    grid = st.container()
    part = page_shown(len(groups), PER_PAGE)
    with grid:
        cards = group_cards(groups[part], shop, indexed_photos.photos(version))
        product_grid(cards, subject=f"products {part.start}", key="product-grid")


def _header(words: str, proposed: str, version: str) -> None:
    """How many there are, and where they are a part the button that saves the search, as ``proposed``."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(words)
        if proposed:
            save_choice(GALLERY_PATH, proposed, version)


@dataclass(frozen=True)
class _Wanted:
    """What the toolbar says."""

    text: str
    order: Order
    flaw: str | None
    by: Unit
    by_price: ByPrice | None


def _toolbar(shop: Shop | None, *, with_flaws: bool) -> _Wanted:
    address.text("filter")
    flaw = ANY
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = unit_choice(shop)
        priced = shop is not None and by == "product" and shop.prices is not None
        orders = list(ORDERS) if priced else list(ORDERS)[:2]
        address.option("sort", orders, "path")
        text = st.text_input(
            _("Filter"),
            type="search",
            placeholder=_("Words of the path"),
            icon=":material/search:",
            live=True,
            key="filter",
            on_change=address.keep,
            args=("filter", "", "page"),
        )
        order = st.selectbox(
            _("Sort"),
            orders,
            format_func=lambda order: _(ORDERS[order]),
            key="sort",
            on_change=address.keep,
            args=("sort", "path", "page"),
            width=180,
        )
        if with_flaws:
            address.option("quality", [ANY, *FLAWS], ANY)
            flaw = st.selectbox(
                _("Quality"),
                [ANY, *FLAWS],
                format_func=lambda flaw: _("All photos") if flaw == ANY else _capitalised(value_words(flaw)),
                help="; ".join(f"{value_words(flaw)}: {value_words(meaning)}" for flaw, meaning in FLAWS.items()),
                key="quality",
                on_change=address.keep,
                args=("quality", ANY, "page"),
                width=180,
            )
    flaw_wanted = None if flaw == ANY else flaw
    if order == "cheap" or order == "dear":
        return _Wanted(text or "", "path", flaw_wanted, by, order)
    return _Wanted(text or "", order, flaw_wanted, by, None)


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


served_version = indexed_photos.index_version()
if PHOTO in st.query_params:
    photo_view(served_version, st.query_params[PHOTO])
elif PRODUCT in st.query_params:
    product_view(served_version, st.query_params[PRODUCT], shop_of(served_version))
else:
    gallery(served_version)
