"""Search by an uploaded photo: its box, and the catalogue's most similar photos."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.search import SearchResult
from tiefvision_assets.store.index import Ranking
from tiefvision_ui import address, services
from tiefvision_ui.address import open_photo_view
from tiefvision_ui.components.image_grid import image_grid
from tiefvision_ui.components.photo_with_box import photo_with_box
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.results import hit_tiles, ranking_choice
from tiefvision_ui.states import show_error
from tiefvision_ui.uploads import BadUpload, Upload, receive
from tiefvision_ui.words import box_words, plain

HITS = (12, 24, 48)
# The session keeps the last good upload under this key, so that it is still there on the way back from a hit.
UPLOAD = "upload"


def search(version: str) -> None:
    """The page; ``version`` is the served index's."""
    st.title("Search by photo", anchor=False)
    about, similar = st.columns([2, 3], gap="large")
    with about:
        upload = _uploaded()
    if upload is None:
        with similar:
            how_it_works()
        return
    with similar:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            ranking = ranking_choice()
            number = _number_choice()
        result = _found(upload, version, ranking)
    with about:
        photo_with_box(
            upload.preview,
            upload.width,
            upload.height,
            result.box if result.confidence > 0 else None,
            alt=upload.name,
            words=box_words(result.confidence),
            key="uploaded-photo",
        )
        st.caption(f"{plain(upload.name)} · {upload.width:,} × {upload.height:,} pixels")
    with similar:
        tiles = hit_tiles(result.hits[:number], ranking)
        opened = image_grid(tiles, subject=f"upload {upload.digest}", key="hits")
    if opened:
        open_photo_view(opened)


def _number_choice() -> int:
    address.option("number", HITS, HITS[0])
    return st.segmented_control(
        "Photos", HITS, default=HITS[0], required=True, key="number", on_change=address.keep, args=("number", HITS[0])
    )


def how_it_works() -> None:
    """What to expect, before there is a photo."""
    with st.container(border=True, key="how-it-works"):
        st.markdown("**How it works**")
        st.markdown(
            "1. Choose or drop a photo: JPEG, PNG or WebP.\n"
            "2. The object on it is found, and its box drawn, so that the background does not count.\n"
            "3. The catalogue's most similar photos appear here, best first."
        )
        st.caption("Your photo is compared, never stored.")


def _uploaded() -> Upload | None:
    """The photo just uploaded, or the last one of this session."""
    file = st.file_uploader(
        "A photo of what you are looking for",
        type=["jpg", "jpeg", "png", "webp"],
        max_upload_size=MAX_UPLOAD_MB,
        on_change=_forget_upload,
    )
    kept: Upload | None = st.session_state.get(UPLOAD)
    if file is None:
        return kept
    data = file.getvalue()
    try:
        upload = receive(file.name, data)
    except BadUpload as error:
        show_error(str(error))
        return None
    if kept is None or kept.digest != upload.digest:
        st.session_state[UPLOAD] = upload
        return upload
    return kept


def _forget_upload() -> None:
    st.session_state.pop(UPLOAD, None)


def _found(upload: Upload, version: str, ranking: Ranking) -> SearchResult:
    """All hits that the page may show; looked up once a ranking and index."""
    if (version, ranking) not in upload.found:
        with st.spinner("Looking for similar photos; the first search loads the models…"), st.skeleton(height=480):
            upload.found[version, ranking] = services.searcher().by_photo(
                upload.photo(), max(HITS), ranking, name=upload.name
            )
    return upload.found[version, ranking]


search(services.index_version())
