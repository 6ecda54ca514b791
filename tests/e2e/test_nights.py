"""Nights with the real daemon: photos come, change and go, encoders change, batches fail, scans meet."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.tiny_encoder import register, write_weights
from tests.commands import wait_for
from tests.e2e.daemon import BATCH, UNFINISHED, SmallServers, servers_in, write_photo, write_photos
from tiefvision_assets.lineage.due import embedding_of
from tiefvision_assets.orchestration.automation import raw_folder_changed
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.vision import registry

PHOTOS = 10
SERVED_WITHIN_S = 480

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallServers]:
    encoders = registry.ENCODERS
    register()
    with servers_in(tmp_path_factory.mktemp("nights")) as servers:
        write_photos(servers.settings, *range(PHOTOS))
        servers.start()
        servers.scan()
        wait_until_served(servers, set(range(PHOTOS)))
        yield servers
    registry.ENCODERS = encoders


def served_paths(servers: SmallServers) -> set[str]:
    index = servers.store.served.read().index
    if not index:
        return set()
    found = [set(servers.store.indexes.open(ranking, version).entries["path"]) for ranking, version in index.items()]
    assert found[0] == found[1]
    return found[0]


def names(numbers: set[int]) -> set[str]:
    return {f"{number:03d}.png" for number in numbers}


def wait_until_served(servers: SmallServers, numbers: set[int]) -> None:
    wait_for("these photos in both indexes", lambda: served_paths(servers) == names(numbers), SERVED_WITHIN_S)
    wait_for("an empty plan", lambda: not status_of(servers.store)["stale"], SERVED_WITHIN_S)
    wait_for("quiet", lambda: not [run for run in servers.runs() if run["status"] in UNFINISHED], SERVED_WITHIN_S)


def computed(servers: SmallServers, after: int) -> Counter[str]:
    """Batch → photos computed, of what the log says after that many lines."""
    counted: Counter[str] = Counter()
    for line in servers.encoded()[after:]:
        if not line.begun:
            counted[line.batch] += line.computed
    return counted


def test_new_changed_deleted_and_renamed_photos_are_in_the_index_the_next_morning(servers: SmallServers) -> None:
    raw, before = servers.settings.raw_dir, len(servers.encoded())
    models = servers.store.served.read().models
    write_photos(servers.settings, 20, 21)
    write_photo(raw / "000.png", 900)
    (raw / "001.png").unlink()
    (raw / "002.png").rename(raw / "030.png")
    servers.scan()
    wait_until_served(servers, {0, *range(3, PHOTOS), 20, 21, 30})
    assert sum(computed(servers, before).values()) == 3, "two new photos and a changed one"
    assert servers.store.served.read().models == models
    night = status_of(servers.store)["last_night"]
    assert (night["new"], night["changed"], night["gone"]) == (3, 1, 2), "a renamed photo is another entry"


CHECKS = """{ assetNodes(assetKeys: [{path: ["similarity_index"]}]) { assetChecksOrError { ... on AssetChecks {
    checks { name executionForLatestMaterialization { status } } } } } }"""


def test_a_night_without_news_computes_nothing_and_confirms_the_index(servers: SmallServers) -> None:
    before, index = len(servers.encoded()), servers.store.served.read().index
    scanned = servers.scan()
    query = """{ assetOrError(assetKey: {path: ["similarity_index"]}) { ... on Asset {
        assetMaterializations(limit: 1) { runId metadataEntries { label ... on TextMetadataEntry { text } } } } } }"""

    def confirmed() -> bool:
        (newest,) = servers.ask(query)["assetOrError"]["assetMaterializations"]
        night = {entry["label"]: entry.get("text") for entry in newest["metadataEntries"]}["night"]
        return bool(night == "Nothing was new; the index was confirmed as it is.")

    wait_for("the confirmed index", confirmed, SERVED_WITHIN_S)
    assert len(servers.encoded()) == before and servers.store.served.read().index == index
    later = servers.runs()[: [run["runId"] for run in servers.runs()].index(scanned)]
    assert later == [], "nothing was requested"

    def checked() -> bool:
        (node,) = servers.ask(CHECKS)["assetNodes"]
        evaluated = {
            check["name"]: check["executionForLatestMaterialization"] for check in node["assetChecksOrError"]["checks"]
        }
        names = ("columns", "each_live_photo_once", "index_recall")
        return evaluated == {name: {"status": "SUCCEEDED"} for name in names}

    wait_for("its checks, which are reported after it", checked, 60)


def test_two_scans_at_once_do_not_meet(servers: SmallServers) -> None:
    before = len(servers.encoded())
    known = set(servers.store.catalogue.batch_keys())
    write_photos(servers.settings, 40, 41)
    started = {servers.scan(), servers.scan()}
    wait_until_served(servers, {0, *range(3, PHOTOS), 20, 21, 30, 40, 41})
    states = {run["runId"]: run["status"] for run in servers.runs()}
    assert {states[run] for run in started} == {"SUCCESS"}
    assert len(set(servers.store.catalogue.batch_keys()) - known) == 1
    assert sum(computed(servers, before).values()) == 2


def test_a_failing_batch_is_given_up_the_others_go_on_and_it_is_made_when_it_can_be(servers: SmallServers) -> None:
    live = set(served_paths(servers))
    known = set(servers.store.catalogue.batch_keys())
    broken = servers.folder / "broken"
    broken.mkdir()
    write_photos(servers.settings, *range(50, 50 + 2 * BATCH))
    servers.store.catalogue.scan(batch_size=BATCH)
    bad, good = sorted(set(servers.store.catalogue.batch_keys()) - known)
    (broken / bad).touch()
    servers.scan()

    def given_up() -> bool:
        alerts = status_of(servers.store)["alerts"]
        return any(alert["given_up"] and alert["batches"] == [bad] for alert in alerts)

    wait_for("the batch given up", given_up, SERVED_WITHIN_S)
    begun = Counter(line.batch for line in servers.encoded() if line.begun)
    assert begun[bad] == 3
    models = servers.store.served.read().models
    assert len(servers.store.encodings.keys(embedding_of(models), good)) == BATCH
    assert served_paths(servers) == live, "the old index is served whole"

    (broken / bad).unlink()
    (path,) = servers.store.catalogue.contents().query("batch == @bad")["path"].iloc[:1]
    (servers.settings.raw_dir / path).unlink()  # other inputs: the daemon tries again by itself
    servers.scan()
    wanted = {int(name[:3]) for name in live} | set(range(50, 50 + 2 * BATCH)) - {int(path[:3])}
    wait_until_served(servers, wanted)
    assert status_of(servers.store)["alerts"] == []


SENSOR = """mutation ($selector: SensorSelector!) {
    startSensor(sensorSelector: $selector) { __typename ... on PythonError { message } } }"""
AS_DECLARED = """mutation ($selector: SensorSelector!) {
    resetSensor(sensorSelector: $selector) { __typename ... on PythonError { message } } }"""


def test_the_folder_sensor_brings_a_new_photo_into_the_index_without_the_schedule(servers: SmallServers) -> None:
    live, known = served_paths(servers), {run["runId"] for run in servers.runs()}
    selector = servers.selector() | {"sensorName": raw_folder_changed.name}
    write_photos(servers.settings, 60)
    started = servers.ask(SENSOR, selector=selector)["startSensor"]
    assert started["__typename"] == "Sensor", started
    try:
        wait_until_served(servers, {int(name[:3]) for name in live} | {60})
    finally:
        servers.ask(AS_DECLARED, selector=selector)
    scans = [run for run in servers.runs() if run["runId"] not in known and run["jobName"] == "scan_catalogue"]
    assert {run["tags"]["dagster/sensor_name"] for run in scans} == {raw_folder_changed.name}
    assert "dagster/schedule_name" not in scans[0]["tags"]


BACKFILL = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATE = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status error { message } } } }"""
MADE = """{ assetOrError(assetKey: {path: ["object_encodings"]}) { ... on Asset {
    assetMaterializations(limit: 50) { runId partition metadataEntries { label ... on IntMetadataEntry { intValue } } }
} } }"""


