import json

import pytest

from tests import tiny
from tiefvision_assets.lineage.ranking_learning import NoCurve, divide, ranking_curve
from tiefvision_assets.lineage.triplets import LABEL
from tiefvision_assets.store.records import RANKING_HEAD, RankingRecord

settings, store, trained, tiny_encoder = tiny.settings, tiny.store, tiny.trained, tiny.tiny_encoder


def test_the_ranking_curve_judges_growing_parts_on_references_of_none_of_them(trained):
    reported = []
    head = trained.models.latest(RANKING_HEAD)
    promoted = trained.served.read()
    curve = ranking_curve(trained, (1, 2, 500), lambda *done: reported.append(done))
    rows = trained.triplets.read(trained.models.record(RankingRecord, head).inputs.triplets)
    learned, judged = divide(rows)
    labelled = int((learned["source"] == LABEL).sum())
    assert [point.triplets for point in curve.points] == sorted({min(count, labelled) for count in (1, 2, 500)})
    assert reported[-1] == (len(curve.points), len(curve.points))
    assert not set(learned["reference"]) & set(judged["reference"])
    assert curve.judged == len(judged) > 0
    assert all(0 <= point.low <= point.accuracy <= point.high <= 1 for point in curve.points)
    assert 0 <= curve.unsupervised <= 1
    assert trained.served.read() == promoted and trained.models.latest(RANKING_HEAD) == head


def test_a_head_of_another_version_has_no_recipe_to_follow(trained):
    head = trained.models.latest(RANKING_HEAD)
    file = trained.layout.model(RANKING_HEAD, head) / "model.json"
    record = json.loads(file.read_text())
    del record["checksum"]
    record["inputs"]["code"] = "1"
    record["inputs"]["config"] = {"identity_penalty": 0.02}
    file.write_text(json.dumps(record))
    with pytest.raises(NoCurve, match="another version"):
        ranking_curve(trained, (1,), lambda *_: None)


def test_without_a_head_there_is_no_curve(store):
    with pytest.raises(NoCurve, match="materialise ranking_head first"):
        ranking_curve(store, (1,), lambda *_: None)
