"""`kill -9` of the run's process and of the daemon at random moments: nothing is lost, and little is done twice."""

from __future__ import annotations

import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.tiny_encoder import register
from tests.commands import wait_for
from tests.e2e.daemon import (
    BATCH,
    ENDED_WITHIN_S,
    SECONDS_A_BATCH,
    WITHIN_S,
    SmallServers,
    everything_was_made_once,
    processes_of,
    servers_in,
    until_done,
    write_photos,
)
from tiefvision_assets.planning.status import status_of
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.attempts import MAX_ATTEMPTS
from tiefvision_assets.vision import registry

KILLS = int(os.environ.get("TIEFVISION_TEST_KILLS", "3"))
PHOTOS = 8 * BATCH

pytestmark = pytest.mark.acceptance


@pytest.fixture(autouse=True)
def tiny_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENCODERS", registry.ENCODERS)
    register()


def working(servers: SmallServers) -> int | None:
    """The process of the run that is on its way, found by what the code server starts for each run."""
    spawned = [pid for pid, command in processes_of(servers.settings.data_dir).items() if "spawn_main" in command]
    return max(spawned, default=None)


def other_than(servers: SmallServers, known: set[int]) -> int | None:
    pid = working(servers)
    return None if pid in known else pid


def nearly_given_up(servers: SmallServers) -> bool:
    """Whether some step has failed as often as it may but once."""
    return any(failure.times >= MAX_ATTEMPTS - 1 for failure in servers.store.attempts.failures())


def nothing_is_lost_and_little_done_twice(servers: SmallServers, kills: int) -> None:
    batches = everything_was_made_once(servers)
    begun = sum(line.begun for line in servers.encoded())
    assert begun - len(batches) <= kills, "only what was interrupted was begun again"
    assert not [path for folder in servers.store.layout.made for path in folder.rglob(f"{TEMPORARY}*.json")]


@pytest.mark.parametrize("seed", [0])
def test_the_process_of_a_run_is_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    with servers_in(tmp_path) as servers:
        write_photos(servers.settings, *range(PHOTOS))
        servers.start()
        servers.scan()
        killed: list[int] = []
        lived: set[int] = set()
        is_killed = False
        while len(killed) < KILLS:
            pid = wait_for("a run", lambda: other_than(servers, lived), WITHIN_S, every_s=0.05)
            lived.add(pid)
            # the run after a killed one lives, and so does all that another kill would have given up
            was_killed, is_killed = is_killed, False
            if not was_killed and not nearly_given_up(servers) and draw.random() < 0.7:
                ends = draw.uniform(0, 6 * SECONDS_A_BATCH)
                with suppress(pytest.fail.Exception):
                    wait_for("its end", lambda pid=pid: working(servers) != pid, ends, every_s=0.05)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                    is_killed = True
            wait_for("the end of that run", lambda pid=pid: working(servers) != pid, WITHIN_S, every_s=0.2)
            if not len(servers.store.catalogue.live()):
                servers.scan()
            elif status_of(servers.store)["served"]["index"] and not status_of(servers.store)["stale"]:
                first = len(list(servers.settings.raw_dir.iterdir()))
                write_photos(servers.settings, *range(first, first + BATCH))
                servers.scan()
        until_done(servers)
        nothing_is_lost_and_little_done_twice(servers, KILLS)
        lost = [run for run in servers.runs() if run["status"] == "FAILURE"]
        assert lost, "a killed process is a failed run"


@pytest.mark.parametrize("seed", [0])
def test_the_daemon_is_killed_at_random_moments_and_started_again(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    with servers_in(tmp_path) as servers:
        write_photos(servers.settings, *range(PHOTOS))
        for _ in range(KILLS):
            servers.start()
            if not len(servers.store.catalogue.live()):
                servers.scan()
            with suppress(pytest.fail.Exception):
                wait_for("a random moment", lambda: False, draw.uniform(0, 20))
            daemons = [
                pid for pid, command in processes_of(servers.settings.data_dir).items() if "dagster._daemon" in command
            ]
            assert daemons, servers.output()
            for pid in daemons:
                os.kill(pid, signal.SIGKILL)
            assert servers.process
            servers.process.wait(ENDED_WITHIN_S)
            wait_for("the end of what the daemon left", lambda: not processes_of(servers.settings.data_dir), 180)
        servers.start()
        if not len(servers.store.catalogue.live()):
            servers.scan()
        until_done(servers)
        nothing_is_lost_and_little_done_twice(servers, KILLS)
