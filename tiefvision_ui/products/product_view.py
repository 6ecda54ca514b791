"""One product: all its photos, what the feed says about it, and its similar products."""

from __future__ import annotations

from html import escape

import streamlit as st

from tiefvision_ui import services
from tiefvision_ui.address import PRODUCT, open_gallery, open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.language.texts import _
from tiefvision_ui.products.cards import product_grid
from tiefvision_ui.products.columns import Roles
from tiefvision_ui.products.shop import BY, Product, Shop
from tiefvision_ui.products.similar import InTable, in_table, live_cards, table_cards
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.hits import ranking_choice
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain


def product_view(version: str, product_id: str, shop: Shop | None) -> None:
    """Draw the product with that id; ``version`` is the served index's."""
    back = _("All products") if shop and st.query_params.get(BY) == "product" else _("All photos")
    if st.button(back, icon=":material/arrow_back:", type="tertiary"):
        open_gallery(PRODUCT)
    if shop is None:
        st.info(
            _("There are no products here; `TIEFVISION_PRODUCTS` names a feed of them, which `tiefvision run` reads."),
            icon=":material/storefront:",
        )
        return
    row = shop.products.rows.get(product_id)
    if row is None:
        st.info(
            _("There is no product with this address; the feed may not name it any more."), icon=":material/hide_image:"
        )
        return
    product = shop.product(row)
    photos, about = st.columns([2, 3], gap="large")
    with about:
        _about(product, shop)
    with photos:
        _photos(version, row, shop)
    _similar(version, product, row, shop)


def _about(product: Product, shop: Shop) -> None:
    st.header(plain(product.name), anchor=False)
    st.html(facts(product, shop.roles))


def facts(product: Product, roles: Roles) -> str:
    """Price and columns as HTML, in which the feed's texts stand escaped."""
    price = f'<p class="product-price">{escape(product.price)}</p>' if product.price else ""
    told = {_("Product"): product.product_id} | roles.others(product.values)
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told.items())
    return f'{price}<dl class="product-facts">{rows}</dl>'


def _photos(version: str, row: int, shop: Shop) -> None:
    shown_on = indexed_photos.photos(version).iloc[shop.photos_of(row)]
    if shown_on.empty:
        st.info(_("No photo of this product can be searched."), icon=":material/hide_image:")
        return
    tiles = [
        Tile(image_id, sha256, name_of(path), photo_link(image_id))
        for image_id, sha256, path in zip(shown_on["image_id"], shown_on["sha256"], shown_on["path"], strict=True)
    ]
    if opened := image_grid(tiles, subject=f"product {row}", key="product-photos"):
        open_photo_view(opened)


def _similar(version: str, product: Product, row: int, shop: Shop) -> None:
    header = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute")
    with header:
        st.header(_("Similar products"), anchor=False)
    found = in_table(product.product_id)
    if found is not None:
        _said(found)
        cards = table_cards(found, shop, version)
        missing = _("By this rule no product stands beside this one.")
    else:
        if not len(shop.photos_of(row)):
            st.info(
                _("Without a photo that can be searched there is nothing to compare by."), icon=":material/search_off:"
            )
            return
        with header:
            ranking = ranking_choice()
        st.caption(f"{_('Searched at this moment among all products.')} {_no_table()}")
        cards = live_cards(product.product_id, ranking, shop)
        missing = _("There is no other product with a photo.")
    if not cards:
        st.info(missing, icon=":material/search_off:")
        return
    product_grid(cards, subject=f"similar to {product.product_id}", key="similar-products")


def _said(found: InTable) -> None:
    """The rule by which the products stand there, and whether the table is of today."""
    late = [_("It is out of date: {reason}.", reason=plain(found.due))] if found.due else []
    st.caption(" ".join([_("From the table of similar products, which this rule makes."), *late]))
    st.code(found.rule, language=None, wrap_lines=True)


def _no_table() -> str:
    if services.store().settings.similar_products:
        return _("The rule that is set has no table yet, which `tiefvision run` makes.")
    return _("`TIEFVISION_SIMILAR_PRODUCTS` sets a rule for them.")
