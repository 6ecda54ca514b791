"""How long the JSON API takes to answer a search by a catalogue photo's id, and how much of that is the search.

``python -m benchmarks.api``, or with ``--k 100``: requests in one process, through ASGI, without a network, over 70
generated photos; the search alone is measured in turn with it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
from rich.table import Table
from starlette.types import ASGIApp

from tests.ui.small_catalogue import fill, serve
from tiefvision_assets.cli.console import out
from tiefvision_assets.search.request import ById
from tiefvision_assets.search.searcher import Searcher
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store
from tiefvision_ui.http.api.application import api

WARM_UP = 50


def small_store(folder: str) -> Store:
    """A data folder with a served index, made without any model."""
    store = Store(Settings(data=Path(folder)))
    fill(store.settings.raw_dir)
    serve(store)
    return store


async def alternately(apps: dict[str, ASGIApp], searcher: Searcher, k: int, requests: int) -> dict[str, np.ndarray]:
    """(requests,) milliseconds that each application, and the search alone, took; one after another, in turn."""
    ids = searcher.entries()["image_id"].tolist()
    clients = {
        name: httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") for name, app in apps.items()
    }
    times: dict[str, list[float]] = {name: [] for name in ("search alone", *apps)}
    for number in range(WARM_UP + requests):
        image_id = ids[number % len(ids)]
        start = time.perf_counter()
        searcher.search(ById(image_id, k=k))
        times["search alone"].append(time.perf_counter() - start)
        for name, client in clients.items():
            start = time.perf_counter()
            response = await client.get("/api/search", params={"id": image_id, "k": k})
            times[name].append(time.perf_counter() - start)
            response.raise_for_status()
    for client in clients.values():
        await client.aclose()
    return {name: 1000 * np.array(measured[WARM_UP:]) for name, measured in times.items()}


def show(times: dict[str, np.ndarray]) -> None:
    """Print a table of medians and 95th percentiles."""
    table = Table("", "median, ms", "95 %, ms")
    for name, measured in times.items():
        table.add_row(name, f"{np.median(measured):.2f}", f"{np.percentile(measured, 95):.2f}")
    out.print(table)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        searcher = Searcher(small_store(folder).settings)
        show(asyncio.run(alternately({"by the API": api(searcher)}, searcher, options.k, options.requests)))


if __name__ == "__main__":
    main()
