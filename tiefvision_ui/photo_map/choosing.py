"""The photos that are chosen on the map: what becomes of them, and themselves as a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import streamlit as st

from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.address import open_address, photo_link
from tiefvision_ui.components.image_grid import Tile, action_grid
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import attempt
from tiefvision_ui.paging import page_shown
from tiefvision_ui.photo_map.points import MapPoints
from tiefvision_ui.search.collecting import COLLECT, collect, may_mark, with_stars
from tiefvision_ui.values import name_of

CHOSEN = "map-chosen"
"""Session key of the map's key and the chosen rows."""
TAG = "map-tag"
PER_PAGE = 24
Wish = Literal["excluded", "next"]
_WISHED: Mapping[tuple[Wish, bool], Callable[[int], str]] = {
    ("next", True): lambda number: counted(
        "{n} photo comes first in Boxes and Triplets.", "{n} photos come first in Boxes and Triplets.", number
    ),
    ("next", False): lambda number: counted(
        "{n} photo no longer comes first in Boxes and Triplets.",
        "{n} photos no longer come first in Boxes and Triplets.",
        number,
    ),
    ("excluded", True): lambda number: counted(
        "Labels of {n} photo are left out of the next training.",
        "Labels of {n} photos are left out of the next training.",
        number,
    ),
    ("excluded", False): lambda number: counted(
        "Labels of {n} photo are part of the next training.",
        "Labels of {n} photos are part of the next training.",
        number,
    ),
}


def chosen_photos(points: MapPoints, person: Person) -> None:
    """Draw the actions on the chosen photos, and the photos; all of them where none is chosen."""
    rows = rows_chosen(points)
    st.header(_("Chosen photos") if len(rows) else _("All photos"), anchor=False)
    contents = points.photos["sha256"].iloc[rows].tolist()
    if len(rows):
        _actions(contents, person)
    _grid(points, rows if len(rows) else np.arange(len(points.photos)), person)


def rows_chosen(points: MapPoints) -> np.ndarray:
    """(M,) rows that were chosen on this map, as far as it still is the one on which they were."""
    key, rows = st.session_state.get(CHOSEN, ("", None))
    return rows if key == points.key else np.zeros(0, dtype=np.int64)


def _actions(contents: Sequence[str], person: Person) -> None:
    """What can be done with the photos; viewers only look."""
    if not may_mark(person):
        st.caption(
            counted(
                "{n} photo chosen. Annotators and admins can tag them.",
                "{n} photos chosen. Annotators and admins can tag them.",
                len(contents),
            )
        )
        return
    marks = services.store().marks
    excluded, wanted = (len(set(contents) & set(marks.with_mark(wish))) for wish in ("excluded", "next"))
    st.caption(
        counted(
            "{n} photo chosen; {excluded} of them left out of training, {wanted} to be labelled next.",
            "{n} photos chosen; {excluded} of them left out of training, {wanted} to be labelled next.",
            len(contents),
            excluded=number_words(excluded),
            wanted=number_words(wanted),
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        tag = st.selectbox(
            _("Tag"),
            sorted(marks.tags()),
            index=None,
            key=TAG,
            accept_new_options=True,
            placeholder=_("Choose, or type a new one"),
            width=260,
        )
        _button(N_("Add tag"), ":material/new_label:", _tagged, contents, person, tag or "", True, disabled=not tag)
        _button(
            N_("Take tag off"), ":material/label_off:", _tagged, contents, person, tag or "", False, disabled=not tag
        )
    with st.container(horizontal=True, gap="small"):
        _button(N_("Label next"), ":material/low_priority:", _wished, contents, person, "next", True)
        _button(N_("Not next"), ":material/undo:", _wished, contents, person, "next", False, disabled=not wanted)
        _button(N_("Exclude from training"), ":material/block:", _wished, contents, person, "excluded", True)
        _button(
            N_("Include again"), ":material/undo:", _wished, contents, person, "excluded", False, disabled=not excluded
        )


def _button(label: str, icon: str, act: object, *args: object, disabled: bool = False) -> None:
    assert callable(act)
    st.button(
        _(label),
        icon=icon,
        key=f"map-{label}",
        disabled=disabled,
        on_click=attempt,
        args=(lambda: str(act(*args)),),
    )


def _tagged(contents: Sequence[str], person: Person, tag: str, on: bool) -> str:
    number = services.store().marks.mark_all(contents, "tag", person.name, name=tag, on=on)
    if on:
        return counted("{n} photo got the tag “{tag}”.", "{n} photos got the tag “{tag}”.", number, tag=tag)
    return counted("{n} photo lost the tag “{tag}”.", "{n} photos lost the tag “{tag}”.", number, tag=tag)


def _wished(contents: Sequence[str], person: Person, wish: Wish, on: bool) -> str:
    number = services.store().marks.mark_all(contents, wish, person.name, on=on)
    return _WISHED[wish, on](number)


def _grid(points: MapPoints, rows: np.ndarray, person: Person) -> None:
    place = st.container()
    part = page_shown(len(rows), PER_PAGE)
    shown = points.photos.iloc[rows[part]]
    tiles = [
        Tile(image_id, sha256, name_of(path), photo_link(image_id), actions=(COLLECT,))
        for image_id, sha256, path in zip(shown["image_id"], shown["sha256"], shown["path"], strict=True)
    ]
    with place:
        pressed = action_grid(with_stars(tiles, person), subject="map", key="map-grid")
    if pressed.opened:
        open_address(photo_link(pressed.opened))
    if pressed.acted:
        for tile in tiles:
            if tile.image_id == pressed.acted[1]:
                collect(tile.sha256, tile.caption)
