"""What searchers' clicks say: how many there are, and which of two interleaved rankings they prefer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from tiefvision_assets.lineage.interleaving import WinRate, win_rate
from tiefvision_assets.search.feedback import UNSUPERVISED
from tiefvision_assets.store.feedback import FeedbackCounts
from tiefvision_ui import services
from tiefvision_ui.language.formats import number_words, percent_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.operations.figures import KEPT_S

LABELS_HELP = N_("The share of the sessions that clicked more on hits of one ranking, of two that were interleaved.")


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
    with st.spinner(_("Counting clicks…")):
        known = _clicks(services.store().served.read().models.ranking_head)
    st.header(_("Clicks"), anchor=False)
    _counts(known, settings.feedback_weight)
    if known.supervised is None:
        st.caption(_("No ranking head is served, so there are no two rankings to interleave."))
    elif not known.supervised.sessions:
        st.caption(_("Nobody has clicked on interleaved rankings yet; TIEFVISION_INTERLEAVE says how often they are."))
    else:
        _win_rate(known.supervised)
    if known.trial is not None and settings.trial_sessions:
        words = _(
            "A new ranking head is on trial: {sessions} of {wanted} sessions have clicked more on its hits or on "
            "those of the served one.",
            sessions=number_words(known.trial.sessions),
            wanted=number_words(settings.trial_sessions),
        )
        st.caption(words)


def _counts(known: Clicks, weight: float) -> None:
    events = counted("{n} click", "{n} clicks", known.counts.events)
    share = f"{weight:g}"
    sessions = counted("{n} session", "{n} sessions", known.counts.sessions)
    triplets = counted(
        "{n} triplet that follows from them trains the ranking head, as {weight} of one that a person chose.",
        "{n} triplets that follow from them train the ranking head, each as {weight} of one that a person chose.",
        known.triplets,
        weight=share,
    )
    st.caption(_("{clicks} of {sessions}; {triplets}", clicks=events, sessions=sessions, triplets=triplets))


@st.cache_data(show_spinner=False, ttl=KEPT_S, max_entries=2)
def _clicks(head: str | None) -> Clicks:
    store = services.store()
    rate = win_rate(store.feedback.answers(head, UNSUPERVISED)) if head else None
    trial = store.trial.read()
    on_trial = win_rate(store.feedback.answers(trial.candidate, trial.served)) if trial else None
    return Clicks(store.feedback.counts(), len(store.feedback_triplets.read()), rate, on_trial)


def _win_rate(rate: WinRate) -> None:
    low, high = rate.interval
    with st.container(horizontal=True, key="win-rate"):
        st.metric(_("Supervised wins"), percent_words(rate.rate), border=True, help=_(LABELS_HELP))
        interval = _("{low} to {high}", low=percent_words(low), high=percent_words(high))
        st.metric(_("95 % interval"), interval, border=True)
        ties = counted("And {n} that preferred neither.", "And {n} that preferred neither.", rate.ties)
        st.metric(_("Sessions"), number_words(rate.sessions), border=True, help=ties)
    st.caption(verdict(rate))


def verdict(rate: WinRate) -> str:
    """What the interval says, in a sentence."""
    low, high = rate.interval
    if low > 0.5:
        return _("People click more on what the ranking head finds than on what appearance alone finds.")
    if high < 0.5:
        return _("People click more on what appearance alone finds than on what the ranking head finds.")
    return _("No difference between the ranking head and appearance alone can be told from so many clicks.")
