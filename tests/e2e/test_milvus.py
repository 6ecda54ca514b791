"""A night with changes, served from Milvus, answers as exact search does.

Started are `milvus-lite server`, `tiefvision run` for each night, and the app, which serves the API throughout: each a
process of its own, on loopback.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.killing import labelled_folder, tiny_environment
from benchmarks.kills import run_to_its_end
from tests import tiny
from tests.commands import free_port, wait_for
from tests.e2e.serving import served
from tests.store.milvus.serving import milvus
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.index import RANKINGS
from tiefvision_assets.store.milvus.versions import Place
from tiefvision_assets.store.store import Store

pytestmark = pytest.mark.acceptance

ALL = 100
CONDITIONS = [None, "width = 96 AND path > '02.png'", "NOT human OR path LIKE '0%'", "width / height < 1"]
APP = """
import os
import pytest
from tests import tiny
from tiefvision_ui.__main__ import main
with pytest.MonkeyPatch.context() as patch:
    environment = dict(os.environ)
    tiny.register(patch)
    os.environ.update(environment)
    main()
"""


def changed(settings: Settings) -> None:
    """A night: photos come, one changes, one goes, one is renamed."""
    store = Store(settings)
    for number in (12, 13, 14):
        tiny.write_photo(store, f"{number}.png", number)
    tiny.write_photo(store, "04.png", 40)
    (settings.raw_dir / "07.png").unlink()
    (settings.raw_dir / "08.png").rename(settings.raw_dir / "15.png")


def questions(settings: Settings) -> list[dict[str, Any]]:
    """Every photo by each ranking, with and without a condition."""
    return [
        {"id": image_id(file.name), "ranking": ranking, "k": ALL} | ({"where": where} if where else {})
        for file in sorted(settings.raw_dir.glob("*.png"))
        for ranking in RANKINGS
        for where in CONDITIONS
    ]


def exactly(settings: Settings) -> list[list[tuple[str, float]]]:
    """What exact search answers."""
    searcher = Searcher(settings)
    found = []
    for asked in questions(settings):
        options = {name: value for name, value in asked.items() if name != "id"}
        result = searcher.search(ById(asked["id"], **options))
        found.append([(hit.path, pytest.approx(hit.score, abs=2e-6)) for hit in result.hits])
    return found


def asked_of(app: str, settings: Settings) -> list[list[tuple[str, float]]] | None:
    """What the app's API answers; None where it does not know one of the photos yet."""
    found = []
    with httpx.Client(base_url=app, timeout=60) as client:
        for question in questions(settings):
            answer = client.get("/api/search", params=question)
            if answer.status_code == 404:
                return None
            assert answer.status_code == 200, answer.text
            found.append([(hit["path"], hit["score"]) for hit in answer.json()["hits"]])
    return found


def test_a_night_with_changes_served_from_milvus_answers_as_exact_search(tmp_path: Path, monkeypatch) -> None:
    tiny.register(monkeypatch)
    (tmp_path / "exact").mkdir()
    exact = labelled_folder(tmp_path / "exact")
    shutil.copytree(tmp_path / "exact", tmp_path / "moved")
    with milvus(tmp_path / "milvus", free_port()) as url:
        settings = tiny.settings_in(tmp_path / "moved").model_copy(update={"index": "milvus", "index_url": url})
        for each in (exact, settings):
            run_to_its_end(each)
        first = places(settings)
        command = (sys.executable, "-c", APP, "--port")
        with served(settings.data, tmp_path / "app.log", command=command, environment=tiny_environment(settings)) as (
            app,
            _,
        ):
            assert asked_of(app, settings) == exactly(exact)
            for each in (exact, settings):
                changed(each)
                assert run_to_its_end(each)["computed"] > 0
            found = wait_for("the new photos in the app", lambda: asked_of(app, settings), within_s=60)
            assert found == exactly(exact)
        assert {place.collection for place in places(settings)} == {place.collection for place in first}


def places(settings: Settings) -> list[Place]:
    """Where the served versions' rows lie."""
    store = Store(settings)
    return [Place.of(store.layout.index(ranking, version)) for ranking, version in store.served.read().index.items()]
