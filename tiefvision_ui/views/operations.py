"""The page Operations: numbers, what is out of date, what is served and its quality, and Dagster's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from tiefvision_assets.store.served import Served
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.arrivals.panel import arrivals
from tiefvision_ui.language.formats import bytes_words, date_words
from tiefvision_ui.operations import figures
from tiefvision_ui.operations.alerts import alerts
from tiefvision_ui.operations.clicks import clicks
from tiefvision_ui.operations.label_downloads import label_downloads
from tiefvision_ui.operations.nights import nights
from tiefvision_ui.operations.quality_charts import quality_charts
from tiefvision_ui.operations.run_board import run_board
from tiefvision_ui.operations.runs import DagsterRuns
from tiefvision_ui.states import show_error
from tiefvision_ui.words import counted, plain

QUARANTINE_SHOWN = 1_000


def operations() -> None:
    """Draw the page; for admins only."""
    st.title("Operations", anchor=False)
    if not current_person().is_admin:
        st.info("This page is for admins; with a log-in, TIEFVISION_ROLES says who is one.", icon=":material/lock:")
        return
    at = figures.stamps()
    overview = figures.overview(at)
    scores = figures.candidate_scores(at)
    _counts(overview)
    if not overview.photos and overview.quarantined.empty:
        _first_photos()
    alerts(figures.due(at).steps)
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
        "Photos": overview.photos,
        "Boxes": overview.boxes,
        "Triplets": overview.triplets,
        "Quarantined": len(overview.quarantined),
        "Batches": overview.batches,
    }
    with st.container(horizontal=True, key="counts"):
        for name, number in numbers.items():
            st.metric(name, f"{number:,}", border=True)


def _first_photos() -> None:
    with st.container(border=True, key="first-photos"):
        st.markdown("**No photos yet.** Put some into this folder, then press *Scan now* or run `tiefvision run`:")
        st.code(str(services.store().settings.raw_place), language=None)


def _due(at: figures.Stamps) -> None:
    st.header("Out of date", anchor=False)
    due = figures.due(at)
    if due.problem:
        show_error(due.problem)
        return
    if not due.steps:
        st.success("Nothing is out of date.", icon=":material/check_circle:")
        return
    for step in due.steps:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(plain(f"{step.reason[:1].upper()}{step.reason[1:]}."))
            st.caption(f"Makes {_linked(step.assets)}")
            if step.cancelled:
                part = f" in {len(step.cancelled):,} of its batches" if step.cancelled[0] else ""
                st.caption(f":material/block: Cancelled{part}: left alone until it is asked for or its inputs change.")
    st.caption("Dagster makes this by itself while its daemon runs; `tiefvision run` makes it at once.")


def _linked(assets: Sequence[str]) -> str:
    """The assets' names, each a link to its page in Dagster."""
    dagster = DagsterRuns(services.store().settings.dagster_url)
    return ", ".join(f"[{plain(name)}]({dagster.asset_link(name)})" for name in assets)


def _served(served: Served, scores: Sequence[figures.CandidateScore]) -> None:
    st.header("Served now", anchor=False)
    since = {candidate.fingerprint: date_words(candidate.decided_at) for candidate in scores}
    parts = [
        ("Encoder", "encoder", served.models.encoder),
        ("Box heads", "location_report", served.models.heads),
        ("Embedding basis", "embedding_basis", served.models.basis),
        ("Ranking head", "ranking_head", served.models.ranking_head),
        *((f"Index, {ranking}", "similarity_index", version) for ranking, version in served.index.items()),
    ]
    dagster = DagsterRuns(services.store().settings.dagster_url)
    rows = [
        f"| [{name}]({dagster.asset_link(asset)}) | {f'`{version}`' if version else 'none'} | "
        f"{since.get(version or '', '')} |"
        for name, asset, version in parts
    ]
    st.markdown("\n".join(["| Part | Version | Judged |", "| --- | --- | --- |", *rows]))
    if served.models.starter:
        st.caption("Boxes are found by the starter heads, until heads that learned from your labels are promoted.")
    st.markdown("Versions before it, and what changes between them, are on [What moves](/moves).")


def _sizes(sizes: Mapping[str, int]) -> None:
    if sizes:
        each = " · ".join(f"{name} {bytes_words(size)}" for name, size in sizes.items() if size)
        st.caption(f"On disk: {bytes_words(sum(sizes.values()))} made ({each}), the raw photos not counted.")


def _quarantine(quarantined: pd.DataFrame) -> None:
    st.header("Quarantined photos", anchor=False)
    if quarantined.empty:
        st.caption("None: every file in the raw folder is a usable photo.")
        return
    st.caption(
        f"{counted(len(quarantined), 'file')} in the raw folder cannot be used. "
        "Mend, replace or remove each; the next scan looks again."
    )
    rows = quarantined.head(QUARANTINE_SHOWN).rename(columns={"path": "File", "reason": "Reason"})
    st.dataframe(rows, hide_index=True, width="stretch")


operations()
