"""The trial of a ranking head by clicks: an optional condition of its promotion, beside people's labels."""

from __future__ import annotations

from tiefvision_assets.lineage.interleaving import WinRate, win_rate
from tiefvision_assets.lineage.promotion import Promotion
from tiefvision_assets.models.fingerprints import RANKING_CODE
from tiefvision_assets.store.interleaving_trial import Trial
from tiefvision_assets.store.models import MissingModel
from tiefvision_assets.store.records import RANKING_HEAD, EmbeddingModels, RankingRecord
from tiefvision_assets.store.store import Store


def judged_by_clicks(store: Store, candidate: str, served: str | None, promotion: Promotion) -> Promotion:
    """The verdict of people's labels, and where they speak for the candidate, that of clicks.

    Until TIEFVISION_TRIAL_SESSIONS sessions have preferred the candidate or the served head, each with hits of both
    before it, the candidate waits. Then it is promoted unless the interval of its win rate lies below a half. Without
    the setting, or without a served head to compare with, labels alone decide.
    """
    wanted = sessions_wanted(store)
    rejected = store.served.read().history.rejection(candidate)
    if not wanted or served is None or rejected or not promotion.promoted:
        store.trial.end()
        return promotion
    rate = win_rate(store.feedback.answers(candidate, served))
    if rate.sessions < wanted:
        store.trial.begin(Trial(candidate, served))
        waits = f"on trial: clicks of {rate.sessions} of {wanted} sessions have compared it with the served head"
        return Promotion(False, f"{promotion.reason}; {waits}", True)
    store.trial.end()
    low, high = rate.interval
    said = f"{rate.rate:.0%} of {rate.sessions} sessions clicked more on it than on the served head"
    said = f"{promotion.reason}; {said} (interval {low:.0%} to {high:.0%})"
    return Promotion(False, f"{said}: worse") if high < 0.5 else Promotion(True, said)


def sessions_wanted(store: Store) -> int:
    """Sessions that a trial takes; 0 where candidates are not tried on clicks, or no search is interleaved: no click
    would ever compare anything then."""
    settings = store.settings
    return settings.trial_sessions if settings.feedback == "on" and settings.interleave else 0


def is_on_trial(store: Store) -> bool:
    """Whether clicks are being collected to judge a candidate against the head that is served."""
    trial = store.trial.read()
    if trial is None or not sessions_wanted(store) or not store.models.exists(RANKING_HEAD, trial.candidate):
        return False
    served = store.served.read()
    return served.next.ranking_head == trial.served and not served.history.rejection(trial.candidate)


def _can_be_judged(store: Store) -> bool:
    """Whether the newest ranking head belongs to the embedding that is served next, and to this version."""
    newest, models = store.models.latest(RANKING_HEAD), store.served.read().next.complete
    if newest is None or models is None:
        return False
    try:
        inputs = store.models.record(RankingRecord, newest).inputs
    except MissingModel:
        return False
    return inputs.embedding_models == EmbeddingModels(models.encoder, models.basis) and inputs.code == RANKING_CODE


def why_a_verdict_is_due(store: Store) -> str | None:
    """Why the candidate on trial is to be judged, in a sentence; None where none is, or clicks are too few yet."""
    trial = store.trial.read()
    if trial is None or not _can_be_judged(store):
        return None  # one of another encoder goes when the next ranking head is judged
    wanted = sessions_wanted(store)
    if not wanted:
        return "the ranking head on trial waits for clicks that are not asked any more"
    served = store.served.read()
    if served.history.rejection(trial.candidate):
        return "the ranking head on trial was rejected"
    if served.next.ranking_head != trial.served:
        return "the ranking head that the one on trial was compared with is not in use any more"
    rate: WinRate = win_rate(store.feedback.answers(trial.candidate, trial.served))
    if rate.sessions < wanted:
        return None
    return f"clicks of {rate.sessions} sessions have compared the ranking head on trial with the served one"
