"""What the last nights cost, as Dagster's runs tell: seconds of work and photos computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_ui import services
from tiefvision_ui.language.formats import day_words, number_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.operations.runs import DagsterRuns, RunCost

RUNS = 200
SHOWN = 14
KEPT_S = 60


@dataclass(frozen=True)
class Day:
    """What was done on one day, in the time zone of the nightly scan."""

    day: date
    runs: int
    failed: int
    seconds: float
    computed: int
    reused: int


def days_of(costs: Sequence[RunCost], zone: str) -> list[Day]:
    """The days on which runs began, newest first, with what these cost together."""
    by_day: dict[date, list[RunCost]] = {}
    for cost in costs:
        by_day.setdefault(cost.started.astimezone(ZoneInfo(zone)).date(), []).append(cost)
    return [
        Day(
            day,
            len(runs),
            sum(run.status == "FAILURE" for run in runs),
            sum(run.seconds for run in runs),
            sum(run.computed for run in runs),
            sum(run.reused for run in runs),
        )
        for day, runs in sorted(by_day.items(), reverse=True)
    ]


def nights() -> None:
    """Draw a table of the last days; nothing where Dagster does not answer, which the board of runs says."""
    settings = services.store().settings
    try:
        with st.spinner(_("Asking Dagster…")):
            found = days_of(_costs(settings.dagster_url), settings.time_zone)
    except TiefVisionError:
        return
    st.header(_("Cost of nights"), anchor=False)
    if not found:
        st.caption(_("Nothing has run yet."))
        return
    dagster = DagsterRuns(settings.dagster_url)
    head = [_("Day"), _("Runs"), _("Time"), _("Photos computed"), _("Taken over")]
    rows = [_row(one) for one in found[:SHOWN]]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)))
    words = _(
        "By the newest {runs} runs in [Dagster]({link}), days of the time zone {zone}; a photo counts once for its "
        "box and once for its encoding.",
        runs=number_words(RUNS),
        link=dagster.runs_link,
        zone=settings.time_zone,
    )
    st.caption(words)


def _row(one: Day) -> list[str]:
    runs = number_words(one.runs)
    if one.failed:
        runs = counted("{runs}, {n} failed", "{runs}, {n} failed", one.failed, runs=runs)
    return [day_words(one.day), runs, duration_words(one.seconds), number_words(one.computed), number_words(one.reused)]


def duration_words(seconds: float) -> str:
    """``42 s``, ``12 min``, ``3 h 5 min``; German writes these units alike."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@st.cache_data(show_spinner=False, ttl=KEPT_S, max_entries=2)
def _costs(url: str) -> list[RunCost]:
    return DagsterRuns(url).costs(RUNS)
