"""Nights with the real daemon: photos come, change and go, encoders change, batches fail, scans meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.tiny_encoder import register, write_weights
from tests.commands import wait_for
from tests.e2e.daemon import BATCH, UNFINISHED, Servers, servers_in, write_photo, write_photos
from tiefvision_assets.lineage.index import embedding_of
from tiefvision_assets.search import Searcher
from tiefvision_assets.status import status_of
from tiefvision_assets.store.catalogue import image_id
from tiefvision_assets.vision import registry

PHOTOS = 10
SERVED_WITHIN_S = 240

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    encoders = registry.ENCODERS
    register()
    with servers_in(tmp_path_factory.mktemp("nights")) as servers:
        write_photos(servers.settings, *range(PHOTOS))
        servers.start()
        servers.scan()
        wait_until_served(servers, set(range(PHOTOS)))
        yield servers
    registry.ENCODERS = encoders


def served_paths(servers: Servers) -> set[str]:
    index = servers.store.served.read().index
    if not index:
        return set()
    found = [set(servers.store.indexes.open(ranking, version).entries["path"]) for ranking, version in index.items()]
    assert found[0] == found[1]
    return found[0]


def names(numbers: set[int]) -> set[str]:
    return {f"{number:03d}.png" for number in numbers}


def wait_until_served(servers: Servers, numbers: set[int]) -> None:
    wait_for("these photos in both indexes", lambda: served_paths(servers) == names(numbers), SERVED_WITHIN_S)
    wait_for("an empty plan", lambda: not status_of(servers.store)["stale"], SERVED_WITHIN_S)
    wait_for("quiet", lambda: not [run for run in servers.runs() if run["status"] in UNFINISHED], SERVED_WITHIN_S)


def computed(servers: Servers, after: int) -> Counter[str]:
    """Batch → photos computed, of what the log says after that many lines."""
    counted: Counter[str] = Counter()
    for line in servers.encoded()[after:]:
        if not line.begun:
            counted[line.batch] += line.computed
    return counted


def test_new_changed_deleted_and_renamed_photos_are_in_the_index_the_next_morning(servers: Servers) -> None:
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


def test_a_night_without_news_computes_nothing_and_confirms_the_index(servers: Servers) -> None:
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


def test_two_scans_at_once_do_not_meet(servers: Servers) -> None:
    before = len(servers.encoded())
    known = set(servers.store.catalogue.batch_keys())
    write_photos(servers.settings, 40, 41)
    started = {servers.scan(), servers.scan()}
    wait_until_served(servers, {0, *range(3, PHOTOS), 20, 21, 30, 40, 41})
    states = {run["runId"]: run["status"] for run in servers.runs()}
    assert {states[run] for run in started} == {"SUCCESS"}
    assert len(set(servers.store.catalogue.batch_keys()) - known) == 1
    assert sum(computed(servers, before).values()) == 2


def test_a_failing_batch_is_given_up_the_others_go_on_and_it_is_made_when_it_can_be(servers: Servers) -> None:
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


def test_new_weights_encode_everything_anew_while_the_old_index_is_served_whole(
    servers: Servers,
) -> None:
    before = servers.store.served.read()
    live, lines = served_paths(servers), len(servers.encoded())
    assert servers.end() == {}
    write_weights(servers.folder / "tiny.safetensors", seed=1)
    servers.start()
    query = image_id(sorted(live)[0])
    while servers.store.served.read().index == before.index:
        assert servers.store.served.read().models == before.models
        hits = Searcher(servers.settings).by_id(query, 5).hits
        assert len(hits) == 5 and {hit.path for hit in hits} <= live
    after = servers.store.served.read()
    assert after.models.encoder != before.models.encoder and after.models == after.next
    wait_until_served(servers, {int(name[:3]) for name in live})
    done = computed(servers, lines)
    assert sum(done.values()) == servers.store.catalogue.contents()["sha256"].nunique()
