"""Fifty uploads at once of photos that are small as files and large in pixels: memory of the app, and its health.

``python -m benchmarks.uploads DATA``: starts the app over the data folder, which must have a served index, and sends
PNGs of 79 megapixels with transparency (0.3 MB each) to ``/api/search``, 50 at a time; those that are refused come back
as they are told with ``--again``. Nothing is written to the data folder.
"""

from __future__ import annotations

import argparse
import asyncio
import io
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.real_app import Answers, memory_of, served, watch_health
from tiefvision_assets.cli.console import out

SIDES = (8900, 8900)
PATIENCE_S = 600.0


def bomb() -> bytes:
    """A PNG of one translucent colour."""
    file = io.BytesIO()
    Image.new("RGBA", SIDES, (200, 30, 30, 128)).save(file, "PNG", compress_level=9)
    return file.getvalue()


async def upload(client: httpx.AsyncClient, answers: Answers, data: bytes, again: bool) -> None:
    """Send the photo; ``again`` until it is answered."""
    headers = {"content-type": "image/png"}
    while wait_s := await answers.ask("upload", lambda: client.post("/api/search", content=data, headers=headers)):
        if not again:
            return
        await asyncio.sleep(wait_s)


async def measure(address: str, pid: int, at_once: int, again: bool) -> None:
    """Upload, and print what happened."""
    answers, data = Answers(), bomb()
    out.print(f"{len(data):,} bytes each; the app has {memory_of(pid)[0]:,.0f} MiB before the first")
    done = False
    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, limits=limits) as client:
        await answers.ask("first search", lambda: client.post("/api/search", content=small()))
        out.print(f"{memory_of(pid)[0]:,.0f} MiB with the models loaded")
        health = asyncio.create_task(watch_health(address, answers, lambda: done))
        await asyncio.gather(*(upload(client, answers, data, again) for _ in range(at_once)))
        done = True
        await health
    now, peak = memory_of(pid)
    answers.show()
    out.print(f"{now:,.0f} MiB after the last, {peak:,.0f} MiB at the peak")


def small() -> bytes:
    """An ordinary photo, which makes the app load its models."""
    file = io.BytesIO()
    Image.new("RGB", (600, 800), (200, 30, 30)).save(file, "JPEG")
    return file.getvalue()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument(
        "--again", action="store_true", help="Those that are refused come back until they are answered."
    )
    options = parser.parse_args()
    with served(options.data) as (address, pid):
        asyncio.run(measure(address, pid, options.at_once, options.again))


if __name__ == "__main__":
    main()
