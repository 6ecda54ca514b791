"""The app in a process of its own over a data folder, asked by many at once: its memory, and the times it takes."""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.table import Table

from tiefvision_assets.cli.console import out

START_S = 120.0


@contextmanager
def served(data: Path) -> Iterator[tuple[str, int]]:
    """The app over that data folder on loopback, without a log-in: its address and the id of its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "TIEFVISION_DATA": str(data)}
    server = subprocess.Popen([sys.executable, "-m", "tiefvision_ui", "--port", str(port)], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_S
        while not is_up(f"{address}/healthz"):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("The app did not start.")
            time.sleep(0.2)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(30)


def is_up(address: str) -> bool:
    """Whether the app answers at that address."""
    try:
        return httpx.get(address, timeout=1).is_success
    except httpx.HTTPError:
        return False


def memory_of(pid: int) -> tuple[float, float]:
    """The resident memory of a process now and at its peak, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, peak = (int(re.findall(rf"{name}:\s+(\d+)", status)[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


@dataclass
class Answers:
    """Seconds that answered requests took, and how many were refused or failed, by kind."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    busy: Counter[str] = field(default_factory=Counter)
    """Answered 503 with Retry-After: the limit that is part of the design."""
    errors: Counter[str] = field(default_factory=Counter)
    examples: set[str] = field(default_factory=set)
    """What went wrong, in words."""

    async def ask(self, kind: str, request: Callable[[], Awaitable[httpx.Response]]) -> float:
        """Make one request; returns the seconds after which to come back, if it was refused, else 0."""
        started = time.perf_counter()
        try:
            response = await request()
        except httpx.HTTPError as error:
            self.errors[kind] += 1
            self.examples.add(f"{kind}: {error!r}")
            return 0
        if response.status_code == 503 and "retry-after" in response.headers:
            self.busy[kind] += 1
            return float(response.headers["retry-after"])
        if response.is_success:
            self.seconds[kind].append(time.perf_counter() - started)
        else:
            self.errors[kind] += 1
            self.examples.add(f"{kind}: {response.status_code} {response.text[:200]}")
        return 0

    def show(self) -> None:
        """Print a table, and what went wrong."""
        table = Table("", "answered", "errors", "503", "p50, ms", "p95, ms", "p99, ms", "longest, ms")
        for kind in sorted({*self.seconds, *self.busy, *self.errors}):
            took = 1000 * np.array(self.seconds[kind] or [np.nan])
            times = [f"{np.percentile(took, share):,.0f}" for share in (50, 95, 99, 100)]
            table.add_row(kind, f"{len(self.seconds[kind]):,}", f"{self.errors[kind]}", f"{self.busy[kind]}", *times)
        out.print(table)
        for example in sorted(self.examples)[:20]:
            out.print(example, markup=False)


def drawn_box(sha256: str, annotator: str, database: str, draw: random.Random) -> dict[str, Any]:
    """A commit as the box editor sends it: some box of at most 60 pixels on that photo.

    ``database`` is the id of the app's label database.
    """
    box = [draw.randint(0, 4), draw.randint(0, 4), draw.randint(5, 60), draw.randint(5, 40)]
    decision = {"action": "save", "photo": sha256, "box": box, "method": "drawn", "seconds": 1.0}
    return {
        "commit_id": str(uuid.UUID(int=draw.getrandbits(128))),
        "session": annotator,
        "database": database,
        "person": annotator,
        **decision,
    }


async def watch_health(address: str, answers: Answers, until: Callable[[], bool]) -> None:
    """Ask ``/healthz`` five times a second, from a thread and by a connection that nothing else waits for."""

    def watch() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while not until():
                started = time.perf_counter()
                try:
                    client.get("/healthz").raise_for_status()
                    answers.seconds["healthz"].append(time.perf_counter() - started)
                except httpx.HTTPError as error:
                    answers.errors["healthz"] += 1
                    answers.examples.add(f"healthz: {error!r}")
                time.sleep(0.2)

    await asyncio.to_thread(watch)
