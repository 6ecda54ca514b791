"""Lets the user choose the photo to search with: an upload, a photo by the camera, or one of the catalogue."""

from __future__ import annotations

import logging
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_ui import address
from tiefvision_ui.access.people import current_person
from tiefvision_ui.address import LEADS, LIKE, UPLOAD
from tiefvision_ui.components.image_grid import Tile, image_grid
from tiefvision_ui.config import MAX_UPLOAD_MB
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.photo_queue import Busy
from tiefvision_ui.search import indexed_photos, kept_uploads
from tiefvision_ui.search.kept_uploads import NotKept
from tiefvision_ui.search.query_photo import QueryPhoto, of_entry, of_upload
from tiefvision_ui.search.state import forget_leads
from tiefvision_ui.search.uploads import BadUpload, Upload, digest_of, receive
from tiefvision_ui.states import show_error
from tiefvision_ui.values import name_of

Source = Literal["upload", "camera", "catalogue"]
SOURCES: dict[Source, str] = {"upload": N_("Upload"), "camera": N_("Camera"), "catalogue": N_("Catalogue")}
MATCHES = 12
# Session keys: the last usable upload, which is still there when the user comes back from looking at a hit; and the
# hash of the file in the widget that was taken from it, which holds it for longer than the page may be about it.
KEPT, TAKEN = "upload", "upload-taken"


def chosen_query(version: str) -> QueryPhoto | None:
    """The photo that the user chose; None until there is one. ``version`` is the served index's."""
    if LIKE in st.query_params and "source" not in st.query_params:
        st.query_params["source"] = "catalogue"
    source = address.choice(_("Search by"), SOURCES, "source", LIKE, UPLOAD, *LEADS)
    if source == "catalogue":
        return _of_catalogue(version)
    upload = _uploaded() if source == "upload" else _photographed()
    return of_upload(upload) if upload else None


def _uploaded() -> Upload | None:
    """The photo just uploaded, or the last one of this session."""
    file = st.file_uploader(
        _("A photo of what you are looking for"),
        type=sorted(suffix.removeprefix(".") for suffix in PHOTO_SUFFIXES),
        max_upload_size=MAX_UPLOAD_MB,
        on_change=_forget_upload,
    )
    return _received(file)


def _photographed() -> Upload | None:
    photo = st.camera_input(_("Hold what you are looking for before the camera"), on_change=_forget_upload)
    return _received(photo)


def _received(file: UploadedFile | None) -> Upload | None:
    """The file if it is a new one, else the upload that the address names, else the last one of this session."""
    data = file.getvalue() if file else b""
    if file is None or st.session_state.get(TAKEN) == digest_of(data):
        return _in_address()
    try:
        upload = receive(file.name, data)
    except (BadUpload, Busy) as error:
        show_error(str(error))
        return None
    try:
        kept_uploads.keep(upload, current_person())
    except NotKept as error:  # this session has it; only its address leads nowhere else
        logging.getLogger(__name__).warning("%s", error)
    st.session_state[TAKEN] = upload.digest
    return _shown(upload)


def _in_address() -> Upload | None:
    last: Upload | None = st.session_state.get(KEPT)
    wanted = st.query_params.get(UPLOAD)
    if wanted is None or (last and last.digest == wanted):
        return _shown(last) if last else None
    try:
        upload = kept_uploads.kept(wanted, current_person())
    except (BadUpload, Busy) as error:
        show_error(str(error))
        return None
    if upload is None:
        st.info(
            _(
                "That upload is not here any more, or not for you: uploads are kept for {days} days after somebody "
                "last looked at them. Choose the photo again.",
                days=kept_uploads.KEPT_DAYS,
            ),
            icon=":material/schedule:",
        )
        return None
    return _shown(upload)


def _shown(upload: Upload) -> Upload:
    """Keep it for this session, and in the address."""
    st.session_state[KEPT] = upload
    st.query_params[UPLOAD] = upload.digest
    return upload


def _forget_upload() -> None:
    for name in (KEPT, TAKEN):
        st.session_state.pop(name, None)
    st.query_params.pop(UPLOAD, None)
    forget_leads()


def _of_catalogue(version: str) -> QueryPhoto | None:
    table = indexed_photos.photos(version)
    known = st.query_params.get(LIKE)
    if known in table.index:
        if st.button(_("Another photo"), icon=":material/arrow_back:", type="tertiary"):
            del st.query_params[LIKE]
            forget_leads()
            st.rerun()
        return of_entry(table.loc[known])
    if known is not None:
        st.info(_("That photo is not in the catalogue any more; choose another."), icon=":material/hide_image:")
    text = st.text_input(_("Find it by its path"), type="search", icon=":material/search:", live=True, key="find")
    rows = indexed_photos.listed(version, "path", text or "")[:MATCHES]
    if not len(rows):
        st.info(_("No path contains that. Try fewer words."), icon=":material/search_off:")
        return None
    found = table.iloc[rows]
    tiles = [
        Tile(image_id, sha256, name_of(path), address.like_link(image_id))
        for image_id, sha256, path in zip(found["image_id"], found["sha256"], found["path"], strict=True)
    ]
    if picked := image_grid(tiles, subject="pick", key="pick-grid"):
        st.query_params[LIKE] = picked
        st.rerun()
    return None
