"""Killing annotators, and the app that annotators send their labels to."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from sqlalchemy import select

from benchmarks.killing import LONGEST_S, Killed, labelled_folder, temporary_folder, tiny_environment
from benchmarks.real_app import drawn_box, is_up
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.schema import EVENTS
from tiefvision_assets.store.store import Store

ANNOTATOR = """
import sys
from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.annotation import Annotation
from tiefvision_assets.store.labels.assignment import Queue
from tiefvision_assets.store.labels.decisions import Decision
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.store import Store
me, first = sys.argv[1], int(sys.argv[2])
photos = [f"{number:064x}" for number in range(first, first + 2000)]
annotation = Annotation(Store(Settings()).labels.database, 0.0)
print("ready", flush=True)
while claim := annotation.claim("box", Queue(photos), me, me).photos:
    commit = f"{me} {claim[0]}"
    annotation.commit(Decision.box(commit, BoxLabel(claim[0], Box(0, 0, 1, 1)), "drawn"), annotator=me)
    print(commit, flush=True)
"""


def kill_annotators(kills: int, draw: random.Random) -> dict[str, Any]:
    """Kill annotators at random moments of their first second of work, four at a time."""
    acknowledged: list[str] = []
    with temporary_folder() as folder:
        settings = Settings(data=folder / "data")
        labels = Store(settings).labels
        killed = 0
        while killed < kills:
            processes = [
                Killed(
                    [sys.executable, "-c", ANNOTATOR, name, str(killed * 1000)],
                    tiny_environment(settings),
                    subprocess.PIPE,
                )
                for name in (f"{killed}-{number}" for number in range(min(4, kills - killed)))
            ]
            for process in processes:
                assert process.process.stdout and process.process.stdout.readline() == "ready\n"
            for process in processes:
                killed += process.kill_after(draw.uniform(0, 0.5))
                assert process.process.stdout
                acknowledged += process.process.stdout.read().splitlines()
        labels.close()
        recorded = recorded_commits(settings)
    lost = [commit for commit in acknowledged if not recorded[commit]]
    doubled = [commit for commit, times in recorded.items() if times > 1]
    return {"kills": killed, "acknowledged": len(acknowledged), "stored": len(recorded), "different": lost + doubled}


def kill_app(kills: int, draw: random.Random) -> dict[str, Any]:
    """Kill the app at random moments of its first second, over and over; browsers send until they are answered."""
    with temporary_folder() as folder:
        settings = labelled_folder(folder)
        store = Store(settings)
        store.catalogue.scan()
        photos = list(store.catalogue.contents()["sha256"])
        database = store.labels.database_id()
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        over = threading.Event()
        with ThreadPoolExecutor(4) as browsers:
            sending = [
                browsers.submit(send_boxes, address, f"browser {number}", database, photos, random.Random(number), over)
                for number in range(4)
            ]
            killed = 0
            while killed < kills:
                command = [sys.executable, "-m", "tiefvision_ui", "--port", str(port)]
                app = Killed(command, tiny_environment(settings), subprocess.DEVNULL)
                while not is_up(f"{address}/healthz"):
                    time.sleep(0.05)
                killed += app.kill_after(draw.uniform(0, 1))
            over.set()
            app = Killed(command, tiny_environment(settings), subprocess.DEVNULL)
            acknowledged = [commit for browser in sending for commit in browser.result(LONGEST_S)]
            app.kill_after(0)
        with store.labels.database.reading() as connection:
            named = select(EVENTS.c.commit_id).where(EVENTS.c.commit_id.is_not(None))
            stored_commits = Counter(connection.execute(named).scalars())
        store.labels.close()
    lost = [commit for commit in acknowledged if stored_commits[commit] != 1]
    unknown = sorted(stored_commits.keys() - set(acknowledged))
    return {"kills": killed, "acknowledged": len(acknowledged), "different": lost + unknown}


def send_boxes(
    address: str, annotator: str, database: str, photos: list[str], draw: random.Random, over: threading.Event
) -> list[str]:
    """Send one commit after the other, each until it is acknowledged, as the box editor does; their ids."""
    acknowledged = []
    with httpx.Client(base_url=address, headers={"Origin": address}, timeout=10) as client:
        while not over.is_set():
            commit = drawn_box(draw.choice(photos), annotator, database, draw)
            while not _is_acknowledged(client, commit):
                time.sleep(0.05)
            acknowledged.append(commit["commit_id"])
    return acknowledged


def _is_acknowledged(client: httpx.Client, commit: dict[str, Any]) -> bool:
    try:
        answer = client.post("/commits/box", json=commit)
        return answer.is_success and answer.json()["saved"] == commit["commit_id"]
    except (httpx.HTTPError, ValueError):
        return False


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def recorded_commits(settings: Settings) -> Counter[str]:
    """How often each commit was stored."""
    from tiefvision_assets.store.labels.history import LabelHistory

    labels = Store(settings).labels
    events = LabelHistory(labels.database).page(limit=1_000_000)
    labels.close()
    return Counter(f"{event.annotator} {event.sha256}" for event in events)
