"""The app under the load of a busy day: searchers, galleries and annotators at once, their times and its memory.

``python -m benchmarks.load DATA --minutes 5``: starts the app over a data folder that has a served index, such as one
of ``tiefvision demo --images 200``. Annotators write boxes into its label database: take a copy where labels count. 503
with Retry-After is the limit that is part of the design, and is counted apart from errors; those who get it wait as
they are told. Everybody pauses between two requests as people do.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
from sqlalchemy import select

from benchmarks.real_app import Answers, drawn_box, memory_of, served, watch_health
from tiefvision_assets.cli.console import out
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.schema import EVENTS
from tiefvision_assets.store.store import Store

SEARCHERS, GALLERIES, ANNOTATORS = 50, 20, 8
SEARCH_PAUSE_S, PAGE_PAUSE_S, BOX_PAUSE_S = (1.0, 3.0), (2.0, 8.0), (0.5, 1.5)
"""Shortest and longest pause of a searcher, between two pages of a gallery, and of an annotator."""
TILES = 24
"""Thumbnails that a page of the gallery shows."""
CONNECTIONS = 6
ANSWER_WITHIN_S = 120.0


@dataclass(frozen=True)
class Catalogue:
    """What there is to ask for."""

    raw: Path
    photos: pd.DataFrame
    """image_id, path, sha256 of those that can be searched."""
    labels: str
    """The id of the label database."""

    def one(self) -> dict[str, str]:
        """Any photo."""
        return {str(name): value for name, value in self.photos.iloc[random.randrange(len(self.photos))].items()}


async def search_by_id(client: httpx.AsyncClient, answers: Answers, catalogue: Catalogue) -> float:
    """One search by a catalogue photo."""
    parameters = {"id": catalogue.one()["image_id"], "k": "24"}
    return await answers.ask("search by id", lambda: client.get("/api/search", params=parameters))


async def search_by_file(client: httpx.AsyncClient, answers: Answers, catalogue: Catalogue) -> float:
    """One search by the file of a catalogue photo."""
    data = (catalogue.raw / catalogue.one()["path"]).read_bytes()
    return await answers.ask("search by file", lambda: client.post("/api/search", content=data))


async def look_at_a_page(client: httpx.AsyncClient, answers: Answers, catalogue: Catalogue) -> float:
    """The thumbnails of a page of the gallery at once, then one photo and what is known of it."""
    shown = [catalogue.one()["sha256"] for _ in range(TILES)]
    await asyncio.gather(
        *(answers.ask("thumbnail", lambda sha=sha: client.get(f"/thumbs/320/{sha}")) for sha in shown)  # type: ignore[misc]
    )
    chosen = catalogue.one()
    await answers.ask("photo", lambda: client.get(f"/photos/{chosen['sha256']}"))
    return await answers.ask("photo's page", lambda: client.get(f"/api/photos/{chosen['image_id']}"))


Visit = Callable[[httpx.AsyncClient, Answers, Catalogue], Awaitable[float]]


def browser(address: str) -> httpx.AsyncClient:
    """A client with as many connections as a browser opens to one server."""
    limits = httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=2)  # the server closes them after 5 seconds
    return httpx.AsyncClient(base_url=address, timeout=ANSWER_WITHIN_S, limits=limits, verify=False, trust_env=False)


async def visitor(
    visits: list[Visit], pause_s: tuple[float, float], address: str, answers: Answers, catalogue: Catalogue, end: float
) -> None:
    """Somebody who makes these visits in turn until ``end``, and comes at some moment of the first pause."""
    number = random.randrange(len(visits))
    async with browser(address) as client:
        await asyncio.sleep(random.uniform(0, max(pause_s)))
        while time.monotonic() < end:
            wait_s = await visits[number % len(visits)](client, answers, catalogue)
            number += 1
            await asyncio.sleep(wait_s or random.uniform(*pause_s))


async def annotator(name: str, address: str, answers: Answers, catalogue: Catalogue, end: float) -> list[str]:
    """Somebody who draws boxes until ``end``; the ids of the commits that were acknowledged.

    Every tenth is sent twice, as by a browser that got no answer.
    """
    acknowledged: set[str] = set()
    number = 0
    async with browser(address) as client:

        async def send(commit: dict[str, Any]) -> httpx.Response:
            response = await client.post("/commits/box", json=commit, headers={"Origin": address})
            if response.is_success and response.json()["saved"]:
                acknowledged.add(response.json()["saved"])
            return response

        await asyncio.sleep(random.uniform(0, max(BOX_PAUSE_S)))
        while time.monotonic() < end:
            commit = drawn_box(catalogue.one()["sha256"], name, catalogue.labels, random.Random())
            for _ in range(1 + (number % 10 == 0)):
                await answers.ask("commit", lambda commit=commit: send(commit))  # type: ignore[misc]
            number += 1
            await asyncio.sleep(random.uniform(*BOX_PAUSE_S))
    return sorted(acknowledged)


async def tell_memory(pid: int, end: float) -> None:
    """Print the app's memory, at the start and then every minute."""
    started = time.monotonic()
    while time.monotonic() < end:
        now, peak = memory_of(pid)
        out.print(f"minute {(time.monotonic() - started) / 60:.0f}: {now:,.0f} MiB, {peak:,.0f} MiB at the peak")
        await asyncio.sleep(min(60, max(0.1, end - time.monotonic())))


async def load(address: str, data: Path, pid: int, minutes: float) -> tuple[Answers, list[str]]:
    """Everybody at once; the answers, and the commits that were acknowledged."""
    store = Store(Settings(data=data))
    table = store.catalogue.live()[["image_id", "path", "sha256"]]
    catalogue = Catalogue(store.settings.raw_dir, table, store.labels.database_id())
    async with browser(address) as client:
        await search_by_file(client, Answers(), catalogue)  # the first one loads the models
    answers, end = Answers(), time.monotonic() + 60 * minutes
    searches: list[Visit] = [search_by_id, search_by_file]
    people = [visitor(searches, SEARCH_PAUSE_S, address, answers, catalogue, end) for _ in range(SEARCHERS)]
    people += [visitor([look_at_a_page], PAGE_PAUSE_S, address, answers, catalogue, end) for _ in range(GALLERIES)]
    annotators = [annotator(f"load-{number}", address, answers, catalogue, end) for number in range(ANNOTATORS)]
    health = watch_health(address, answers, lambda: time.monotonic() >= end)
    commits, *_ = await asyncio.gather(asyncio.gather(*annotators), *people, health, tell_memory(pid, end))
    return answers, [commit_id for ids in commits for commit_id in ids]


def stored_once(data: Path, commits: list[str]) -> Counter[int]:
    """How often a commit is stored → how many commits are."""
    with Store(Settings(data=data)).labels.database.reading() as connection:
        stored = Counter(connection.execute(select(EVENTS.c.commit_id)).scalars())
    return Counter(stored[commit_id] for commit_id in commits)


def main() -> None:
    """Run, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    options = parser.parse_args()
    with served(options.data) as (address, pid):
        answers, commits = asyncio.run(load(address, options.data, pid, options.minutes))
        now, peak = memory_of(pid)
    answers.show()
    out.print(f"{now:,.0f} MiB at the end, {peak:,.0f} MiB at the peak")
    times = stored_once(options.data, commits)
    out.print(f"{len(commits)} commits acknowledged, {times[1]} of them stored exactly once")
    if times.keys() - {1} or answers.errors:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
