"""Simulated people whose taste is known: what their clicks say about two rankings, and about triples of photos."""

from __future__ import annotations

from random import Random

import numpy as np
import pandas as pd
import pytest

from tests.without_photos import unit_vectors
from tiefvision_assets.lineage.feedback_triplets import triplets_of
from tiefvision_assets.lineage.interleaving import WinRate, win_rate
from tiefvision_assets.search.interleaving import team_draft
from tiefvision_assets.store.feedback import Act, FeedbackEvent
from tiefvision_assets.store.schemas import TRIPLET

PHOTOS, SHOWN = 80, 10
LOOKS_ON = 0.8
"""With this probability somebody looks at the next hit; so most look at the first few only."""
ERRS = 0.1
"""Of clicks that taste does not explain."""


def taste() -> np.ndarray:
    """(N, N) how much people find photos alike: by four of sixteen numbers."""
    vectors = unit_vectors(PHOTOS, dimensions=16)[:, :4]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similar: np.ndarray = vectors @ vectors.T
    return similar


def ranked(scores: np.ndarray, query: int) -> list[int]:
    order = np.argsort(-scores[query], kind="stable")
    return [int(photo) for photo in order if photo != query][:SHOWN]


def clicks(similar: np.ndarray, query: int, hits: list[int], draw: np.random.Generator) -> list[Act]:
    """What somebody does who looks from the top down, and clicks on what is among the tenth that is most alike."""
    limit = np.quantile(similar[query], 0.9)
    acts: list[Act] = []
    for hit in hits:
        likes = similar[query, hit] >= limit
        acts.append("clicked" if likes != (draw.random() < ERRS) else "")
        if draw.random() > LOOKS_ON:
            break
    return acts


def searched(first: np.ndarray, second: np.ndarray, sessions: int, seed: int) -> list[FeedbackEvent]:
    """Three searches of each session, both rankings interleaved."""
    similar, draw, coin = taste(), np.random.default_rng(seed), Random(seed)
    events = []
    for session in range(sessions):
        for search in range(3):
            query = int(draw.integers(PHOTOS))
            chosen = team_draft(ranked(first, query), ranked(second, query), SHOWN, coin, lambda photo: photo)
            acts = clicks(similar, query, [hit for hit, _ in chosen], draw)
            seen = chosen[: len(acts)]
            shown, teams = tuple(str(hit) for hit, _ in seen), "".join(team for _, team in seen)
            names = (f"{session}", f"{session} {search}", str(query))
            events.append(FeedbackEvent(*names, shown, tuple(acts), "head", "unsupervised", teams))
    return events


def noisy(noise: float, seed: int) -> np.ndarray:
    return taste() + noise * np.random.default_rng(seed).normal(size=(PHOTOS, PHOTOS))


def test_the_interval_of_the_better_ranking_lies_above_a_half() -> None:
    better, worse = noisy(0.2, 1), noisy(0.6, 2)
    rate = win_rate(searched(better, worse, 300, seed=3))
    assert rate.interval[0] > 0.5
    turned = win_rate(searched(worse, better, 300, seed=4))
    assert turned.interval[1] < 0.5


def test_the_interval_of_equals_holds_a_half() -> None:
    rates = [win_rate(searched(noisy(0.4, seed), noisy(0.4, 100 + seed), 60, seed)) for seed in range(20)]
    holding = [rate for rate in rates if rate.interval[0] <= 0.5 <= rate.interval[1]]
    assert len(holding) >= 17
    assert all(rate.sessions > 20 for rate in rates)


def test_triplets_from_clicks_agree_with_the_taste_behind_them() -> None:
    worse = noisy(0.6, 2)
    found = triplets_of(searched(worse, noisy(0.6, 3), 400, seed=5), pd.DataFrame(columns=TRIPLET))
    similar = taste()
    photos = found[TRIPLET].to_numpy(dtype=int)
    agreeing = similar[photos[:, 0], photos[:, 1]] > similar[photos[:, 0], photos[:, 2]]
    assert len(found) > 300
    assert agreeing.mean() > 0.85
    often = found["sessions"].to_numpy() > 2
    assert agreeing[often].mean() > agreeing.mean(), "what more sessions say is surer"


def test_interleaved_lists_are_as_long_as_either_and_fair() -> None:
    first, second = list("abcdef"), list("badxyz")
    teams = []
    for seed in range(200):
        chosen = team_draft(first, second, 5, Random(seed), str)
        hits = [hit for hit, _ in chosen]
        assert len(hits) == len(set(hits)) == 5
        assert set(hits[:2]) == {"a", "b"}
        teams.append([team for _, team in chosen])
        assert abs(teams[-1].count("1") - teams[-1].count("2")) == 1
    assert 60 < sum(drawn[0] == "1" for drawn in teams) < 140
    assert [hit for hit, _ in team_draft("ab", "", 5, Random(0), str)] == ["a", "b"]
    assert team_draft("", "", 5, Random(0), str) == []


@pytest.mark.parametrize(("wins", "losses", "low", "high"), [(0, 0, 0, 1), (1, 0, 0.207, 1), (8, 2, 0.490, 0.943)])
def test_intervals_are_those_of_wilson(wins: int, losses: int, low: float, high: float) -> None:
    assert WinRate(wins, losses, 3).interval == pytest.approx((low, high), abs=0.001)
