"""The queries whose hits changed most, old and new hits side by side; and any photo, looked up in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from tiefvision_assets.lineage.moved_queries import NO_HIT
from tiefvision_assets.lineage.version_comparison import Comparison
from tiefvision_ui.address import open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.paging import page_shown
from tiefvision_ui.search.results import move
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain

PER_PAGE = 5


def numbers(found: Comparison) -> None:
    """How many queries changed, and how far."""
    overlap = found.moves.overlap
    told = {
        _("Queries"): number_words(len(found.queries)),
        _("Same ten photos"): percent_words((overlap == 1).mean()) if len(overlap) else "",
        _("Hits in both"): percent_words(overlap.mean()) if len(overlap) else "",
    }
    with st.container(horizontal=True, key="moved-numbers"):
        for name, value in told.items():
            st.metric(name, value, border=True)
    if len(found.queries) < len(found.entries):
        all_photos = len(found.entries)
        st.caption(
            counted(
                "A sample of {n} photo, always the same one.",
                "A sample of {n} photos, always the same one.",
                all_photos,
            )
        )
    if found.only_old:
        st.caption(
            counted(
                "{n} photo of the old side alone is left out.",
                "{n} photos of the old side alone are left out.",
                found.only_old,
            )
        )
    if found.only_new:
        st.caption(
            counted(
                "{n} photo of the new side alone is left out.",
                "{n} photos of the new side alone are left out.",
                found.only_new,
            )
        )


def moved_queries(found: Comparison) -> None:
    """Page by page the queries that changed, those first that changed most."""
    changed = found.moves.order[found.moves.rbo[found.moves.order] < 1 - 1e-9]
    if not len(changed):
        st.success(_("Every query finds the same photos in the same order."), icon=":material/check_circle:")
        return
    place = st.container()
    part = page_shown(len(changed), PER_PAGE)
    with place:
        for query in changed[part].tolist():
            side_by_side(found, query)


def side_by_side(found: Comparison, query: int, key: str = "moved") -> None:
    """One query with its old and its new hits."""
    row = found.entries.iloc[found.queries[query]]
    with st.container(key=f"{key}-{row['image_id']}"):
        st.subheader(plain(name_of(row["path"])), anchor=False)
        shared, rbo = found.moves.overlap[query], found.moves.rbo[query]
        own, *sides = st.columns([1, 4, 4], gap="medium")
        with own:
            st.markdown(_("**Query**"))
            _grid([_tile(found, int(found.queries[query]))], f"{key}-query-{row['image_id']}", small=False)
            st.caption(
                _(
                    "{shared} of the hits are in both; rank-biased overlap {rbo}.",
                    shared=percent_words(shared),
                    rbo=number_words(rbo, 2),
                )
            )
        before = {found.entries["image_id"].iloc[hit]: rank for rank, hit in enumerate(_known(found.old[query]))}
        both = (("old", _("Old"), found.old[query]), ("new", _("New"), found.new[query]))
        for column, (side, title, hits) in zip(sides, both, strict=True):
            with column:
                st.markdown(f"**{title}**")
                tiles = [_tile(found, hit) for hit in _known(hits)]
                if side == "new":
                    tiles = [replace(one, move=move(one.image_id, rank, before)) for rank, one in enumerate(tiles)]
                _grid(tiles, f"{key}-{side}-{row['image_id']}")


def _grid(tiles: Sequence[Tile], key: str, *, small: bool = True) -> None:
    if opened := image_grid(tiles, subject="moved", key=key, small=small):
        open_photo_view(opened)


def _known(hits: np.ndarray) -> list[int]:
    return [int(hit) for hit in hits if hit != NO_HIT]


def _tile(found: Comparison, row: int) -> Tile:
    entry = found.entries.iloc[row]
    return Tile(entry["image_id"], entry["sha256"], name_of(entry["path"]), photo_link(entry["image_id"]))
