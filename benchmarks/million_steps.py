"""The steps of `benchmarks.million`, each in a process of its own: `python -m benchmarks.million_steps STEP …`.

Settings come from the environment, as those of the command line do. The last line printed is a JSON document: processor
seconds (``cpu_s``), the largest resident memory (``gib``, files that are mapped into it included), and what else a
step measures.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.bench.measuring import peak_megabytes
from benchmarks.tiny_photos import photo_file, write_photos
from tiefvision_assets.settings import Settings

CHUNK = 5_000
QUERIES = 20


def photos(settings: Settings, first: str, count: str) -> dict[str, Any]:
    """Write the photos from number ``first`` on, and the list of them beside the raw folder."""
    from benchmarks.tiny_encoder import write_weights

    assert settings.weights_path
    if not settings.weights_path.exists():
        write_weights(settings.weights_path, seed=0)
    numbers = range(int(first), int(first) + int(count))
    parts = [(settings.raw_dir, start, min(CHUNK, numbers.stop - start)) for start in numbers[::CHUNK]]
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(_write, parts):
            pass
    with settings.raw_dir.with_name("changes.csv").open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(("path", "change"))
        paths = (photo_file(settings.raw_dir, number).relative_to(settings.raw_dir).as_posix() for number in numbers)
        writer.writerows((path, "added") for path in paths)
    return {}


def _write(part: tuple[Path, int, int]) -> None:
    write_photos(*part)


def run(settings: Settings, computed: str) -> dict[str, Any]:
    """`tiefvision run`; so many photos have to be computed."""
    from benchmarks.incremental import Stages
    from benchmarks.incremental import run as run_plan

    summary, seconds = run_plan(settings, Stages())
    assert summary.computed == int(computed), summary
    return {"stages": seconds}


def scan(settings: Settings, changes: str = "") -> dict[str, Any]:
    """The catalogue scan as the daemon runs it: of everything, or of a list of changes."""
    import dagster as dg

    from benchmarks.daemon_location import defs

    config = {"ops": {"image_catalogue": {"config": {"changes": changes}}}}
    with dg.DagsterInstance.get() as instance:
        job = defs.resolve_job_def("scan_catalogue")
        result = job.execute_in_process(instance=instance, run_config=config if changes else {})
    (event,) = result.get_asset_materialization_events()
    return {"new": event.step_materialization_data.materialization.metadata["new"].value}


def plan(settings: Settings) -> dict[str, Any]:
    """What is out of date: nothing."""
    from tiefvision_assets.planning.plan import plan as planned
    from tiefvision_assets.store.store import Store

    started = time.process_time()
    steps = planned(Store(settings))
    assert steps == [], steps
    return {"asked_cpu_s": round(time.process_time() - started, 2)}


def status(settings: Settings) -> dict[str, Any]:
    """`tiefvision status`."""
    from tiefvision_assets.planning.status import status_of
    from tiefvision_assets.store.store import Store

    return {"photos": status_of(Store(settings))["photos"]}


def query(settings: Settings, count: str) -> dict[str, Any]:
    """Searches by catalogue photos: the first one, with the opening of the index, and the mean of those that follow."""
    from tiefvision_assets.search.request import ById
    from tiefvision_assets.search.searcher import Searcher

    searcher = Searcher(settings)
    started = time.monotonic()
    ids = searcher.entries()["image_id"].iloc[:: int(count) // (QUERIES + 1)]
    searcher.search(ById(ids.iloc[0]))
    first = time.monotonic() - started
    started = time.monotonic()
    for image_id in ids.iloc[1 : QUERIES + 1]:
        searcher.search(ById(image_id, where="width >= 48"))
    return {"first_s": round(first, 2), "next_ms": round((time.monotonic() - started) / QUERIES * 1000, 1)}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    step.__name__: step for step in (photos, run, scan, plan, status, query)
}


def main() -> None:
    """Carry out one step."""
    from benchmarks.tiny_encoder import register

    name, *arguments = sys.argv[1:]
    register()
    measured = STEPS[name](Settings(), *arguments)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    cost = {"cpu_s": round(seconds, 2), "gib": round(peak_megabytes() * 1000 / 2**20, 2)}
    sys.stdout.write(json.dumps(cost | measured) + "\n")


if __name__ == "__main__":
    main()
