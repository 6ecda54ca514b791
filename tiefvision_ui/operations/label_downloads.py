"""Downloads of labels in the formats that ``tiefvision labels export`` writes."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.lineage.label_exchange import BOX_FORMATS, download
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_ui import services
from tiefvision_ui.language.formats import bytes_words
from tiefvision_ui.words import counted

NAMES = {
    LabelFormat.coco: "Boxes: COCO JSON",
    LabelFormat.voc: "Boxes: Pascal VOC XML (zip)",
    LabelFormat.yolo: "Boxes: YOLO (zip)",
    LabelFormat.labelstudio: "Boxes: Label Studio JSON",
    LabelFormat.cvat: "Boxes: CVAT XML",
    LabelFormat.openimages: "Boxes: Open Images CSV",
    LabelFormat.boxes_csv: "Boxes: CSV",
    LabelFormat.csv: "Triplets: CSV",
    LabelFormat.parquet: "Triplets: Parquet",
}
_READY = "labels-ready"


def label_downloads(boxes: int, triplets: int) -> None:
    """Let the user choose a format and download the labels; the database is read when *Prepare* is pressed."""
    st.header("Labels", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Format", list(NAMES), format_func=lambda kind: NAMES[kind], key="label-format", on_change=_forget
        )
        number, noun = (boxes, "box") if chosen in BOX_FORMATS else (triplets, "triplet")
        if st.button("Prepare", key="prepare-labels", disabled=not number, icon=":material/inventory_2:"):
            st.session_state[_READY] = download(services.store(), chosen)
    if not number:
        st.caption(f"There are no {'boxes' if noun == 'box' else 'triplets'} yet; label some, or import them.")
    ready: tuple[str, bytes] | None = st.session_state.get(_READY)
    if ready:
        name, content = ready
        st.download_button(
            f"Download {name} ({bytes_words(len(content))})",
            content,
            file_name=name,
            key="download-labels",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(
        f"{counted(boxes, 'photo')} with a box, {counted(triplets, 'triplet')}. "
        "`tiefvision labels import` takes the same formats back."
    )


def _forget() -> None:
    st.session_state.pop(_READY, None)
