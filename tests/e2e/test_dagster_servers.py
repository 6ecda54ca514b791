"""`tiefvision dagster` with its webserver and daemon: a new photo reaches the served index by itself."""

from __future__ import annotations

import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.commands import TIEFVISION, answer, environment_of, wait_for
from tests.e2e.daemon import STARTED_WITHIN_S, Servers, ending, processes_of
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.orchestration.stretches import REASON
from tiefvision_assets.settings import Settings
from tiefvision_ui.operations.runs import DagsterRuns

PHOTOS = 12
SERVED_WITHIN_S = 480

REPOSITORY = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    name location { name }
    assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name } } } }
    schedules { name scheduleState { status } } sensors { name sensorState { status } }
} } ... on PythonError { message } } }
"""

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("dagster")
    settings = Settings(data=folder / "data")
    environment = environment_of(settings.data_dir)
    answer(environment, "demo", "--images", str(PHOTOS))
    with ending(Servers(folder, settings, [*TIEFVISION, "dagster", "--port"], environment)) as servers:
        servers.start()
        yield servers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_servers_with_all_their_children(tmp_path: Path, number: signal.Signals) -> None:
    settings = Settings(data=tmp_path / "data")
    settings.data_dir.mkdir()
    command = [*TIEFVISION, "dagster", "--port"]
    with ending(Servers(tmp_path, settings, command, environment_of(settings.data_dir))) as servers:
        servers.start()
        wait_for("a run", servers.runs, STARTED_WITHIN_S)
        assert len(processes_of(settings.data_dir)) >= 4, "webserver, daemon, code server and what started them"
        assert servers.end(number) == {}


def test_the_webserver_shows_every_asset_check_schedule_and_sensor(servers: Servers) -> None:
    (repository,) = servers.ask(REPOSITORY)["repositoriesOrError"]["nodes"]
    graph = build_definitions(store=servers.store).resolve_asset_graph()
    shown = {tuple(node["assetKey"]["path"]): node for node in repository["assetNodes"]}
    assert set(shown) == {tuple(key.path) for key in graph.get_all_asset_keys()}
    checks = {
        (path[-1], check["name"])
        for path, node in shown.items()
        for check in node["assetChecksOrError"].get("checks", [])
    }
    assert checks == {(key.asset_key.path[-1], key.name) for key in graph.asset_check_keys}
    schedules = {each["name"]: each["scheduleState"]["status"] for each in repository["schedules"]}
    sensors = {each["name"]: each["sensorState"]["status"] for each in repository["sensors"]}
    assert schedules == {"nightly_catalogue_scan": "RUNNING"}
    assert sensors["out_of_date"] == "RUNNING"


def test_only_this_machine_is_answered(servers: Servers) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {row[1] for row in listening if row[3] == "0A" and int(row[1].split(":")[1], 16) == servers.port}
    assert {address.split(":")[0] for address in addresses} == {"0100007F"}


def test_the_app_starts_a_run_and_follows_it_to_its_end(servers: Servers) -> None:
    dagster = DagsterRuns(f"http://127.0.0.1:{servers.port}")
    run_id = dagster.launch("materialise", ["box_labels", "triplet_labels"], {REASON: "a test asks for it"})

    def ended() -> bool:
        (run,) = [run for run in dagster.newest(5) if run.run_id == run_id]
        assert run.tags[REASON] == "a test asks for it"
        assert set(run.assets) == {"box_labels", "triplet_labels"}
        assert run.status != "FAILURE"
        return not run.unfinished

    wait_for("the run's end", ended, SERVED_WITHIN_S)
    with urllib.request.urlopen(dagster.link(run_id), timeout=30) as page:
        assert page.status == 200


def test_a_new_photo_is_scanned_located_encoded_and_served_without_anybody(servers: Servers) -> None:
    raw = servers.store.settings.raw_dir
    known = servers.store.catalogue.live()["path"].iloc[0]
    before = servers.store.served.read()
    with Image.open(raw / known) as photo:
        photo.rotate(180).save(raw / "new.jpg")
    servers.scan()

    def served() -> bool:
        index = servers.store.served.read().index
        return all("new.jpg" in set(servers.store.indexes.open(r, v).entries["path"]) for r, v in index.items())

    wait_for("the new photo in both indexes", served, SERVED_WITHIN_S, every_s=2)
    after = servers.store.served.read()
    assert after.models == before.models, "one new photo must not train anything"
    status = answer(servers.environment, "status")
    assert (status["photos"], status["stale"]) == (PHOTOS + 1, [])
