"""The dialog that explains a hit: which parts of the two objects match."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.searcher import SearchHit
from tiefvision_ui import services
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.photo_queue import PHOTO_QUEUE
from tiefvision_ui.search.query_photo import QueryPhoto
from tiefvision_ui.states import show_error
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain


def why(query: QueryPhoto, box: Box | None, hit: SearchHit) -> None:
    """Show both objects with the matching cells bright; ``box`` is the query's as the user adjusted it, or None."""
    st.dialog(_("Why was this found?"), width="large")(_why)(query, box, hit)


def _why(query: QueryPhoto, box: Box | None, hit: SearchHit) -> None:
    try:
        with st.spinner(_("Comparing the two photos, cell by cell…")), PHOTO_QUEUE.turn():
            found = services.searcher().explain(query.example, hit, box)
    except TiefVisionError as error:
        show_error(str(error))
        return
    similarity = number_words(found.similarity, 2)
    told = [_("Bright parts look alike, dark ones do not: {similarity} on average.", similarity=similarity)]
    if found.mirrored:
        told.append(_("The photo was compared as its mirror image, which matches better."))
    st.markdown(" ".join(told))
    pictures = st.columns(4)
    named = (
        (found.query, plain(query.name)),
        (found.query_heat, _("What matches on it")),
        (found.hit_heat, _("What matches on this one")),
        (found.hit, plain(name_of(hit.path))),
    )
    for column, (picture, caption) in zip(pictures, named, strict=True):
        column.image(picture, caption=caption, width="stretch")
    st.caption(_("Compared are the looks of the objects; what people taught by triplets is not part of this picture."))
