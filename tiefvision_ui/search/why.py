"""The dialog that explains a hit: which parts of the two objects match."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.searcher import SearchHit
from tiefvision_ui import services
from tiefvision_ui.photo_queue import PHOTO_QUEUE
from tiefvision_ui.search.query_photo import QueryPhoto
from tiefvision_ui.states import show_error
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain


@st.dialog("Why was this found?", width="large")
def why(query: QueryPhoto, box: Box | None, hit: SearchHit) -> None:
    """Show both objects with the matching cells bright; ``box`` is the query's as the user adjusted it, or None."""
    try:
        with st.spinner("Comparing the two photos, cell by cell…"), PHOTO_QUEUE.turn():
            found = services.searcher().explain(query.example, hit, box)
    except TiefVisionError as error:
        show_error(str(error))
        return
    mirrored = " The photo was compared as its mirror image, which matches better." if found.mirrored else ""
    st.markdown(f"Bright parts look alike, dark ones do not: {found.similarity:.2f} on average.{mirrored}")
    pictures = st.columns(4)
    named = (
        (found.query, plain(query.name)),
        (found.query_heat, "What matches on it"),
        (found.hit_heat, "What matches on this one"),
        (found.hit, plain(name_of(hit.path))),
    )
    for column, (picture, caption) in zip(pictures, named, strict=True):
        column.image(picture, caption=caption, width="stretch")
    st.caption("Compared are the looks of the objects; what people taught by triplets is not part of this picture.")
