"""The page What moves: two versions, or a candidate, side by side; and what an admin decides about them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.lineage.moved_groups import held_out, hits_by
from tiefvision_assets.lineage.version_comparison import Comparison, NotComparable, compare_sides
from tiefvision_assets.lineage.versions import side_named
from tiefvision_assets.store.index import NoIndex, Ranking
from tiefvision_assets.store.served import ServedVersion
from tiefvision_assets.store.stamp import FileStamp
from tiefvision_ui import address, services
from tiefvision_ui.language.texts import _
from tiefvision_ui.moves.groups import grouping, held_out_tables, hits_table
from tiefvision_ui.moves.queries import moved_queries, numbers, side_by_side
from tiefvision_ui.moves.sides import chosen_sides, decisions, sides
from tiefvision_ui.notices import show_notice
from tiefvision_ui.search.hits import ranking_choice
from tiefvision_ui.search.indexed_photos import matching_rows
from tiefvision_ui.states import show_error
from tiefvision_ui.words import plain

LOOKED_UP = "look"
KEPT_S = 3600


def moves() -> None:
    """Draw the page."""
    known = sides()
    if not known:
        raise NoIndex("There is nothing to compare yet.")
    st.title(_("What moves"), anchor=False)
    show_notice()
    served = known[0]
    assert isinstance(served, ServedVersion)
    if len(known) == 1:
        st.info(
            _(
                "There is one version so far. After the next change of a model this page shows what it changes: "
                "TIEFVISION_KEPT_VERSIONS says how many versions are kept, and TIEFVISION_PROMOTION=ask lets a new "
                "model wait for a decision."
            ),
            icon=":material/info:",
        )
        decisions(known, served)
        return
    old, new = chosen_sides(known, served)
    ranking = ranking_choice()
    decisions(known, served)
    if old == new:
        st.info(_("Choose two different ones to see what moves between them."), icon=":material/compare_arrows:")
        return
    _changes(old.name, new.name, ranking)


def _changes(old: str, new: str, ranking: Ranking) -> None:
    st.header(_("Queries that changed most"), anchor=False)
    at = services.store().served.stamp()
    try:
        with st.spinner(_("Comparing hits…")):
            found = compared(old, new, ranking, at)
    except NotComparable as error:
        st.info(plain(str(error)), icon=":material/info:")
        found = None
    except TiefVisionError as error:
        show_error(str(error))
        found = None
    if found is not None:
        numbers(found)
        _look_up(old, new, ranking, at, found)
        moved_queries(found)
    st.header(_("By group"), anchor=False)
    try:
        _by_group(old, new, ranking, at, with_hits=found is not None)
    except TiefVisionError as error:
        show_error(str(error))


def _by_group(old: str, new: str, ranking: Ranking, at: FileStamp | None, *, with_hits: bool) -> None:
    by = grouping()
    if with_hits:
        parts = grouped(old, new, ranking, by, at, services.store().products.stamp())
        st.caption(_("How far hits agree, and how many of a query's hits are of its own group."))
        hits_table(parts)
    st.subheader(_("On held-out labels"), anchor=False)
    held_out_tables(judged(old, new, by, at))


def _look_up(old: str, new: str, ranking: Ranking, at: FileStamp | None, found: Comparison) -> None:
    """Any photo's hits in both, by words of its path."""
    address.text(LOOKED_UP)
    words = st.text_input(
        _("Look a photo up in both"),
        key=LOOKED_UP,
        placeholder=_("Words of its path"),
        on_change=address.keep,
        args=(LOOKED_UP, ""),
        max_chars=200,
    )
    if not words.strip():
        return
    rows = matching_rows(found.entries, "path", words)
    if not len(rows):
        st.info(_("No path contains {words}.", words=plain(words)), icon=":material/search_off:")
        return
    image_id = str(found.entries["image_id"].iloc[rows[0]])
    side_by_side(compared(old, new, ranking, at, image_id), 0, LOOKED_UP)
    st.divider()


@st.cache_resource(show_spinner=False, ttl=KEPT_S, max_entries=8)
def compared(old: str, new: str, ranking: Ranking, at: FileStamp | None, only: str | None = None) -> Comparison:
    """The hits of all queries, or of one photo; kept until ``served.json`` changes."""
    store = services.store()
    return compare_sides(store, side_named(store, old), side_named(store, new), ranking, only)


@st.cache_data(show_spinner=False, ttl=KEPT_S, max_entries=8)
def grouped(
    old: str, new: str, ranking: Ranking, by: str, at: FileStamp | None, products: FileStamp | None
) -> dict[str, dict[str, Any]]:
    """What the hits have in common with their queries; kept until ``served.json`` or the products change."""
    return hits_by(services.store(), compared(old, new, ranking, at), by)


@st.cache_data(show_spinner=False, ttl=KEPT_S, max_entries=8)
def judged(old: str, new: str, by: str, at: FileStamp | None) -> dict[str, dict[str, Any]]:
    """Quality on held-out labels; kept until ``served.json`` changes."""
    store = services.store()
    return held_out(store, side_named(store, old), side_named(store, new), by)


moves()
