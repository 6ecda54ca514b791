"""What people wait for before anything happens: definitions, commands, the app's first paint, the first search.

Each is a process of its own. Rivals are bare Dagster and bare Streamlit, which start no faster for anybody, and the
script's search with PyTorch.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.bench.measuring import command_line, cost_of_command
from benchmarks.bench.photos import photos_in
from benchmarks.bench.table import Cost, Row
from tiefvision_assets.store.store import Store

SECTION = "The start"
BARE_DAGSTER = "import dagster as dg\n\n\n@dg.asset\ndef one():\n    return 1\n\n\ndefs = dg.Definitions([one])\n"
BARE_STREAMLIT = "import streamlit as st\n\nst.title('one')\n"
SEARCH = """
import sys, torch, torchvision
from PIL import Image
model = torchvision.models.alexnet().features.eval()
photo = torchvision.transforms.functional.to_tensor(Image.open(sys.argv[1]).convert("RGB").resize((224, 224)))
with torch.inference_mode():
    vector = model(photo[None]).flatten()
print((torch.rand(1000, len(vector)) @ vector).topk(10).indices.tolist())
"""
READY_S = 60.0


def measure(store: Store, scratch: Path) -> list[Row]:
    """Rows over a served data folder; the app's only where Playwright and Chromium are."""
    environment = {"TIEFVISION_DATA": str(store.settings.data_dir), "DAGSTER_HOME": str(scratch)}
    bare = scratch / "bare.py"
    bare.write_text(BARE_DAGSTER, encoding="utf-8")
    photo = str(photos_in(store.settings.raw_dir)[0])

    def python(*arguments: str) -> Cost:
        return min((cost_of_command([sys.executable, *arguments], environment)[0] for _ in range(2)), key=_clock)

    def ours(*arguments: str) -> Cost:
        return python(*command_line(*arguments)[1:])

    dagster = {"bare Dagster": python(str(bare))}
    search = {"PyTorch, one photo through AlexNet": python("-c", SEARCH, photo)}
    rows = [
        Row(SECTION, "importing the definitions", 1, python("-c", "import tiefvision_assets.definitions"), dagster),
        Row(SECTION, "`tiefvision --help`", 1, ours("--help"), {"`import typer`": python("-c", "import typer")}),
        Row(SECTION, "`tiefvision status`", 1, ours("status"), {"bare Dagster": dagster["bare Dagster"]}),
        Row(SECTION, "`tiefvision search FILE`", 1, ours("search", photo), search),
    ]
    app = _first_paints(environment, scratch)
    return rows + ([app] if app else [])


def _clock(one: Cost) -> float:
    return one.clock


def _first_paints(environment: dict[str, str], scratch: Path) -> Row | None:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return None
    page_file = scratch / "bare_app.py"
    page_file.write_text(BARE_STREAMLIT, encoding="utf-8")
    bare = [
        *(sys.executable, "-m", "streamlit", "run", str(page_file), "--server.headless=true"),
        *("--browser.gatherUsageStats=false", "--server.address=127.0.0.1", "--server.port"),
    ]
    ours = [sys.executable, "-m", "tiefvision_ui", "--port"]
    with sync_playwright() as playwright:
        chromium = next((one for one in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(one).exists()), None)
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        except Error:
            return None
        costs = []
        for command in (ours, bare):
            with _serving(command, environment) as (address, started):
                page = browser.new_page()
                page.goto(address)
                page.locator("h1, h2, [data-testid=stHeading], [data-testid=stImage]").first.wait_for()
                costs.append(Cost(time.perf_counter() - started, None))
        browser.close()
    return Row(SECTION, "the app, from its start to its first paint", 1, costs[0], {"bare Streamlit": costs[1]})


@contextmanager
def _serving(command: list[str], environment: dict[str, str]) -> Iterator[tuple[str, float]]:
    """A server that answers, its address, and when it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([*command, str(port)], env={**os.environ, **environment}, **quiet)
    try:
        while time.perf_counter() - started < READY_S:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", started
    finally:
        server.terminate()
        server.wait(30)
