"""A catalogue whose index moves to Milvus answers as before: the searcher, the API, and Dagster's checks."""

from __future__ import annotations

import dagster as dg
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests import commands, tiny
from tiefvision_assets.lineage.products import take_over_feed
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.checks import each_live_photo_once, index_recall
from tiefvision_assets.orchestration.runner import Runner
from tiefvision_assets.search.hits import SearchResult
from tiefvision_assets.search.request import ByExamples, ById, ByPhoto, ByProduct, SearchRequest
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.milvus import engine
from tiefvision_assets.store.milvus.collection import Collection
from tiefvision_assets.store.milvus.server import Server
from tiefvision_assets.store.milvus.versions import Place
from tiefvision_assets.store.store import Store
from tiefvision_assets.store.where import BadFilter
from tiefvision_ui.http.api.application import api_routes

tiny_encoder, few_steps, settings, store = tiny.tiny_encoder, tiny.few_steps, tiny.settings, tiny.store
trained, tiefvision = tiny.trained, commands.in_process

CONDITIONS = [
    None,
    "path IN ('01.png', '03.png', '07.png', '09.png') AND width = 96",
    "NOT human AND path > '04.png'",
    "width / height < 1 AND path ILIKE '%.PNG'",  # has no translation: ids are named
    "width > 96",
]


@pytest.fixture
def in_milvus(trained: Store, index_url: str) -> Store:
    """The data folder of `trained`, run again with Milvus, by Dagster."""
    moved = Store(trained.settings.model_copy(update={"index": "milvus", "index_url": index_url}))
    Runner(moved.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral()).run_plan()
    return moved


def requests(store: Store, **options: object) -> list[SearchRequest]:
    ids, photo = [image_id(path) for path in ("03.png", "08.png")], store.catalogue.open("05.png")
    return [
        ById(ids[0], **options),
        ByPhoto(photo, **options),
        ByExamples([ids[1], photo], [ids[0]], **options),
        *([ByProduct("p1", **options)] if "by" in options else []),
    ]


def engines(store: Store) -> set[str]:
    served = store.served.read().index
    return {store.indexes.open(ranking, served[ranking]).record["engine"] for ranking in RANKINGS}


def said(result: SearchResult) -> tuple[object, ...]:
    return (*((hit.path, hit.level, hit.duplicate) for hit in result.hits), result.box, result.confidence)


def test_every_kind_of_search_answers_as_exact_search(trained, in_milvus):
    exact = Store(trained.settings)
    anew = Runner(exact.settings, Progress(), lambda _: None, dg.DagsterInstance.ephemeral())
    options = [{"ranking": r, "where": w, "k": k} for r in RANKINGS for w in CONDITIONS for k in (1, 20)]
    feed = "".join(f"p{number % 4},{number:02d}.png,{10 * number}\n" for number in range(10))
    (trained.settings.data_dir / "products.csv").write_text(f"product_id,path,price\n{feed}")
    take_over_feed(in_milvus)
    options += [{"where": w, "by": "product", "k": 2} for w in (None, "price < 50", "price > 10 AND width = 96")]
    assert engines(in_milvus) == {"milvus"}
    searcher = Searcher(in_milvus.settings)
    found = [searcher.search(request) for each in options for request in requests(in_milvus, **each)]
    with pytest.raises(BadFilter, match=r"no column colour .* image_id, path, sha256, width"):
        searcher.search(ById(image_id("03.png"), where="colour = 'red'"))
    anew.run_plan()
    assert engines(exact) == {"exact"}
    searcher = Searcher(exact.settings)
    expected = [searcher.search(request) for each in options for request in requests(exact, **each)]
    assert list(map(said, found)) == list(map(said, expected))
    for one, other in zip(found, expected, strict=True):
        assert [hit.score for hit in one.hits] == pytest.approx([hit.score for hit in other.hits], abs=2e-6)


def test_dagster_serves_and_checks_it(in_milvus):
    assert each_live_photo_once(in_milvus).passed
    checked = index_recall(in_milvus)
    assert checked.passed and checked.metadata["supervised"].value["recall@10"] == 1


def test_the_command_answers_from_it_and_says_what_is_missing(tiefvision, in_milvus, index_url, monkeypatch):
    monkeypatch.setenv("TIEFVISION_INDEX", "milvus")
    without_address = tiefvision("search", image_id("03.png"))
    assert without_address.code == 1 and "set TIEFVISION_INDEX_URL" in without_address.err
    monkeypatch.setenv("TIEFVISION_INDEX_URL", index_url)
    found = tiefvision("search", image_id("03.png"), "--where", "path < '08.png'", "-k", 4, "--json").json
    assert len(found["hits"]) == 4 and all(hit["path"] < "08.png" for hit in found["hits"])
    assert tiefvision("status", "--json").json["stale"] == []


def test_the_api_answers_from_it_and_says_when_it_cannot(in_milvus, index_url):
    client = TestClient(Starlette(routes=api_routes(Searcher(in_milvus.settings))))
    asked = {"id": image_id("03.png"), "k": 4, "where": "path < '08.png'"}
    first = client.get("/api/search", params=asked)
    assert first.status_code == 200 and len(first.json()["hits"]) == 4
    folder = in_milvus.layout.index("supervised", in_milvus.served.read().index["supervised"])
    Collection(Server(index_url), Place.of(folder).collection).drop()
    second = client.get("/api/search", params=asked)
    assert second.status_code == 503 and "run `tiefvision run`" in second.json()["error"]


def test_a_condition_without_translation_that_leaves_many_is_sifted_or_refused(in_milvus, monkeypatch):
    searcher = Searcher(in_milvus.settings)
    half = "width / height < 1 AND path LIKE '0%'"
    expected = said(searcher.search(ById(image_id("03.png"), k=3, where=half)))
    monkeypatch.setattr(engine, "NAMED", 0)
    assert said(searcher.search(ById(image_id("03.png"), k=3, where=half))) == expected
    monkeypatch.setattr(engine, "MOST", 2)
    with pytest.raises(BadFilter, match="Milvus cannot be asked for this condition, which leaves 10 of 12 photos"):
        searcher.search(ById(image_id("03.png"), k=9, where=half))
