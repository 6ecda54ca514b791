"""Runs the sessions that are named, over a copy of a demo's data folder, and prints what each task took."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from benchmarks.sessions import annotator, label_studio, owner, searcher
from benchmarks.sessions.hand import Hand, Task
from benchmarks.sessions.truth import Truth, unlabelled
from tests.commands import TIEFVISION, environment_of
from tests.e2e.daemon import Servers, ending
from tests.e2e.serving import CHROMIUM, OFFLINE, served
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

WAIT_MS = 600_000
SESSIONS = ("searcher", "annotator", "drawing", "owner")


def main() -> None:
    """Print a table a session."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions")
    parser.add_argument("data", type=Path, help="a data folder that `tiefvision demo` filled")
    parser.add_argument("who", nargs="*", default=[], help=f"of {', '.join(SESSIONS)}; all of them if none is named")
    parser.add_argument("--label-studio", help="its address; then the annotator's tasks are done there instead")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    chosen = parser.parse_args()
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OFFLINE)
        if chosen.label_studio:
            store = Store(Settings(data=chosen.data))
            with _person(browser, chosen.label_studio) as hand:
                label_studio.session(hand, chosen.label_studio, store, Truth.of(store), chosen.user, chosen.password)
            _print("annotator, in Label Studio", hand.tasks)
        else:
            for who in chosen.who or SESSIONS:
                _record(browser, chosen.data, who)
        browser.close()


def _record(browser: Browser, data: Path, who: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(data, Path(folder) / "data"))
        settings = Settings(data=copy)
        store, truth = Store(settings), Truth.of(Store(settings))
        log = Path(folder) / "app.log"
        if who == "owner":
            owner.serve_twice(store)
            environment = environment_of(copy, **owner.SETTINGS)
            servers = Servers(Path(folder), settings, [*TIEFVISION, "dagster", "--port"], environment)
            with (
                ending(servers),
                served(copy, log, DAGSTER_URL=f"http://127.0.0.1:{servers.port}", **owner.SETTINGS) as (address, _),
            ):
                servers.start()
                with _person(browser, address) as hand:
                    owner.session(hand, address, store)
        else:
            with served(copy, log) as (address, _), _person(browser, address) as hand:
                if who == "searcher":
                    upload = store.catalogue.file(unlabelled(store)["path"].iloc[0])
                    searcher.session(hand, address, Path(shutil.copy(upload, Path(folder) / "a-look.jpg")))
                elif who == "annotator":
                    drawn = annotator.boxes(hand, address, truth, all_drawn=False)
                    sys.stdout.write(f"{drawn} of the {annotator.LABELS} boxes were drawn, the others accepted\n")
                    annotator.grids(hand, address, truth)
                    annotator.quick_questions(hand, address, truth)
                else:
                    annotator.boxes(hand, address, truth, all_drawn=True)
    _print(who, hand.tasks)


@contextmanager
def _person(browser: Browser, address: str) -> Iterator[Hand]:
    """Somebody whose name is known, at a screen of 1440 x 900 pixels, who has seen nothing of the app yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.add_cookies(
        [{"name": name, "value": "Ann", "url": address} for name in ("tiefvision-name", "tiefvision-tour")]
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    hand = Hand(page)
    try:
        yield hand
    except BaseException:
        page.screenshot(path=Path(tempfile.gettempdir()) / "session-that-failed.png")
        _print("as far as it came", hand.tasks)
        raise
    finally:
        context.close()


def _print(who: str, tasks: list[Task]) -> None:
    heads = ("task", "clicks", "drags", "keys", "the program, s", "shortest waits, s", "hands, s")
    lines = [f"\n{who}", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for task in tasks:
        each = f" ({task.seconds / task.times:.2f} each)" if task.times > 1 else ""
        hands = f" ({task.hand_s / task.times:.1f} each)" if task.times > 1 else ""
        short = "" if task.short_wait_s is None else f"{task.short_wait_s:.2f}"
        lines.append(
            f"| {task.name} | {task.clicks} | {task.drags} | {task.keys} | {task.seconds:.1f}{each} | {short} | "
            f"{task.hand_s:.1f}{hands} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
