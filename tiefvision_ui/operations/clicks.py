"""What searchers' clicks say: how many there are, and which of two interleaved rankings they prefer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from tiefvision_assets.lineage.interleaving import WinRate, win_rate
from tiefvision_assets.search.feedback import UNSUPERVISED
from tiefvision_assets.store.feedback import FeedbackCounts
from tiefvision_ui import services
from tiefvision_ui.operations.figures import KEPT_S
from tiefvision_ui.words import counted

LABELS_HELP = "The share of the sessions that clicked more on hits of one ranking, of two that were interleaved."


@dataclass(frozen=True)
class Clicks:
    """Numbers of clicks; the win rate is that of the served ranking head, None without one."""

    counts: FeedbackCounts
    triplets: int
    supervised: WinRate | None
    trial: WinRate | None
    """That of the ranking head on trial over the served one; None where none is."""


def clicks() -> None:
    """Draw the section where clicks are taken, and nothing where they are not."""
    settings = services.store().settings
    if settings.feedback == "off":
        return
    known = _clicks(services.store().served.read().models.ranking_head)
    st.header("Clicks", anchor=False)
    st.caption(
        f"{counted(known.counts.events, 'click')} of {counted(known.counts.sessions, 'session')}; "
        f"{counted(known.triplets, 'triplet')} that follow from them train the ranking head, each as "
        f"{settings.feedback_weight:g} of one that a person chose."
    )
    if known.supervised is None:
        st.caption("No ranking head is served, so there are no two rankings to interleave.")
    elif not known.supervised.sessions:
        st.caption("Nobody has clicked on interleaved rankings yet; TIEFVISION_INTERLEAVE says how often they are.")
    else:
        _win_rate(known.supervised)
    if known.trial is not None and settings.trial_sessions:
        st.caption(
            f"A new ranking head is on trial: {known.trial.sessions:,} of {settings.trial_sessions:,} sessions have "
            "clicked more on its hits or on those of the served one."
        )


@st.cache_data(show_spinner="Counting clicks…", ttl=KEPT_S, max_entries=2)
def _clicks(head: str | None) -> Clicks:
    store = services.store()
    rate = win_rate(store.feedback.answers(head, UNSUPERVISED)) if head else None
    trial = store.trial.read()
    on_trial = win_rate(store.feedback.answers(trial.candidate, trial.served)) if trial else None
    return Clicks(store.feedback.counts(), len(store.feedback_triplets.read()), rate, on_trial)


def _win_rate(rate: WinRate) -> None:
    low, high = rate.interval
    with st.container(horizontal=True, key="win-rate"):
        st.metric("Supervised wins", f"{rate.rate:.0%}", border=True, help=LABELS_HELP)
        st.metric("95 % interval", f"{low:.0%} to {high:.0%}", border=True)
        st.metric("Sessions", f"{rate.sessions:,}", border=True, help=f"And {rate.ties:,} that preferred neither.")
    st.caption(verdict(rate))


def verdict(rate: WinRate) -> str:
    """What the interval says, in a sentence."""
    low, high = rate.interval
    if low > 0.5:
        return "People click more on what the ranking head finds than on what appearance alone finds."
    if high < 0.5:
        return "People click more on what appearance alone finds than on what the ranking head finds."
    return "No difference between the ranking head and appearance alone can be told from so many clicks."
