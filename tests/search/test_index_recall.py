"""The check that warns when the engine misses too many of the nearest photos."""

from __future__ import annotations

import dagster as dg
import pytest

from tests.without_photos import MODELS, set_catalogue, unit_vectors
from tiefvision_assets.lineage.index import build_indexes
from tiefvision_assets.orchestration.checks import index_recall
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.sealed import read_json, write_json
from tiefvision_assets.store.store import Store


def served(folder, engine: str) -> Store:
    store = Store(Settings(data=folder, index=engine))
    set_catalogue(store, [f"{number}.jpg" for number in range(300)], unit_vectors(300))
    built = build_indexes(store, MODELS)
    store.served.switch({ranking: index.record["version"] for ranking, index in built.items()})
    return store


@pytest.mark.parametrize("engine", ["exact", "faiss"])
def test_a_tuned_engine_passes(tmp_path, engine):
    result = index_recall(served(tmp_path, engine))
    assert result.passed and result.description is None
    assert result.metadata["supervised"].value["recall@10"] >= 0.99


@pytest.mark.parametrize("measured", ["recall@10", "graph_recall@10"])
def test_a_low_recall_is_a_warning_that_names_the_way_out(tmp_path, measured):
    store = served(tmp_path, "faiss")
    record = store.layout.index("supervised", store.served.read().index["supervised"]) / "index.json"
    document = read_json(record)
    document["stats"][measured] = 0.9
    write_json(record, document)
    result = index_recall(store)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "0.900 for the supervised ranking; TIEFVISION_INDEX=exact" in result.description


def test_before_the_first_index_there_is_nothing_to_measure(tmp_path):
    result = index_recall(Store(Settings(data=tmp_path)))
    assert not result.passed and "No index" in result.description
