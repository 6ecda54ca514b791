"""A data folder in which two versions were served that differ in their ranking head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tiefvision_assets.lineage.index_serving import build_and_serve
from tiefvision_assets.store.records import RANKING_HEAD, CandidateInputs, RankingRecord
from tiefvision_assets.store.store import Store

OTHER = "other-head"


def another_head(store: Store, name: str = OTHER) -> str:
    """A judged candidate that turns the embedding around, so that other photos are found; not promoted."""
    newest = str(store.models.latest(RANKING_HEAD))
    record, evaluation = store.models.record(RankingRecord, newest), store.models.evaluation(RANKING_HEAD, newest)
    assert evaluation is not None
    draw = np.random.default_rng(0)
    tensors = store.models.tensors(RANKING_HEAD, newest)
    turned = {
        key: draw.normal(size=array.shape).astype(array.dtype) if "weight" in key else array
        for key, array in tensors.items()
    }
    store.models.save(RANKING_HEAD, name, record, turned)
    store.models.write_evaluation(RANKING_HEAD, name, evaluation.assign(supervised=1.0))
    models = record.inputs.embedding_models
    inputs = CandidateInputs(str(models.encoder), record.dataset.labels, "recipe", models.basis)
    store.models.judge(RANKING_HEAD, name, promoted=False, reason="not better", inputs=inputs)
    return name


def serve_another_head(store: Store, name: str = OTHER) -> tuple[str, str]:
    """Serve the index of `another_head`; returns the names of the version before and of this one."""
    first = store.served.read().version
    assert first
    another_head(store, name)
    store.served.promote(replace(store.served.read().next, ranking_head=name))
    build_and_serve(store, lambda: store.writing("a test"))
    second = store.served.read().version
    assert second
    return first.name, second.name
