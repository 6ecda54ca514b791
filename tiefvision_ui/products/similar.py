"""The products most similar to one: those of the shop's table where a rule makes one, else what a search finds now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from tiefvision_assets.lineage.similar_table import why_similar_products_are_due
from tiefvision_assets.search.request import ByProduct
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import Ranking
from tiefvision_assets.store.labels.duplicates import State
from tiefvision_assets.store.sealed import DamagedFile
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import services
from tiefvision_ui.components.image_grid import Tile
from tiefvision_ui.products.cards import hit_card, product_tile
from tiefvision_ui.products.shop import Shop
from tiefvision_ui.search import indexed_photos

LIVE = 12
"""Products that a search shows."""
_Row = tuple[str, float, str]
"""Of a similar product its id, score, and path of its photo that is most alike."""


@dataclass(frozen=True)
class InTable:
    """What the table of similar products says of one product."""

    rule: str
    rows: Sequence[_Row]
    due: str | None
    """Why the table is to be made anew, in a sentence; None where it is up to date."""


def in_table(product_id: str) -> InTable | None:
    """The product's rows in the table; None without a rule, and before a table was made."""
    store = services.store()
    rule, stamp = store.settings.similar_products, store.similar_products.stamp()
    if rule is None or stamp is None:
        return None
    try:
        rows = _rows(product_id, stamp)
    except DamagedFile:
        return None
    return InTable(
        rule, rows, _due(indexed_photos.served_stamp(), stamp, store.products.stamp(), indexed_photos.decided())
    )


def table_cards(found: InTable, shop: Shop, version: str) -> dict[str, Tile]:
    """The tile of each row's product; those whose product or photo is gone by now are left out."""
    table, without = indexed_photos.photos(version), indexed_photos.left_out(version, shop.joined)
    cards = {}
    for product_id, score, path in found.rows:
        place, row = table.index.get_indexer([image_id(path)])[0], shop.products.rows.get(product_id)
        if place < 0 or row is None:
            continue
        photos = shop.photos_of(row)
        if without is not None:
            photos = photos[~without[photos]]
            if without[place]:  # hidden since the table was made
                place = photos[0]
        entry = table.iloc[place]
        tile = Tile(str(entry["image_id"]), str(entry["sha256"]), "", "", score)
        cards[product_id] = product_tile(tile, shop.product(row), len(photos))
    return cards


def live_cards(product_id: str, ranking: Ranking, shop: Shop) -> dict[str, Tile]:
    """The tiles of what a search by all photos of the product finds at this moment."""
    found = services.searcher().search(ByProduct(product_id, k=LIVE, ranking=ranking, by="product"))
    return {hit.product_id: hit_card(hit, shop) for hit in found.hits if hit.product_id is not None}


@st.cache_resource(show_spinner=False, max_entries=64)
def _rows(product_id: str, stamp: FileStamp) -> list[_Row]:
    found = services.store().similar_products.of(product_id).sort_values("rank")
    return list(zip(found["similar_id"], found["score"], found["similar_path"], strict=True))


@st.cache_resource(show_spinner=False, max_entries=4)
def _due(served: FileStamp | None, stamp: FileStamp, products: FileStamp | None, decided: State) -> str | None:
    return why_similar_products_are_due(services.store())
