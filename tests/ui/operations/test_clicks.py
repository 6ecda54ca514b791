"""The section on clicks: hidden while clicks are not taken, and what the win rate's interval says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tiefvision_assets.lineage.interleaving import WinRate
from tiefvision_assets.store.feedback import FeedbackEvent
from tiefvision_assets.store.interleaving_trial import Trial
from tiefvision_assets.store.served import ModelSet
from tiefvision_assets.store.store import Store
from tiefvision_ui.operations.clicks import verdict

OPERATIONS = "views/operations.py"
Run = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TIEFVISION_DAGSTER_URL", "http://127.0.0.1:9")
    st.cache_data.clear()
    yield
    st.cache_data.clear()


def switch_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEFVISION_FEEDBACK", "on")
    st.cache_resource.clear()


def test_it_is_hidden_while_clicks_are_not_taken(store: Store, app: Run) -> None:
    page = app(OPERATIONS)
    assert not page.exception
    assert "Clicks" not in [header.value for header in page.header]


def test_it_shows_the_win_rate_of_the_served_head(store: Store, app: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on(monkeypatch)
    page = app(OPERATIONS)
    assert "Clicks" in [header.value for header in page.header]
    assert any("No ranking head is served" in caption.value for caption in page.caption)
    served = store.served.read().index
    store.served.promote(ModelSet(encoder="encoder", basis="basis", ranking_head="head"))
    store.served.switch(served)
    for session in range(10):
        team = "2" if session == 0 else "1"
        store.feedback.add(
            FeedbackEvent(f"{session}", f"{session}", "q", ("x",), ("clicked",), "head", "unsupervised", team)
        )
    store.trial.begin(Trial("new", "head"))
    store.feedback.add(FeedbackEvent("s", "s", "q", ("x",), ("clicked",), "new", "head", "1"))
    monkeypatch.setenv("TIEFVISION_TRIAL_SESSIONS", "50")
    switch_on(monkeypatch)
    st.cache_data.clear()
    page = app(OPERATIONS)
    assert not page.exception
    shown = {metric.label: metric.value for metric in page.metric}
    assert (shown["Supervised wins"], shown["95 % interval"], shown["Sessions"]) == ("90%", "60% to 98%", "10")
    assert any(caption.value.startswith("11 clicks of 11 sessions; 0 triplets") for caption in page.caption)
    assert any("on trial: 1 of 50 sessions" in caption.value for caption in page.caption)


@pytest.mark.parametrize(
    ("wins", "losses", "said"),
    [(60, 30, "more on what the ranking head"), (30, 60, "more on what appearance"), (45, 45, "No difference")],
)
def test_the_verdict_follows_from_the_interval(wins: int, losses: int, said: str) -> None:
    assert said in verdict(WinRate(wins, losses, 0))
