"""The page Operations: numbers, what is out of date, what is served and its quality, and Dagster's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from tiefvision_assets.store.served import Served
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.arrivals.panel import arrivals
from tiefvision_ui.language.formats import bytes_words, date_words, number_words
from tiefvision_ui.language.texts import N_, _, counted, pgettext
from tiefvision_ui.operations import figures
from tiefvision_ui.operations.alerts import alerts
from tiefvision_ui.operations.clicks import clicks
from tiefvision_ui.operations.label_downloads import label_downloads
from tiefvision_ui.operations.nights import nights
from tiefvision_ui.operations.quality_charts import quality_charts
from tiefvision_ui.operations.run_board import run_board
from tiefvision_ui.operations.runs import DagsterRuns
from tiefvision_ui.states import show_error
from tiefvision_ui.words import plain

QUARANTINE_SHOWN = 1_000
RANKINGS = {"supervised": N_("Index, supervised"), "unsupervised": N_("Index, unsupervised")}


def operations() -> None:
    """Draw the page; for admins only."""
    st.title(_("Operations"), anchor=False)
    if not current_person().is_admin:
        st.info(_("This page is for admins; with a log-in, TIEFVISION_ROLES says who is one."), icon=":material/lock:")
        return
    at = figures.stamps()
    with st.spinner(_("Looking through the data folder…")):
        overview = figures.overview(at)
    with st.spinner(_("Asking what is out of date…")):
        steps = figures.due(at).steps
    scores = figures.candidate_scores(at)
    _counts(overview)
    if not overview.photos and overview.quarantined.empty:
        _first_photos()
    alerts(steps)
    due, runs = st.columns(2, gap="large")
    with due:
        _due(at)
        _served(services.store().served.read(), scores)
    with runs:
        run_board(boxes=overview.boxes, triplets=overview.triplets)
    arrivals()
    quality_charts(scores, services.store().served.read().history.decisions)
    nights()
    clicks()
    downloads, quarantine = st.columns(2, gap="large")
    with downloads:
        label_downloads(overview.boxes, overview.triplets)
    with quarantine:
        _quarantine(overview.quarantined)
    _sizes(figures.sizes(at))


def _counts(overview: figures.Overview) -> None:
    numbers = {
        _("Photos"): overview.photos,
        _("Boxes"): overview.boxes,
        _("Triplets"): overview.triplets,
        _("Quarantined"): len(overview.quarantined),
        _("Batches"): overview.batches,
    }
    with st.container(horizontal=True, key="counts"):
        for name, count in numbers.items():
            st.metric(name, number_words(count), border=True)


def _first_photos() -> None:
    with st.container(border=True, key="first-photos"):
        st.markdown(_("**No photos yet.** Put some into this folder, then press *Scan now* or run `tiefvision run`:"))
        st.code(str(services.store().settings.raw_place), language=None, wrap_lines=True)


def _due(at: figures.Stamps) -> None:
    st.header(_("Out of date"), anchor=False)
    due = figures.due(at)
    if due.problem:
        show_error(due.problem)
        return
    if not due.steps:
        st.success(_("Nothing is out of date."), icon=":material/check_circle:")
        return
    for step in due.steps:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(plain(f"{step.reason[:1].upper()}{step.reason[1:]}."))
            st.caption(_("Makes {assets}", assets=_linked(step.assets)))
            if step.cancelled:
                st.caption(f":material/block: {_cancelled(step.cancelled)}")
    st.caption(_("Dagster makes this by itself while its daemon runs; `tiefvision run` makes it at once."))


def _cancelled(batches: Sequence[str]) -> str:
    """That a step was cancelled, or some of its batches."""
    if not batches[0]:
        return _("Cancelled: left alone until it is asked for or its inputs change.")
    return counted(
        "Cancelled in {n} of its batches: left alone until it is asked for or its inputs change.",
        "Cancelled in {n} of its batches: left alone until they are asked for or their inputs change.",
        len(batches),
    )


def _linked(assets: Sequence[str]) -> str:
    """The assets' names, each a link to its page in Dagster."""
    dagster = DagsterRuns(services.store().settings.dagster_url)
    return ", ".join(f"[{plain(name)}]({dagster.asset_link(name)})" for name in assets)


def _served(served: Served, scores: Sequence[figures.CandidateScore]) -> None:
    st.header(_("Served now"), anchor=False)
    since = {candidate.fingerprint: date_words(candidate.decided_at) for candidate in scores}
    parts = [
        (_("Encoder"), "encoder", served.models.encoder),
        (_("Box heads"), "location_report", served.models.heads),
        (_("Embedding basis"), "embedding_basis", served.models.basis),
        (_("Ranking head"), "ranking_head", served.models.ranking_head),
        *((_(RANKINGS[ranking]), "similarity_index", version) for ranking, version in served.index.items()),
    ]
    dagster = DagsterRuns(services.store().settings.dagster_url)
    none = pgettext("version", "none")
    rows = [
        f"| [{name}]({dagster.asset_link(asset)}) | {f'`{version}`' if version else none} | "
        f"{since.get(version or '', '')} |"
        for name, asset, version in parts
    ]
    head = " | ".join([_("Part"), _("Version"), _("Judged")])
    st.markdown("\n".join([f"| {head} |", "| --- | --- | --- |", *rows]))
    if served.models.starter:
        st.caption(_("Boxes are found by the starter heads, until heads that learned from your labels are promoted."))
    st.markdown(_("Versions before it, and what changes between them, are on [What moves](/moves)."))


def _sizes(sizes: Mapping[str, int]) -> None:
    if sizes:
        each = " · ".join(f"{name} {bytes_words(taken)}" for name, taken in sizes.items() if taken)
        whole = bytes_words(sum(sizes.values()))
        st.caption(_("On disk: {size} made ({each}), the raw photos not counted.", size=whole, each=each))


def _quarantine(quarantined: pd.DataFrame) -> None:
    st.header(_("Quarantined photos"), anchor=False)
    if quarantined.empty:
        st.caption(_("None: every file in the raw folder is a usable photo."))
        return
    st.caption(
        counted(
            "{n} file in the raw folder cannot be used. Mend, replace or remove it; the next scan looks again.",
            "{n} files in the raw folder cannot be used. Mend, replace or remove each; the next scan looks again.",
            len(quarantined),
        )
    )
    rows = quarantined.head(QUARANTINE_SHOWN).rename(columns={"path": _("File"), "reason": _("Reason")})
    st.dataframe(rows, hide_index=True, width="stretch")


operations()
