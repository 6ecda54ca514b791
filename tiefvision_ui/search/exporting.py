"""The choice of files that photos can be downloaded as; each is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from tiefvision_assets.search.export import MOST_BYTES, ExportedPhoto, ExportFormat, export
from tiefvision_ui import services
from tiefvision_ui.language.formats import bytes_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.search import indexed_photos

_MEDIA = {"csv": "text/csv", "zip": "application/zip", "jpg": "image/jpeg"}


def export_choice(photos: Sequence[ExportedPhoto], version: str, name: str) -> None:
    """Draw it for these photos of the index; files are called ``name``."""
    size = _bytes_of(photos, version)
    labels: dict[ExportFormat, str] = {
        "csv": _("Table (CSV)"),
        "zip": _("Photos (zip, {size})", size=bytes_words(size)),
        "jpg": _("Contact sheet (JPEG)"),
    }
    with st.popover(_("Export"), icon=":material/download:", disabled=not photos):
        st.caption(counted("{n} photo, in this order", "{n} photos, in this order", len(photos)))
        for kind, label in labels.items():
            made: Callable[[], bytes] = partial(export, photos, kind, services.store().catalogue)
            st.download_button(
                label,
                made,
                file_name=f"{name}.{kind}",
                mime=_MEDIA[kind],
                key=f"export-{kind}",
                disabled=kind == "zip" and size > MOST_BYTES,
                on_click="ignore",
                width="stretch",
            )
        if size > MOST_BYTES:
            st.caption(
                _("An archive takes {most_bytes} at most; show fewer photos.", most_bytes=bytes_words(MOST_BYTES))
            )


def _bytes_of(photos: Sequence[ExportedPhoto], version: str) -> int:
    sizes = indexed_photos.photos(version)["bytes"]
    # a hit may be of an index that is served since, and so have no size here
    return int(sizes.reindex([photo.image_id for photo in photos]).sum())
