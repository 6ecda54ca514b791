"""Downloads of labels in the formats that ``tiefvision labels export`` writes."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.label_exchange import BOX_FORMATS, download
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_ui import services
from tiefvision_ui.language.formats import bytes_words
from tiefvision_ui.language.texts import _, counted

NAMES = {
    LabelFormat.coco: "COCO JSON",
    LabelFormat.voc: "Pascal VOC XML (zip)",
    LabelFormat.yolo: "YOLO (zip)",
    LabelFormat.labelstudio: "Label Studio JSON",
    LabelFormat.cvat: "CVAT XML",
    LabelFormat.openimages: "Open Images CSV",
    LabelFormat.boxes_csv: "CSV",
    LabelFormat.csv: "CSV",
    LabelFormat.parquet: "Parquet",
}
_READY = "labels-ready"


def label_downloads(boxes: int, triplets: int) -> None:
    """Let the user choose a format and download the labels; the database is read when *Prepare* is pressed."""
    st.header(_("Labels"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(_("Format"), list(NAMES), format_func=_name, key="label-format", on_change=_forget)
        number = boxes if chosen in BOX_FORMATS else triplets
        if st.button(_("Prepare"), key="prepare-labels", disabled=not number, icon=":material/inventory_2:"):
            st.session_state[_READY] = download(services.store(), chosen)
    if not number and chosen in BOX_FORMATS:
        st.caption(_("There are no boxes yet; label some, or import them."))
    elif not number:
        st.caption(_("There are no triplets yet; label some, or import them."))
    ready: tuple[str, bytes] | None = st.session_state.get(_READY)
    if ready:
        name, content = ready
        st.download_button(
            _("Download {name} ({size})", name=name, size=bytes_words(len(content))),
            content,
            file_name=name,
            key="download-labels",
            icon=":material/download:",
            on_click="ignore",
        )
    photos = counted("{n} photo with a box", "{n} photos with a box", boxes)
    words = _(
        "{photos}, {triplets}. `tiefvision labels import` takes the same formats back.",
        photos=photos,
        triplets=counted("{n} triplet", "{n} triplets", triplets),
    )
    st.caption(words)


def _name(kind: LabelFormat) -> str:
    words = _("Boxes: {format}", format=NAMES[kind])
    return words if kind in BOX_FORMATS else _("Triplets: {format}", format=NAMES[kind])


def _forget() -> None:
    st.session_state.pop(_READY, None)
