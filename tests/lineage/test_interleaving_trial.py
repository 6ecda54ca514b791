"""A ranking head that labels speak for waits for clicks, where that is asked, and is promoted unless they speak against
it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests import tiny
from tiefvision_assets.hyperparameters import RankingHeadParameters
from tiefvision_assets.lineage import candidates
from tiefvision_assets.lineage.candidates import judge_ranking_head
from tiefvision_assets.lineage.feedback_triplets import FEEDBACK_CODE
from tiefvision_assets.lineage.interleaving_trial import is_on_trial, judged_by_clicks, why_a_verdict_is_due
from tiefvision_assets.lineage.promotion import Promotion
from tiefvision_assets.lineage.ranking import train_and_save
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.training import TRAIN_RANKING
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.feedback import FeedbackEvent
from tiefvision_assets.store.feedback_triplets import FeedbackRecord
from tiefvision_assets.store.interleaving_trial import Trial
from tiefvision_assets.store.schemas import FEEDBACK_TRIPLETS
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained
BETTER = Promotion(True, "better")


def click(store: Store, first: str, second: str, teams: str) -> None:
    """A session that clicks on the one hit, for each of the teams."""
    known = store.feedback.newest()
    for number, team in enumerate(teams):
        session = f"{known + number}"
        store.feedback.add(FeedbackEvent(session, session, "q", ("x",), ("clicked",), first, second, team))


def on_trial(folder: Path, sessions: int = 4, feedback: str = "on", interleave: float = 0.5) -> Store:
    return Store(Settings(data=folder, feedback=feedback, trial_sessions=sessions, interleave=interleave))


@pytest.mark.parametrize(
    ("teams", "promoted", "said"),
    [
        ("121", False, "better; on trial: clicks of 3 of 4 sessions have compared it with the served head"),
        ("1211", True, "better; 75% of 4 sessions clicked more on it than on the served head (interval 30% to 95%)"),
        ("22222222", False, "better; 0% of 8 sessions clicked more on it than on the served head "),
    ],
)
def test_clicks_decide_when_there_are_enough(tmp_path: Path, teams: str, promoted: bool, said: str) -> None:
    store = on_trial(tmp_path)
    click(store, "new", "old", teams)
    click(store, "other", "old", "2222")
    judged = judged_by_clicks(store, "new", "old", BETTER)
    assert judged.promoted == promoted and judged.reason.startswith(said)
    assert store.trial.read() == (Trial("new", "old") if judged.waits else None)


def test_labels_decide_alone_where_clicks_are_not_asked(tmp_path: Path) -> None:
    for store in (on_trial(tmp_path, sessions=0), on_trial(tmp_path, feedback="off"), on_trial(tmp_path, interleave=0)):
        assert judged_by_clicks(store, "new", "old", BETTER) == BETTER
    store = on_trial(tmp_path)
    assert judged_by_clicks(store, "new", None, BETTER) == BETTER, "there is nothing to compare with"
    worse = Promotion(False, "worse")
    assert judged_by_clicks(store, "new", "old", worse) == worse
    assert store.trial.read() is None


def test_a_head_on_trial_is_judged_again_when_clicks_suffice(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {"feedback": "on", "trial_sessions": 2, "interleave": 0.5, "retrain_after": 100}
    store = Store(trained.settings.model_copy(update=changed))
    old = judge_ranking_head(store, "always").fingerprint
    assert store.served.read().next.ranking_head == old
    new = train_and_save(store, RankingHeadParameters(seed=1), lambda done, total: None).fingerprint
    monkeypatch.setattr(candidates, "judge_ranking", lambda candidate, served: BETTER)
    assert judge_ranking_head(store, "if better").promotion.waits
    assert store.trial.read() == Trial(new, old) and store.served.read().next.ranking_head == old

    def due() -> str | None:
        return next((step.reason for step in plan(store) if step.assets == ("similarity_report",)), None)

    assert due() is None
    rows = pd.DataFrame([("a", "b", "c", 2)], columns=FEEDBACK_TRIPLETS.names)
    store.feedback_triplets.write(rows, FeedbackRecord("newer", 0, 1, FEEDBACK_CODE))
    trained_for = [step.reason for step in plan(store) if step.assets == TRAIN_RANKING]
    assert trained_for == [], "learning from newer clicks would begin the trial anew"
    click(store, new, old, "11")
    assert due() == "clicks of 2 sessions have compared the ranking head on trial with the served one"
    assert judge_ranking_head(store, "if better").promotion.promoted
    assert store.served.read().next.ranking_head == new
    assert store.trial.read() is None
    (trained_for,) = [step.reason for step in plan(store) if step.assets == TRAIN_RANKING]
    assert trained_for == "what is learned from clicks has changed"


def test_a_trial_that_cannot_be_judged_makes_nothing_due(tmp_path: Path) -> None:
    store = on_trial(tmp_path)
    store.trial.begin(Trial("new", "old"))
    assert why_a_verdict_is_due(store) is None and not is_on_trial(store), "its heads are gone"
    store.layout.trial.write_text("{")
    assert store.trial.read() is None
