"""What follows from clicks: preferences, bounded by session and query, and nothing that people judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tiefvision_assets.lineage.feedback_triplets import (
    MOST_OF_QUERY,
    MOST_OF_SESSION,
    derive_triplets,
    feedback_version,
    preferences,
    triplets_of,
    why_feedback_is_due,
)
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.feedback import Act, FeedbackEvent
from tiefvision_assets.store.schemas import TRIPLET
from tiefvision_assets.store.store import Store

NO_LABELS = pd.DataFrame(columns=TRIPLET)
NOTHING: Act = ""
CLICKED: Act = "clicked"


def event(acts: Sequence[Act], session: str = "s", query: str = "q", shown: str = "abcdefgh") -> FeedbackEvent:
    return FeedbackEvent(session, f"{session}{query}{shown}", query, tuple(shown[: len(acts)]), tuple(acts))


def said(event: FeedbackEvent) -> set[str]:
    return {f"{positive}>{negative}" for _, positive, negative in preferences(event)}


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([CLICKED], set()),
        ([NOTHING, NOTHING, CLICKED], {"c>a", "c>b"}),
        ([NOTHING] * 5 + [CLICKED], {"f>c", "f>d", "f>e"}),
        ([CLICKED, NOTHING, CLICKED], {"c>b"}),
        ([CLICKED, "not this"], {"a>b"}),
        (["not this"], set()),
        ([CLICKED, NOTHING, "bought", CLICKED], {"c>b", "c>a", "c>d", "d>b"}),
    ],
)
def test_a_click_is_preferred_to_what_was_seen_and_left(acts: list[Act], expected: set[str]) -> None:
    assert said(event(acts)) == expected
    assert not said(replace(event(acts), query="")), "of an upload no triplet can be made"


def test_sessions_outvote_one_another_and_people_outvote_all() -> None:
    events = [event([NOTHING, CLICKED], session=f"{number}") for number in range(4)]
    events += [event([NOTHING, CLICKED], session="other", shown="ba")]
    events += [event([NOTHING, CLICKED], session="once", query="r"), event([NOTHING, CLICKED], "once", "r")]
    assert triplets_of(events, NO_LABELS).to_numpy().tolist() == [["q", "b", "a", 3]], "one session is not enough"
    labels = pd.DataFrame([["q", "a", "b"]], columns=TRIPLET)
    assert triplets_of(events, labels).empty


def test_no_session_and_no_query_has_more_than_its_share() -> None:
    greedy = [event([NOTHING, CLICKED], s, f"q{number}") for s in "st" for number in range(3 * MOST_OF_SESSION)]
    assert len(triplets_of(greedy, NO_LABELS)) == MOST_OF_SESSION
    photos = [chr(200 + number) for number in range(2 * MOST_OF_QUERY)]
    popular = [event([NOTHING, CLICKED], f"{s}{photo}", shown=f"a{photo}") for photo in photos for s in "st"]
    again = event([NOTHING, CLICKED], session="again", shown=f"a{photos[-1]}")
    found = triplets_of([*popular, again], NO_LABELS)
    assert len(found) == MOST_OF_QUERY
    assert found["positive"].iloc[0] == photos[-1], "what more sessions agree with comes first"


def test_triplets_are_derived_when_there_are_enough_new_clicks(tmp_path: Path) -> None:
    store = Store(Settings(data=tmp_path, feedback="on", retrain_after=2))
    store.feedback.add(event([NOTHING, CLICKED]))
    assert why_feedback_is_due(store) is None and feedback_version(store) is None
    store.feedback.add(event([NOTHING, CLICKED], session="t"))
    assert why_feedback_is_due(store) == "2 clicks are new since triplets were derived from them"
    record, rows = derive_triplets(store)
    assert (record.newest, rows["sessions"].tolist()) == (2, [2])
    assert store.feedback_triplets.record() == record
    pd.testing.assert_frame_equal(store.feedback_triplets.read(), rows, check_dtype=False)
    assert why_feedback_is_due(store) is None
    version = feedback_version(store)
    assert version not in (None, feedback_version(Store(store.settings.model_copy(update={"feedback_weight": 0.5}))))
    off = Store(Settings(data=tmp_path, retrain_after=1))
    assert why_feedback_is_due(off) is None and feedback_version(off) is None
