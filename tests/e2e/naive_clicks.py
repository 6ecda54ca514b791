"""What has to follow from customers' clicks in a small shop, by reading everything that was kept, and counting.

Nothing of the project's deriving, merging or counting is used here: only the rows of its tables.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tests.tiny import RETRAIN_AFTER
from tiefvision_assets.lineage.interleaving import WinRate, win_rate
from tiefvision_assets.store.records import RANKING_HEAD, RankingRecord
from tiefvision_assets.store.store import Store

Photos = tuple[str, str, str]
STRENGTH = {"": 0, "clicked": 1, "not this": 2, "bought": 3}
LOOKED_AT, AGREEING, OF_A_SESSION, OF_A_QUERY = 3, 2, 20, 50
"""As the guide's "Clicks" has it: hits above a click, sessions more, and what a session and a query have at most."""


@dataclass(frozen=True)
class Visit:
    """An answer that a customer saw, and what became of each hit."""

    session: str
    head: str | None
    """The ranking head that was served."""
    rankings: Sequence[str | None]
    """Of each hit the ranking that gave it, where two were interleaved."""
    acts: Sequence[str]


@dataclass
class NaiveClicks:
    """The triplets that follow from all clicks until a morning, and how often rankings won."""

    derived_from: int = 0
    triplets: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Reference, positive, negative, and by how many sessions more it was said than denied."""

    def check_triplets(self, store: Store) -> None:
        """Assert that the stored triplets are those that follow, that they train, and that they judge nothing."""
        rows = _rows(store.layout.root / "labels.db")
        labels = store.snapshots.read("triplets", store.snapshots.current("triplets"))
        if len(rows) - self.derived_from >= max(RETRAIN_AFTER, self.derived_from // 10):
            self.derived_from, self.triplets = len(rows), _derived(rows, labels)
        kept = store.feedback_triplets.read()
        assert list(kept[["reference", "positive", "negative", "sessions"]].itertuples(index=False, name=None)) == (
            self.triplets
        )
        newest = store.models.latest(RANKING_HEAD)
        if newest is None or not self.triplets:
            return
        learned = store.triplets.read(store.models.record(RankingRecord, newest).inputs.triplets)
        clicked = learned[learned["source"] == "click"]
        said = set(clicked[["reference", "positive", "negative"]].itertuples(index=False, name=None))
        assert said and said <= {photos[:3] for photos in self.triplets}
        assert set(clicked["weight"]) == {store.settings.feedback_weight} and set(clicked["fold"]) == {-1}
        evaluation = store.models.evaluation(RANKING_HEAD, newest)
        assert evaluation is not None and "click" not in set(evaluation["source"])


def check_win_rates(store: Store, visits: Iterable[Visit]) -> Mapping[str, WinRate]:
    """Assert of each ranking head that was interleaved with appearance alone how many sessions preferred it."""
    leads: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for visit in visits:
        if visit.head is None or None in visit.rankings:
            continue
        by = [ranking for ranking, act in zip(visit.rankings, visit.acts, strict=True) if act in ("clicked", "bought")]
        supervised, unsupervised = by.count("supervised"), by.count("unsupervised")
        leads[visit.head][visit.session] += (supervised > unsupervised) - (supervised < unsupervised)
    found = {}
    for head, lead in leads.items():
        found[head] = win_rate(store.feedback.answers(head, "unsupervised"))
        signs = Counter((total > 0) - (total < 0) for total in lead.values())
        assert (found[head].wins, found[head].losses, found[head].ties) == (signs[1], signs[-1], signs[0])
    return found


def _rows(database: Path) -> list[tuple[str, str, str, list[str], list[str]]]:
    """Session, search, query, hits and acts of every event, those about one answer one after the other."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT session, search, query, shown, acts FROM feedback_event ORDER BY search, id")
        return [
            (session, search, query, json.loads(shown), json.loads(acts))
            for session, search, query, shown, acts in rows
        ]


def _derived(
    rows: Iterable[tuple[str, str, str, list[str], list[str]]], labels: pd.DataFrame
) -> list[tuple[str, str, str, int]]:
    answers: dict[tuple[str, str, str], dict[str, str]] = {}
    for session, search, query, shown, acts in rows:
        became = answers.setdefault((session, search, query), {})
        for hit, act in zip(shown, acts, strict=True):
            became[hit] = max(became.get(hit, ""), act, key=lambda one: STRENGTH[one])
    said: dict[str, list[Photos]] = defaultdict(list)
    for (session, _, query), became in answers.items():
        for photos in _preferred(query, list(became.items())):
            if photos not in said[session] and len(said[session]) < OF_A_SESSION:
                said[session].append(photos)
    votes = Counter(photos for of_session in said.values() for photos in of_session)
    people = {tuple(row) for row in labels[["reference", "positive", "negative"]].to_numpy()}
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for (query, liked, left), agreeing in votes.items():
        more = agreeing - votes[query, left, liked]
        if more >= AGREEING and not people & {(query, liked, left), (query, left, liked)}:
            found[query].append((-more, liked, left))
    return [
        (query, liked, left, -less)
        for query in sorted(found)
        for less, liked, left in sorted(found[query])[:OF_A_QUERY]
    ]


def _preferred(query: str, became: Sequence[tuple[str, str]]) -> list[Photos]:
    """Clicked over shown-above-and-skipped, over what was refused, and bought over clicked."""
    found = []
    for place, (hit, act) in enumerate(became):
        if query and act in ("clicked", "bought"):
            skipped = [other for other, of_other in became[:place] if of_other == ""][-LOOKED_AT:]
            refused = [
                other
                for other, of_other in became
                if of_other == "not this" or (of_other == "clicked" and act == "bought")
            ]
            found += [(query, hit, other) for other in skipped + refused if len({query, hit, other}) == 3]
    return found
