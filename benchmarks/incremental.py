"""Cost of a nightly update of a large catalogue: everything around the encoder, measured on small generated photos.

`make bench-incremental` runs it on 100,000 photos with an encoder of one convolution and whole-photo boxes. Prints one
JSON document; exits with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.tiny_encoder import NAME, register, write_weights
from benchmarks.tiny_photos import photo_file, write_photos
from tiefvision_assets.lineage import boxes, embeddings
from tiefvision_assets.lineage import index_serving as lineage_index
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner, RunSummary
from tiefvision_assets.planning.plan import plan
from tiefvision_assets.settings import Settings

LIMITS = {
    "scan_unchanged_s": 10.0,
    "plan_nothing_due_s": 2.0,
    "one_percent_share_of_full_build": 0.03,
    "quiet_night_s": 30.0,
    "peak_rss_gib": 3.0,
}


class Stages:
    """Seconds spent in the stages of the lineage, by the clock and of all processors together (``…_cpu``).

    The former are what people wait for; on a machine that others use too, only the latter compare.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        for module, name in (
            (boxes, "extract_boxes"),
            (embeddings, "encode_objects"),
            (lineage_index, "build_indexes"),
        ):
            setattr(module, name, self._timed(name, getattr(module, name)))

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            with self.measured(name):
                return function(*arguments, **options)

        return timed

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Add the seconds that the block takes to that stage."""
        started, cpu = time.monotonic(), time.process_time()
        yield
        self.seconds[name] += time.monotonic() - started
        self.seconds[f"{name}_cpu"] += time.process_time() - cpu

    def taken(self) -> dict[str, float]:
        """The measurements since the last call."""
        taken = {name: round(value, 2) for name, value in self.seconds.items()}
        self.seconds.clear()
        return taken


def run(settings: Settings, stages: Stages) -> tuple[RunSummary, dict[str, float]]:
    """Run `tiefvision run` in this process and return the seconds of its stages."""
    with stages.measured("total"):
        summary = Runner(settings, Progress(), lambda sentence: print(sentence, file=sys.stderr)).run_plan()
    return summary, stages.taken()


def quiet_night(settings: Settings, folder: Path) -> dict[str, float]:
    """Seconds of a night without news: scan, then plan, each in a process of its own, as the daemon runs them."""
    environment = os.environ | {
        "TIEFVISION_DATA": str(settings.data_dir),
        "TIEFVISION_RAW": str(settings.raw_dir),
        "TIEFVISION_ENCODER": NAME,
        "TIEFVISION_WEIGHTS": str(settings.weights_path),
        "TIEFVISION_CACHE": str(settings.cache_dir),
        "DAGSTER_HOME": str(settings.dagster_home),
    }
    dagster = [sys.executable, "-m", "dagster"]
    commands = {
        "scan": [*dagster, "job", "execute", "-m", "benchmarks.daemon_location", "-j", "scan_catalogue"],
        "plan": [sys.executable, "-m", "benchmarks.incremental", "--plan", str(folder)],
    }
    seconds = {}
    for name, command in commands.items():
        started = time.monotonic()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds[name] = round(time.monotonic() - started, 2)
    return seconds


def settings_of(folder: Path) -> Settings:
    """The settings of the benchmark's data folder."""
    return Settings(
        data=folder / "data",
        raw=folder / "raw",
        encoder=NAME,
        weights=folder / "tiny.safetensors",
        cache=folder / "cache",
        device="cpu",
    )


def measure(folder: Path, photos: int) -> dict[str, Any]:
    """Measure one catalogue, from nothing to a night without news."""
    settings = settings_of(folder)
    write_weights(folder / "tiny.safetensors", seed=0)
    stages = Stages()
    extra = photos // 100
    write_photos(settings.raw_dir, 0, photos)
    for number in range(photos, photos + extra):
        photo_file(settings.raw_dir, number).unlink(missing_ok=True)

    first, full = run(settings, stages)
    store = Runner(settings, Progress(), print).store
    with stages.measured("scan_unchanged_s"):
        unchanged = store.catalogue.scan()
    with stages.measured("plan_nothing_due_s"):
        due = plan(store)
    assert not due and unchanged.unchanged == photos, (due, unchanged)
    quiet = stages.taken()

    write_photos(settings.raw_dir, photos, extra)
    second, night = run(settings, stages)
    beyond = night["total_cpu"] - night["encode_objects_cpu"]
    return {
        "photos": photos,
        "full_build": full,
        "full_build_computed": first.computed,
        **quiet,
        "one_percent": night,
        "one_percent_computed": second.computed,
        "one_percent_share_of_full_build": round(beyond / full["total_cpu"], 4),
        "quiet_night": (parts := quiet_night(settings, folder)),
        "quiet_night_s": round(sum(parts.values()), 2),
        "peak_rss_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def main() -> None:
    """Measure, print, and compare with the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Photos and data are written here; photos that are there are kept.")
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--plan", action="store_true", help="Only ask what is out of date in the folder's data.")
    chosen = parser.parse_args()
    register()
    if chosen.plan:
        from tiefvision_assets.store.store import Store

        assert plan(Store(settings_of(chosen.folder))) == []
        return
    measured = measure(chosen.folder, chosen.photos)
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")
    missed = [f"{name} = {measured[name]} > {limit}" for name, limit in LIMITS.items() if measured[name] > limit]
    if measured["one_percent_computed"] != chosen.photos // 100:
        missed.append(f"{measured['one_percent_computed']} photos were computed, {chosen.photos // 100} are new")
    sys.exit("\n".join(missed) or 0)


if __name__ == "__main__":
    main()
