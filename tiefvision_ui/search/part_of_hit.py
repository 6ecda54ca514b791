"""The dialog in which a part of a hit is chosen, to be searched by."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.store.schemas import BOX
from tiefvision_ui.address import open_search
from tiefvision_ui.components.adjustable_box import adjustable_box
from tiefvision_ui.language.texts import _
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.states import show_error
from tiefvision_ui.values import box_of, name_of, photo_url
from tiefvision_ui.words import plain

PHOTO = "part-of-hit"
_BOX = "part-of-hit-box"


def choose_part(version: str, image_id: str) -> None:
    """Show the photo with its box, which can be moved or drawn anew; a button searches by what is in it."""
    st.dialog(_("Search by a part of this photo"), width="medium")(_part)(version, image_id)


def _part(version: str, image_id: str) -> None:
    table = indexed_photos.photos(version)
    if image_id not in table.index:  # found in an index that is served since
        show_error(_("There is a newer index by now; reload the page, and choose the photo again."))
        return
    entry = table.loc[image_id]
    found = Box(*(float(entry[side]) for side in BOX))
    known, drawn = st.session_state.get(_BOX, (image_id, None))
    box: Box | None = drawn if known == image_id else None
    adjustable_box(
        photo_url(entry["sha256"]),
        int(entry["width"]),
        int(entry["height"]),
        box or found,
        adjusted=box is not None,
        alt=name_of(entry["path"]),
        words=_("Drag the box, or draw another one"),
        key=PHOTO,
        on_change=lambda: _changed(image_id),
    )
    st.caption(plain(name_of(entry["path"])))
    if st.button(_("Search by this part"), type="primary", icon=":material/image_search:"):
        st.session_state.pop(_BOX, None)
        open_search(image_id, box or found)


def _changed(image_id: str) -> None:
    sent = st.session_state[PHOTO]
    st.session_state[_BOX] = (image_id, None if sent.get("reset") else box_of(sent.get("box")))