def test_a_range_of_batches_is_made_by_hand(servers: SmallServers) -> None:
    index, lines = servers.store.served.read().index, len(servers.encoded())
    chosen = servers.store.catalogue.batch_keys()[1:4]
    params = {
        "assetSelection": [{"path": ["object_encodings"]}],
        "partitionNames": chosen,
        "fromFailure": False,
        "title": "by hand",
    }
    launched = servers.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def ended() -> bool:
        state = servers.ask(STATE, id=launched["backfillId"])["partitionBackfillOrError"]
        assert "FAIL" not in state["status"], state
        return bool(state["status"] == "COMPLETED_SUCCESS")

    wait_for("the backfill's end", ended, SERVED_WITHIN_S)
    (run,) = [run for run in servers.runs() if run["tags"].get("dagster/backfill") == launched["backfillId"]]
    assert run["status"] == "SUCCESS"
    made = [
        each for each in servers.ask(MADE)["assetOrError"]["assetMaterializations"] if each["runId"] == run["runId"]
    ]
    numbers = {each["partition"]: {e["label"]: e.get("intValue") for e in each["metadataEntries"]} for each in made}
    assert sorted(numbers) == sorted(chosen)
    assert all(each["computed"] == 0 and each["reused"] == each["photos"] for each in numbers.values())
    assert {line.batch for line in servers.encoded()[lines:]} == set(chosen)
    assert servers.store.served.read().index == index and not status_of(servers.store)["stale"]


def test_new_weights_encode_everything_anew_killed_half_way_while_the_old_index_is_served_whole(
    servers: SmallServers,
) -> None:
    before = servers.store.served.read()
    live, lines = served_paths(servers), len(servers.encoded())
    batches = set(servers.store.catalogue.contents()["batch"])
    assert servers.end() == {}
    write_weights(servers.folder / "tiny.safetensors", seed=1)
    servers.start()
    query, killed = image_id(sorted(live)[0]), None
    while servers.store.served.read().index == before.index:
        assert servers.store.served.read().models == before.models
        hits = Searcher(servers.settings).search(ById(query, k=5)).hits
        assert len(hits) == 5 and {hit.path for hit in hits} <= live
        begun = [line for line in servers.encoded()[lines:] if line.begun]
        if not killed and len(begun) > len(batches) / 2:
            killed = begun[-1].pid
            os.kill(killed, signal.SIGKILL)
    assert killed, "nobody was killed while everything was encoded anew"
    after = servers.store.served.read()
    assert after.models.encoder != before.models.encoder and after.models == after.next
    wait_until_served(servers, {int(name[:3]) for name in live})
    times = Counter(line.batch for line in servers.encoded()[lines:] if line.begun)
    assert set(times) == batches and times.total() <= len(batches) + 1, "only what was interrupted was begun again"
    homes = servers.store.catalogue.contents()["batch"].value_counts()
    assert all(count <= homes[batch] for batch, count in computed(servers, lines).items()), "nothing was done twice"
    assert "FAILURE" in {run["status"] for run in servers.runs()}, "a killed process is a failed run"
