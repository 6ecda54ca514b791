"""What a ranking learns from clicks: when it is trained for that, and that nothing is where it is off."""

from __future__ import annotations

import dagster as dg
import pandas as pd

from tests import tiny
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.planning.inputs import CLICKS, StepInputs
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.planning.training import TRAIN_RANKING
from tiefvision_assets.store.feedback import FeedbackEvent
from tiefvision_assets.store.records import RANKING_HEAD, RankingRecord
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained


def switched_on(store: Store, weight: float = 0.25) -> Store:
    """The same data folder where clicks are taken."""
    changed = {"feedback": "on", "feedback_weight": weight, "retrain_after": 10}
    return Store(store.settings.model_copy(update=changed))


def click(store: Store, query: int, sessions: str) -> None:
    """Let each session click on the last of five photos that were shown."""
    photos = sorted(store.catalogue.contents()["sha256"])
    shown = tuple(photos[(query + step) % len(photos)] for step in range(1, 6))
    for session in sessions:
        store.feedback.add(FeedbackEvent(session, f"{session}{query}", photos[query], shown, ("",) * 4 + ("clicked",)))


def due(store: Store) -> dict[tuple[str, ...], str]:
    return {step.assets: step.reason for step in plan(store)}


def run(store: Store) -> int:
    """Run the plan until nothing is due; returns how many assets were made."""
    return Runner(store.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan().materialised


def test_switched_on_nothing_is_due_before_there_are_clicks(trained: Store) -> None:
    before, stamp = StepInputs(trained).of(TRAIN_RANKING), trained.stamp()
    click(trained, 0, "abcdefghijkl")
    assert due(trained) == {} and trained.stamp() == stamp, "off, clicks that are there count for nothing"
    assert StepInputs(switched_on(trained)).of(TRAIN_RANKING) == before
    assert set(due(switched_on(trained))) == {CLICKS}


def test_clicks_are_learned_from_and_people_alone_judge(trained: Store) -> None:
    people = trained.models.record(RankingRecord, str(trained.models.latest(RANKING_HEAD)))
    on = switched_on(trained)
    for query in range(6):
        click(on, query, "ab")
    assert due(on) == {CLICKS: "12 clicks are new since triplets were derived from them"}
    assert run(on) and due(on) == {}
    newest = str(on.models.latest(RANKING_HEAD))
    record = on.models.record(RankingRecord, newest)
    triplets = on.triplets.read(record.inputs.triplets)
    clicks = triplets[triplets["source"] == "click"]
    assert len(clicks) > 0 and set(clicks["weight"]) == {0.25} and set(clicks["fold"]) == {-1}
    labelled = triplets[triplets["source"] == "label"].drop(columns=[name for name in triplets if "_group" in name])
    before = trained.triplets.read(people.inputs.triplets)[labelled.columns]
    pd.testing.assert_frame_equal(labelled.reset_index(drop=True), before, check_like=True)
    evaluation = on.models.evaluation(RANKING_HEAD, newest)
    assert evaluation is not None and set(evaluation["source"]) == {"label"}

    click(on, 7, "abcdefghi")
    assert due(on) == {}, "nine are fewer than ten"
    click(on, 8, "j")
    assert set(due(on)) == {CLICKS}
    heavier = switched_on(trained, weight=0.5)
    assert due(heavier)[TRAIN_RANKING] == "what is learned from clicks has changed"

    assert due(trained) == {TRAIN_RANKING: "what is learned from clicks has changed"}
    assert run(trained) and due(trained) == {}
    last = trained.models.record(RankingRecord, str(trained.models.latest(RANKING_HEAD)))
    assert last.inputs.triplets == people.inputs.triplets, "off again, it is the head of before"


def test_the_assets_about_clicks_are_there_where_they_are_taken(store: Store) -> None:
    def keys(store: Store) -> set[str]:
        return {key.to_user_string() for key in build_definitions(store=store).resolve_all_asset_keys()}

    on = switched_on(store)
    assert keys(on) - keys(store) == {"feedback_events", "feedback_triplets"}
    graph = build_definitions(store=on).resolve_asset_graph()
    assert dg.AssetKey("feedback_triplets") in graph.get(dg.AssetKey("triplet_dataset")).parent_keys
