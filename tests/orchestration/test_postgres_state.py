"""All state in PostgreSQL: labels, failed attempts, and Dagster's runs and events, as it is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import psycopg
import pytest
from sqlalchemy import make_url

from tests import tiny
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import RunFailed, Runner
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.store.store import Store

dagster_postgres = pytest.importorskip("dagster_postgres", reason="the extra postgres is not installed")

PHOTOS = 30


@pytest.fixture
def settings(settings: Settings, postgres_url: str) -> Settings:
    return settings.model_copy(update={"database_url": postgres_url})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Path:
    """Dagster's home with what `tiefvision deploy postgres` prints, in the same database."""
    home = tmp_path / "home"
    home.mkdir()
    text = (files("tiefvision_assets") / "deploy/postgres/dagster.yaml").read_text(encoding="utf-8")
    (home / "dagster.yaml").write_text(text, encoding="utf-8")
    url = make_url(postgres_url).set(drivername="postgresql+psycopg2")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url.render_as_string(hide_password=False))
    return home


@pytest.fixture
def labelled(store: Store) -> Iterator[Store]:
    boxes = {f"{number:02d}.png": tiny.write_photo(store, f"{number:02d}.png", number) for number in range(PHOTOS)}
    store.catalogue.scan()
    tiny.label_boxes(store, dict(list(boxes.items())[: PHOTOS // 2]))
    tiny.label_triplets(store, tiny.TRIPLETS)
    yield store
    store.labels.close()


def counted(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


@pytest.mark.acceptance
def test_a_run_keeps_all_its_state_there(labelled, settings, home, postgres_url, monkeypatch):
    run = Runner(settings, Progress(), lambda _: None)
    labelled.attempts.failed("similarity_index", "", "inputs of before", "no more")
    assert counted(postgres_url, "SELECT count(*) FROM failed_attempt") == 1
    assert run.run_plan().computed == PHOTOS
    assert counted(postgres_url, "SELECT count(*) FROM failed_attempt") == 0, "asking for a run forgets them"
    assert counted(postgres_url, "SELECT count(*) FROM label_event") == PHOTOS // 2 + tiny.TRIPLETS
    succeeded = counted(postgres_url, "SELECT count(*) FROM runs WHERE status = 'SUCCESS'")
    assert succeeded == counted(postgres_url, "SELECT count(*) FROM runs") > 1
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.get_latest_materialization_event(dg.AssetKey("similarity_index"))
    assert not list(home.rglob("*.db")), "nothing is left to SQLite"
    assert not (settings.data_dir / "labels.db").exists()
    assert not labelled.layout.attempts.exists()
    assert (status_of(labelled)["boxes"], status_of(labelled)["stale"]) == (PHOTOS // 2, [])
    assert len(Searcher(settings).search(ById(image_id("00.png"), k=3)).hits) == 3
    assert Runner(settings, Progress(), lambda _: None).run_plan().materialised == 0


def test_both_keep_their_own_revision_in_one_database(labelled, home, postgres_url):
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.upgrade()
    again = Store(labelled.settings)
    assert again.labels.counts()["boxes"] == PHOTOS // 2
    again.labels.close()


@pytest.mark.parametrize("url", [None, "postgresql+psycopg2://ann:secret@127.0.0.1:1/runs"])
def test_a_storage_that_cannot_be_had_is_one_sentence(labelled, settings, home, monkeypatch, url):
    monkeypatch.delenv("DAGSTER_POSTGRES_URL")
    if url:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
    monkeypatch.setattr(dagster_postgres.utils, "time", SimpleNamespace(sleep=lambda _: None))  # between its attempts
    with pytest.raises(RunFailed, match=r"Dagster's storage.*DAGSTER_POSTGRES_URL") as failed:
        Runner(settings, Progress(), lambda _: None).run_plan()
    assert "secret" not in str(failed.value)
    assert "\n" not in str(failed.value)
