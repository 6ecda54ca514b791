"""A candidate is compared with what is in use only where both were judged alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import tiny
from tiefvision_assets.lineage.candidates import OTHER_SPLIT, NoCandidate, judge_ranking_head
from tiefvision_assets.store.records import RANKING_HEAD, RankingRecord
from tiefvision_assets.store.store import Store

tiny_encoder, few_steps = tiny.tiny_encoder, tiny.few_steps
settings, store, trained = tiny.settings, tiny.store, tiny.trained


def keep_as(store: Store, name: str, code: str) -> None:
    """A copy of the newest ranking head that a version of that ``code`` trained, which was right every time."""
    newest = str(store.models.latest(RANKING_HEAD))
    record, evaluation = store.models.record(RankingRecord, newest), store.models.evaluation(RANKING_HEAD, newest)
    assert evaluation is not None
    other = replace(record, inputs=replace(record.inputs, code=code))
    store.models.save(RANKING_HEAD, name, other, store.models.tensors(RANKING_HEAD, newest))
    store.models.write_evaluation(RANKING_HEAD, name, evaluation.assign(supervised=1.0))


def test_a_head_that_another_version_judged_is_no_rival(trained: Store) -> None:
    code = trained.models.record(RankingRecord, str(trained.models.latest(RANKING_HEAD))).inputs.code
    reasons = {}
    for name, version in (("of-before", "3"), ("of-now", code)):
        keep_as(trained, name, version)
        with trained.writing("a test"):
            trained.served.promote(replace(trained.served.read().next, ranking_head=name))
        reasons[name] = judge_ranking_head(trained, "if better").promotion.reason
    assert OTHER_SPLIT in reasons["of-before"] and OTHER_SPLIT not in reasons["of-now"]


def test_a_head_of_another_version_is_no_candidate(trained: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiefvision_assets.lineage.candidates.RANKING_CODE", "999")
    with pytest.raises(NoCandidate, match="another version"):
        judge_ranking_head(trained, "if better")
