"""The table of similar products of a data folder: when it is out of date, and making it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.similar_products import Gallery, similar_products
from tiefvision_assets.store.fingerprint import fingerprint
from tiefvision_assets.store.hidden import hidden_rows
from tiefvision_assets.store.products.feed import PHOTO_PATHS, PRODUCT_ID
from tiefvision_assets.store.products.rule import Rule
from tiefvision_assets.store.products.similar import SimilarRecord, write_to_database
from tiefvision_assets.store.products.table import Products
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import BadFilter

if TYPE_CHECKING:
    from tiefvision_assets.store.labels.duplicates import Decisions

SIMILAR_CODE = "1"
"""Raised when the same products, photos and rule give another table."""


@dataclass(frozen=True)
class Made:
    """A table of similar products."""

    rows: pd.DataFrame
    products: int
    """Products with searchable photos."""
    anew: int
    """Those of them that were compared with all others."""


def why_similar_products_are_due(store: Store) -> str | None:
    """Why the table is to be made, in a sentence; None where it is not, or cannot be made yet."""
    text, served, products = store.settings.similar_products, store.served.read().index, store.products.intact()
    if text is None or not served or products is None:
        return None
    try:
        wanted = _record(store, text, products, served["supervised"], store.duplicates.known()[1])
    except BadFilter as error:
        return str(error)
    found = store.similar_products.record()
    if found is None:
        return "no table of similar products was made yet"
    if found.basis != wanted.basis:
        return "the rule for similar products has changed"
    return "products, their photos or the index have changed" if found.inputs != wanted.inputs else None


def make_similar_products(store: Store, progress: Callable[[int, int], None] = lambda done, total: None) -> Made:
    """Update the table, or make it anew where rule or code have changed, and write it to the database that is set.

    Raises `BadFilter` for a rule that does not fit the products, and `TiefVisionError` where something is missing.
    """
    text, served, products = store.settings.similar_products, store.served.read().index, store.products.read()
    if text is None or not served or products is None:
        raise TiefVisionError(
            "Similar products need a rule in TIEFVISION_SIMILAR_PRODUCTS, a feed of products and an index; "
            "run `tiefvision run`."
        )
    index = store.indexes.open("supervised", served["supervised"]).load()
    decisions = store.duplicates.known()[1]
    rule, record = Rule(text, products), _record(store, text, products, served["supervised"], decisions)
    vectors = index.vectors if isinstance(index.vectors, np.ndarray) else index.vectors[np.arange(len(index.entries))]
    hidden = hidden_rows(index.entries, decisions.choices)
    gallery = Gallery.of(products, index.entries["path"], vectors, hidden)
    known = store.similar_products.record()
    before = store.similar_products.before() if known is not None and known.basis == record.basis else None
    rows, anew = similar_products(gallery, rule, store.settings.similar_products_count, before, progress)
    if store.settings.similar_products_url:
        write_to_database(store.settings.similar_products_url, rows)
    store.similar_products.write(rows, gallery.states(rule), record)
    return Made(rows, len(gallery), anew)


def _record(store: Store, text: str, products: Products, index: str, decisions: Decisions) -> SimilarRecord:
    basis = fingerprint(code=SIMILAR_CODE, rule=text, k=store.settings.similar_products_count)
    target, hidden = store.settings.similar_products_url, _hidden_version(decisions)
    # where nothing is hidden the hash is that of before anything could be
    of_hidden = {"hidden": hidden} if hidden else {}
    version = _version(products, text)
    return SimilarRecord(fingerprint(basis=basis, index=index, products=version, target=target, **of_hidden), basis)


@lru_cache(maxsize=4)
def _version(products: Products, text: str) -> str:
    """Hash of the products, their photos, and the columns that the rule is about; the plan asks again and again."""
    return products.version_of(list(dict.fromkeys([PRODUCT_ID, PHOTO_PATHS, *Rule(text, products).columns])))


@lru_cache(maxsize=4)
def _hidden_version(decisions: Decisions) -> str:
    """Hash of which contents are hidden, and of kept ones which copy is shown; empty where nothing is hidden.

    With the index it tells which photos are hidden, without looking for them there.
    """
    chosen = sorted((one.sha256, one.kept, one.path) for one in decisions.choices.values() if one.is_hidden or one.path)
    return fingerprint(chosen=chosen) if chosen else ""
