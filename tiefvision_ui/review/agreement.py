"""The part *Agreement* of the review page: how far annotators agree where two were asked, and how fast each is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from tiefvision_assets.store.labels.agreement import (
    annotator_figures,
    box_pairs,
    pair_figures,
    self_pairs,
    triplet_pairs,
)
from tiefvision_ui import services


def _share(label: str) -> Any:
    return st.column_config.ProgressColumn(label, min_value=0.0, max_value=1.0, format="%.2f")


def _seconds(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="%.1f", help="Median")


PEOPLE = {
    "annotator": "Annotator",
    "boxes": "Boxes",
    "absent": "No object",
    "triplets": "Triplets",
    "ties": "Too close",
    "skips": "Skips",
    "box_seconds": _seconds("Seconds a box"),
    "triplet_seconds": None,
    "mean_iou": _share("Overlap with others (IoU)"),
    "triplet_agreement": _share("Triplets judged alike"),
    "grid_seconds": _seconds("Seconds a triplet, grid"),
    "quick_seconds": _seconds("Seconds a triplet, quick"),
    "repeats": st.column_config.NumberColumn("Asked again", help="Quick questions that were asked twice, unannounced"),
    "self_agreement": _share("Answered alike"),
}
PAIRS = {
    "first": "Annotator",
    "second": "and",
    "boxes": "Photos",
    "mean_iou": _share("Mean overlap (IoU)"),
    "triplets": "Triplets",
    "triplet_agreement": _share("Judged alike"),
}


def agreement() -> None:
    """Draw the numbers for all annotators together, for each of them, and for each pair."""
    log = services.store().history
    boxes, triplets = log.standing("box"), log.standing("triplet")
    of_boxes, of_triplets = box_pairs(boxes), triplet_pairs(triplets)
    pairs = pair_figures(of_boxes, of_triplets)
    people = annotator_figures(boxes, triplets, pairs)
    if not people:
        st.info("Nobody has labelled in the app yet. Begin with Boxes or Triplets.", icon=":material/groups:")
        return
    with st.container(horizontal=True):
        st.metric("Photos that two decided about", f"{len({pair.first.sha256 for pair in of_boxes}):,}", border=True)
        iou = sum(pair.iou for pair in of_boxes) / len(of_boxes) if of_boxes else None
        st.metric("Mean overlap (IoU)", "–" if iou is None else f"{iou:.2f}", border=True)
        same = sum(pair.agree for pair in of_triplets) / len(of_triplets) if of_triplets else None
        st.metric("Triplets judged alike", "–" if same is None else f"{same:.0%}", border=True)
        own = self_pairs(triplets)
        alike = sum(pair.agree for pair in own) / len(own) if own else None
        words = "Quick questions that the same person was asked twice, and answered alike"
        st.metric("Alike with oneself", "–" if alike is None else f"{alike:.0%}", border=True, help=words)
    st.header("Annotators", anchor=False)
    st.dataframe(pd.DataFrame([asdict(person) for person in people]), hide_index=True, column_config=PEOPLE)
    st.header("Pairs", anchor=False)
    if pairs:
        st.dataframe(pd.DataFrame([asdict(pair) for pair in pairs]), hide_index=True, column_config=PAIRS)
    else:
        share = f"{services.store().settings.overlap:.0%}"
        st.caption(f"No two people met yet: {share} of the photos, which ones is hidden, go to a second annotator.")
