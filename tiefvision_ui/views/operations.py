"""The page Operations: numbers, what is out of date, what is served and its quality, and Dagster's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from tiefvision_assets.store.served import Served
from tiefvision_ui import services
from tiefvision_ui.access.people import current_person
from tiefvision_ui.operations import figures
from tiefvision_ui.operations.label_downloads import label_downloads
from tiefvision_ui.operations.quality_charts import quality_charts
from tiefvision_ui.operations.run_board import run_board
from tiefvision_ui.states import show_error
from tiefvision_ui.words import bytes_words, counted, date_words, plain

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
    due, runs = st.columns(2, gap="large")
    with due:
        _due(at)
        _served(services.store().served.read(), scores)
    with runs:
        run_board(boxes=overview.boxes, triplets=overview.triplets)
    quality_charts(scores)
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
        st.code(str(services.store().settings.raw_dir), language=None)


def _due(at: figures.Stamps) -> None:
    st.subheader("Out of date", anchor=False)
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
            st.caption(f"Makes {plain(', '.join(step.assets))}")
    st.caption("Dagster makes this by itself while its daemon runs; `tiefvision run` makes it at once.")


def _served(served: Served, scores: Sequence[figures.CandidateScore]) -> None:
    st.subheader("Served now", anchor=False)
    since = {candidate.fingerprint: date_words(candidate.decided_at) for candidate in scores}
    parts = {
        "Encoder": served.models.encoder,
        "Box heads": served.models.heads,
        "Embedding basis": served.models.basis,
        "Ranking head": served.models.ranking_head,
        **{f"Index, {ranking}": version for ranking, version in served.index.items()},
    }
    rows = [
        f"| {name} | {f'`{version}`' if version else 'none'} | {since.get(version or '', '')} |"
        for name, version in parts.items()
    ]
    st.markdown("\n".join(["| Part | Version | Judged |", "| --- | --- | --- |", *rows]))


def _sizes(sizes: Mapping[str, int]) -> None:
    if sizes:
        each = " · ".join(f"{name} {bytes_words(size)}" for name, size in sizes.items() if size)
        st.caption(f"On disk: {bytes_words(sum(sizes.values()))} made ({each}), the raw photos not counted.")


def _quarantine(quarantined: pd.DataFrame) -> None:
    st.subheader("Quarantined photos", anchor=False)
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
