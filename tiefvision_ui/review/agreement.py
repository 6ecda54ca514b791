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
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import _


def _share(label: str) -> Any:
    return st.column_config.ProgressColumn(label, min_value=0.0, max_value=1.0, format="localized")


def _seconds(label: str) -> Any:
    return st.column_config.NumberColumn(label, format="localized", help=_("Median"))


def _people_columns() -> dict[str, Any]:
    asked_twice = _("Quick questions that were asked twice, unannounced")
    return {
        "annotator": _("Annotator"),
        "boxes": _("Boxes"),
        "absent": _("No object"),
        "triplets": _("Triplets"),
        "ties": _("Too close"),
        "skips": _("Skips"),
        "box_seconds": _seconds(_("Seconds a box")),
        "triplet_seconds": None,
        "mean_iou": _share(_("Overlap with others (IoU)")),
        "triplet_agreement": _share(_("Triplets judged alike")),
        "grid_seconds": _seconds(_("Seconds a triplet, grid")),
        "quick_seconds": _seconds(_("Seconds a triplet, quick")),
        "repeats": st.column_config.NumberColumn(_("Asked again"), help=asked_twice),
        "self_agreement": _share(_("Answered alike")),
    }


def _pair_columns() -> dict[str, Any]:
    return {
        "first": _("Annotator"),
        "second": _("and"),
        "boxes": _("Photos"),
        "mean_iou": _share(_("Mean overlap (IoU)")),
        "triplets": _("Triplets"),
        "triplet_agreement": _share(_("Judged alike")),
    }


def agreement() -> None:
    """Draw the numbers for all annotators together, for each of them, and for each pair."""
    log = services.store().history
    boxes, triplets = log.standing("box"), log.standing("triplet")
    of_boxes, of_triplets = box_pairs(boxes), triplet_pairs(triplets)
    pairs = pair_figures(of_boxes, of_triplets)
    people = annotator_figures(boxes, triplets, pairs)
    if not people:
        st.info(_("Nobody has labelled in the app yet. Begin with Boxes or Triplets."), icon=":material/groups:")
        return
    with st.container(horizontal=True):
        met = len({pair.first.sha256 for pair in of_boxes})
        st.metric(_("Photos that two decided about"), number_words(met), border=True)
        iou = sum(pair.iou for pair in of_boxes) / len(of_boxes) if of_boxes else None
        st.metric(_("Mean overlap (IoU)"), "–" if iou is None else number_words(iou, 2), border=True)
        same = sum(pair.agree for pair in of_triplets) / len(of_triplets) if of_triplets else None
        st.metric(_("Triplets judged alike"), "–" if same is None else percent_words(same), border=True)
        own = self_pairs(triplets)
        alike = sum(pair.agree for pair in own) / len(own) if own else None
        words = _("Quick questions that the same person was asked twice, and answered alike")
        st.metric(_("Alike with oneself"), "–" if alike is None else percent_words(alike), border=True, help=words)
    st.header(_("Annotators"), anchor=False)
    _table([asdict(person) for person in people], _people_columns())
    st.header(_("Pairs"), anchor=False)
    if pairs:
        _table([asdict(pair) for pair in pairs], _pair_columns())
    else:
        words = _(
            "No two people met yet: {share} of the photos, which ones is hidden, go to a second annotator.",
            share=percent_words(services.store().settings.overlap),
        )
        st.caption(words)


def _table(rows: list[dict[str, Any]], columns: dict[str, Any]) -> None:
    """The rows; numbers as the browser's language writes them, which takes them as they are rounded here."""
    st.dataframe(pd.DataFrame(rows).round(2), hide_index=True, column_config=columns)
