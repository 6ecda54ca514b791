"""Charts of the quality of all judged candidates over time, beside the trivial answer's.

Beside each candidate stands the number of labels that it learned from; vertical lines mark promotions and rejections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tiefvision_assets.store.served_history import Decision
from tiefvision_ui.language.formats import date_words, number_words
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.operations.chart_locale import chart_locale
from tiefvision_ui.operations.figures import CandidateScore
from tiefvision_ui.words import plain

CHARTS = {
    "box_heads": (N_("Boxes"), N_("Mean IoU on photos not trained on"), N_("Box heads"), N_("Mean box")),
    "ranking_head": (
        N_("Ranking"),
        N_("Triplets ranked right, of those not trained on"),
        N_("Ranking head"),
        N_("Unsupervised"),
    ),
}
NOTHING = {
    "box_heads": N_("Nothing was judged yet: label some boxes, then retrain."),
    "ranking_head": N_("Nothing was judged yet: label some triplets, then retrain."),
}
VERDICTS = {"promoted": N_("promoted"), "rejected": N_("rejected"), "served": N_("served")}
REPORT = N_("its report")
_COLOURS = ["#0f9b8e", "#8b98a5"]
_PROMOTED, _REJECTED = "#0f9b8e", "#d9534f"


def quality_charts(scores: Sequence[CandidateScore], decisions: Sequence[Decision] = ()) -> None:
    """Draw one chart for each kind of candidate, or say how to get the first candidate."""
    st.header(_("Quality over time"), anchor=False)
    columns = st.columns(2, gap="large")
    for column, (name, texts) in zip(columns, CHARTS.items(), strict=True):
        title, measure, candidate, trivial = map(_, texts)
        with column:
            st.markdown(f"**{title}** · {measure}")
            measured = [score for score in scores if score.name == name and score.quality is not None]
            if not measured:
                st.caption(_(NOTHING[name]))
                continue
            rows = [row for score in measured for row in _rows(score, candidate, trivial)]
            spec = _spec([candidate, trivial], marks_of(measured, decisions))
            st.vega_lite_chart(pd.DataFrame(rows), spec, height=250, width="stretch")
            _newest(measured[-1])
    words = _(
        "Numbers beside points are the labels learned from. Lines mark when a candidate was promoted (solid) or was "
        "rejected by somebody (dashed)."
    )
    st.caption(words)


def marks_of(scores: Sequence[CandidateScore], decisions: Sequence[Decision]) -> list[dict[str, str]]:
    """When candidates were promoted, by their report or by somebody, or rejected by somebody."""
    known = {score.fingerprint for score in scores}
    marks = [
        {"when": score.decided_at, "what": "promoted", "by": REPORT, "version": score.fingerprint}
        for score in scores
        if score.promoted
    ]
    for one in decisions:
        concerned = [name for name in one.models if name in known]
        marks += [{"when": one.at, "what": one.what, "by": one.by, "version": name} for name in concerned]
    return marks


def _rows(score: CandidateScore, candidate: str, trivial: str) -> list[dict[str, Any]]:
    shared = {
        "when": score.decided_at,
        "state": _verdict(score),
        "verdict": _(VERDICTS[_verdict(score)]),
        "version": score.fingerprint,
        "labels": score.labels,
        "told": number_words(score.labels) if score.labels is not None else "",
    }
    values = {candidate: score.quality, trivial: score.trivial}
    return [{**shared, "what": what, "quality": value} for what, value in values.items()]


def _newest(score: CandidateScore) -> None:
    state = _(VERDICTS["served" if score.served else _verdict(score)])
    when, reason = date_words(score.decided_at), plain(score.reason)
    st.caption(_("Newest, {moment}, {state}: {reason}.", moment=when, state=state, reason=reason))


def _verdict(score: CandidateScore) -> str:
    return "promoted" if score.promoted else "rejected"


def _spec(series: list[str], marks: list[dict[str, str]]) -> dict[str, Any]:
    tooltip = [
        {"field": "when", "type": "temporal", "title": _("Judged"), "format": "%d %b %Y, %H:%M"},
        {"field": "what", "title": _("What")},
        {"field": "quality", "title": _("Quality"), "format": ".3f"},
        {"field": "verdict", "title": _("Candidate")},
        {"field": "labels", "title": _("Labels"), "format": ","},
        {"field": "version", "title": _("Version")},
    ]
    return {
        "config": {"locale": chart_locale()},
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
            *([_marked(marks)] if marks else []),
            {"mark": {"type": "line", "strokeWidth": 2}},
            {
                "transform": [{"filter": {"field": "what", "equal": series[0]}}],
                "mark": {"type": "text", "dy": -12, "fontSize": 11},
                "encoding": {"text": {"field": "told"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {
                    "opacity": {"condition": {"test": "datum.state === 'promoted'", "value": 1}, "value": 0.35},
                    "tooltip": tooltip,
                },
            },
        ],
    }


def _marked(marks: list[dict[str, str]]) -> dict[str, Any]:
    """The layer of the vertical lines, with data of its own."""
    return {
        "data": {"values": [{**mark, "told": _(VERDICTS[mark["what"]]), "by": _said_by(mark["by"])} for mark in marks]},
        "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.6},
        "encoding": {
            "x": {"field": "when", "type": "temporal"},
            "y": {"value": 0},
            "y2": {"value": "height"},
            "color": {"condition": {"test": "datum.what === 'promoted'", "value": _PROMOTED}, "value": _REJECTED},
            "strokeDash": {"condition": {"test": "datum.what === 'promoted'", "value": [1, 0]}, "value": [5, 4]},
            "tooltip": [
                {"field": "when", "type": "temporal", "title": _("When"), "format": "%d %b %Y, %H:%M"},
                {"field": "told", "title": _("Candidate")},
                {"field": "by", "title": _("By")},
                {"field": "version", "title": _("Version")},
            ],
        },
    }


def _said_by(by: str) -> str:
    """Who decided: a person's name, or that it was the report."""
    return _(by) if by == REPORT else by
