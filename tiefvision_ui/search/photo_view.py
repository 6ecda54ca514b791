"""One catalogue photo with its box, and the photos most similar to it."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.address import PRODUCT, open_gallery, open_photo_view, open_product, open_search
from tiefvision_ui.components.image_grid import action_grid
from tiefvision_ui.components.photo_with_box import photo_with_box
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.products.shop import Shop, shop_of
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.collecting import collect
from tiefvision_ui.search.hits import ranking_choice, shot_tiles, show_twins
from tiefvision_ui.team.comments import comments
from tiefvision_ui.values import name_of, photo_url
from tiefvision_ui.words import box_words, plain

NEIGHBOURS = 24


def photo_view(version: str, image_id: str) -> None:
    """Draw the photo with that image_id and its neighbours in the served index of that ``version``."""
    header = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    with header:
        back = _("Back to the product") if PRODUCT in st.query_params else _("All photos")
        if st.button(back, icon=":material/arrow_back:", type="tertiary"):
            open_gallery()
    if image_id not in indexed_photos.photos(version).index:
        st.info(
            _("There is no photo with this address; it may have been deleted or renamed."), icon=":material/hide_image:"
        )
        return
    with header:
        ranking = ranking_choice()
    result = services.searcher().search(ById(image_id, k=NEIGHBOURS, ranking=ranking))
    shop = shop_of(version)
    about, similar = st.columns([2, 3], gap="large")
    with about:
        _photo(version, image_id, result, shop)
    with similar:
        _neighbours(result, ranking, shop)


def _photo(version: str, image_id: str, result: SearchResult, shop: Shop | None) -> None:
    table = indexed_photos.photos(version)
    entry = table.loc[image_id]
    st.header(plain(name_of(entry["path"])), anchor=False)
    photo_with_box(
        photo_url(entry["sha256"]),
        int(entry["width"]),
        int(entry["height"]),
        result.box if result.confidence > 0 else None,
        alt=entry["path"],
        words=box_words(result.confidence, human=bool(entry["human"]), starter=services.starter_finds_boxes()),
        key="photo",
    )
    st.caption(
        _(
            "{path} · {width} × {height} pixels",
            path=plain(entry["path"]),
            width=number_words(entry["width"]),
            height=number_words(entry["height"]),
        )
    )
    hidden = indexed_photos.hidden_photos(version)
    if hidden is not None and hidden[indexed_photos.photos(version).index.get_loc(image_id)]:
        st.caption(_("Hidden as a duplicate: the gallery and searches leave it out. *Duplicates* shows it again."))
    product = shop.shown_on(int(table.index.get_loc(image_id))) if shop else None
    with st.container(horizontal=True):
        if product and st.button(
            plain(" · ".join(filter(None, (product.name, product.price)))),
            icon=":material/storefront:",
            help=_("The product on this photo"),
        ):
            open_product(product.product_id)
        adjust = _("By another box, and by more and less like this")
        if st.button(_("Adjust this search"), icon=":material/tune:", help=adjust):
            open_search(image_id)
        if st.button(_("Collect"), icon=":material/star:", help=_("Star, tags and note")):
            collect(str(entry["sha256"]), name_of(entry["path"]))
    comments(current_person(), str(entry["sha256"]))


def _neighbours(result: SearchResult, ranking: Ranking, shop: Shop | None) -> None:
    st.header(_("Most similar"), anchor=False)
    if not result.hits:
        st.info(_("This is the only photo in the catalogue."), icon=":material/photo:")
        return
    shots = result.shots
    chosen = action_grid(shot_tiles(shots, ranking, shop), subject=f"photo {result.query}", key="neighbours")
    if chosen.opened:
        open_photo_view(chosen.opened)
    if chosen.acted:
        image_id = chosen.acted[1]
        for shot in shots:
            if shot.best.image_id == image_id:
                show_twins(shot, ranking)
