"""Saved searches: the button that saves what a page shows, and how many new photos match by now."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.request import Unit, ranking_from_text
from tiefvision_assets.store.flaws import FLAWS
from tiefvision_assets.store.labels.saved_searches import LONGEST_NAME, SavedSearch
from tiefvision_ui import services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.address import LIKE, SEARCH_PATH, UPLOAD, Parameters, ParametersOf, address_of_page
from tiefvision_ui.language.texts import _
from tiefvision_ui.notices import attempt
from tiefvision_ui.products.shop import BY, shop_of
from tiefvision_ui.search import indexed_photos, kept_uploads
from tiefvision_ui.search.conditions import WHERE, rows_where
from tiefvision_ui.search.query_photo import QueryPhoto, of_entry, of_upload
from tiefvision_ui.search.state import HITS, Parts, Search, examples

NEW_MATCHES = "new-matches"
"""Session key: how many photos are new in all saved searches, as the navigation tells."""
_NAME, _COUNTS = "saved-search-name", "saved-search-counts"


class NotThere(TiefVisionError):
    """A saved search whose photo is gone."""


def save_choice(path: str, proposed: str, version: str) -> None:
    """Draw the button that saves the page at that path, as its address describes it; ``proposed`` is a name for it."""
    with st.popover(
        _("Save"), icon=":material/bookmark_add:", help=_("Keeps this search, and tells when new photos match")
    ):
        name = st.text_input(_("Name"), proposed[:LONGEST_NAME], max_chars=LONGEST_NAME, key=_NAME)
        st.caption(_("It is kept under *Collections*, for you, and tells when new photos match."))
        st.button(
            _("Save this search"),
            type="primary",
            on_click=lambda: attempt(lambda: _save(path, st.session_state[_NAME] or name, version)),
        )


def _save(path: str, name: str, version: str) -> str:
    person = current_person().name
    services.store().saved_searches.save(person, name, address_of_page(path), newest_batch(version))
    return _("Saved as “{name}”; see Collections.", name=" ".join(name.split()))


def newest_batch(version: str) -> str:
    """The newest batch of photos of that index."""
    return str(indexed_photos.photos(version)["batch"].max())


def new_matches(saved: SavedSearch, version: str, person: Person) -> int:
    """How many photos match that came after the person looked last; raises `NotThere` where the query photo is gone.

    Looked up once a session for each state of search and index, and of what its condition is about.
    """
    counts: dict[str, tuple[tuple[Any, ...], int]] = st.session_state.setdefault(_COUNTS, {})
    asked = ParametersOf(saved.address)
    stamps = indexed_photos.column_stamps() if asked.get(WHERE, "") or asked.get("quality", "") else None
    state = saved, version, indexed_photos.served_stamp(), stamps, indexed_photos.decided()
    if saved.id not in counts or counts[saved.id][0] != state:
        batches = indexed_photos.photos(version)["batch"]
        shown = photos_of(saved.address, version, person)
        among = batches[batches.index.isin(list(shown))]  # a hit may be of an index that is served since
        counts[saved.id] = state, int((among > saved.seen).sum())
    return counts[saved.id][1]


def count_new(version: str, person: Person) -> None:
    """Let the navigation tell how many photos are new in all of the person's saved searches."""
    total = 0
    for saved in services.store().saved_searches.of(person.name):
        with suppress(TiefVisionError):  # which the page with the saved searches tells
            total += new_matches(saved, version, person)
    if st.session_state.get(NEW_MATCHES, 0) != total:
        st.session_state[NEW_MATCHES] = total
        st.rerun()  # the navigation is drawn already


def photos_of(address: str, version: str, person: Person) -> Sequence[str]:
    """The image_ids of the photos that a saved address shows, on the gallery all of them, on the search page its hits.

    Raises `NotThere` where the photo that is searched by is gone, `BadFilter` for a condition that fails by now.
    """
    asked = ParametersOf(address)
    condition = asked.get(WHERE, "").strip() or None
    measured = indexed_photos.quality_stamp()
    table = indexed_photos.photos(version)
    shop = shop_of(version) if asked.get(BY, "") == "product" else None
    if urlsplit(address).path == SEARCH_PATH:
        query = _query(asked, version, person)
        known = table.index
        more, less = ([each for each in examples(side, asked) if each in known] for side in ("more", "less"))
        by: Unit = "product" if shop else "photo"
        search = Search(query, version, Parts.in_address(query, asked), more, less, condition, by)
        number = next((each for each in HITS if str(each) == asked.get("number", "")), HITS[0])
        return [shot.best.image_id for shot in search.shots(ranking_from_text(asked.get("ranking", "supervised")))][
            :number
        ]
    flaw: str | None = asked.get("quality", "")
    flaw = flaw if flaw in FLAWS else None
    products = shop.joined if shop else None
    rows = indexed_photos.listed(version, "path", asked.get("filter", ""), flaw, measured, products=products)
    if condition:
        rows = rows[rows_where(version, condition, indexed_photos.column_stamps())[rows]]
    if shop:
        rows = rows[shop.joined.shows_one[rows]]
    return list(table["image_id"].iloc[rows])


def _query(asked: Parameters, version: str, person: Person) -> QueryPhoto:
    table, like = indexed_photos.photos(version), asked.get(LIKE, "")
    if like:
        if like not in table.index:
            raise NotThere(_("The photo that it searches by is not in the catalogue any more."))
        return of_entry(table.loc[like])
    upload = kept_uploads.kept(asked.get(UPLOAD, ""), person)
    if upload is None:
        raise NotThere(
            _(
                "The upload that it searches by is not kept any more; {days} days have passed.",
                days=kept_uploads.KEPT_DAYS,
            )
        )
    return of_upload(upload)
