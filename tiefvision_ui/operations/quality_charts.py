"""Charts of the quality of all judged candidates over time, beside the trivial answer's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tiefvision_ui.operations.figures import CandidateScore
from tiefvision_ui.words import date_words, plain

CHARTS = {
    "box_heads": ("Boxes", "Mean IoU on photos not trained on", "Box heads", "Mean box"),
    "ranking_head": ("Ranking", "Triplets ranked right, of those not trained on", "Ranking head", "Unsupervised"),
}
_COLOURS = ["#0f9b8e", "#8b98a5"]


def quality_charts(scores: Sequence[CandidateScore]) -> None:
    """Draw one chart for each kind of candidate, or say how to get the first candidate."""
    st.subheader("Quality over time", anchor=False)
    columns = st.columns(2, gap="large")
    for column, (name, (title, measure, candidate, trivial)) in zip(columns, CHARTS.items(), strict=True):
        with column:
            st.markdown(f"**{title}** · {measure}")
            measured = [score for score in scores if score.name == name and score.quality is not None]
            if not measured:
                what = "boxes" if name == "box_heads" else "triplets"
                st.caption(f"Nothing was judged yet: label some {what}, then retrain.")
                continue
            rows = [row for score in measured for row in _rows(score, candidate, trivial)]
            st.vega_lite_chart(pd.DataFrame(rows), _spec([candidate, trivial]), height=250, width="stretch")
            _newest(measured[-1])


def _rows(score: CandidateScore, candidate: str, trivial: str) -> list[dict[str, Any]]:
    shared = {"when": score.decided_at, "state": _verdict(score), "version": score.fingerprint}
    values = {candidate: score.quality, trivial: score.trivial}
    return [{**shared, "what": what, "quality": value} for what, value in values.items()]


def _newest(score: CandidateScore) -> None:
    state = "served" if score.served else _verdict(score)
    st.caption(f"Newest, {date_words(score.decided_at)}, {state}: {plain(score.reason)}.")


def _verdict(score: CandidateScore) -> str:
    return "promoted" if score.promoted else "rejected"


def _spec(series: list[str]) -> dict[str, Any]:
    tooltip = [
        {"field": "when", "type": "temporal", "title": "Judged", "format": "%d %b %Y, %H:%M"},
        {"field": "what", "title": "What"},
        {"field": "quality", "title": "Quality", "format": ".3f"},
        {"field": "state", "title": "Candidate"},
        {"field": "version", "title": "Version"},
    ]
    return {
        "encoding": {
            "x": {
                "field": "when",
                "type": "temporal",
                "title": None,
                "axis": {"tickCount": 4, "grid": False, "format": "%d %b %H:%M"},
            },
            "y": {"field": "quality", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}},
            "color": {
                "field": "what",
                "scale": {"domain": series, "range": _COLOURS},
                "legend": {"title": None, "orient": "top"},
            },
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}},
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {
                    "opacity": {"condition": {"test": "datum.state === 'promoted'", "value": 1}, "value": 0.35},
                    "tooltip": tooltip,
                },
            },
        ],
    }
