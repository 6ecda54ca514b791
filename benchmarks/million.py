"""A catalogue of a million photos, from nothing to a quiet night: `make bench-million`.

Every step is a process of its own, whose seconds, processor seconds and largest memory are written down, for a tenth of
the photos, three tenths and all of them; growth is drawn. What the photos are, and what takes their place where a real
catalogue has something else, is said in `docs/scale.md`. Prints one JSON document; exits with 1 where a limit is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PHOTOS = 1_000_000
SHARES = (0.1, 0.3, 1.0)
LIMITS = {"quiet_night_s": 30.0, "peak_gib": 4.0, "all_minutes": 40.0}
"""For the whole number of photos: `docs/scale.md`."""


def measured(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """What a process cost, and the JSON document that it printed on its last line, if it did."""
    started = time.monotonic()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        printed, errors = process.communicate()
    seconds = time.monotonic() - started
    if process.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed:\n{errors[-3000:]}")
    cost = json.loads(printed.splitlines()[-1]) if printed.rstrip().endswith("}") else {}
    return {"s": round(seconds, 2), **cost}


class Catalogue:
    """So many of the folder's photos, in a data folder of their own."""

    def __init__(self, folder: Path, photos: int) -> None:
        self.folder, self.photos, self.extra = folder, photos, max(1, photos // 100)
        self.data = folder / f"data-{photos}"
        self.changes = folder / "changes.csv"
        self.environment = os.environ | {
            "TIEFVISION_DATA": str(self.data),
            "TIEFVISION_RAW": str(folder / "raw"),
            "TIEFVISION_ENCODER": "tiny",
            "TIEFVISION_WEIGHTS": str(folder / "tiny.safetensors"),
            "TIEFVISION_CACHE": str(folder / "cache"),
            "TIEFVISION_DEVICE": "cpu",
            "DAGSTER_HOME": str(self.data / "dagster"),
        }

    def step(self, name: str, *arguments: object) -> dict[str, Any]:
        """A step of `benchmarks.million_steps` in a process of its own."""
        command = [sys.executable, "-m", "benchmarks.million_steps", name, *map(str, arguments)]
        cost = measured(command, self.environment)
        sys.stderr.write(f"{self.photos:,} photos, {name}: {json.dumps(cost)}\n")
        return cost

    def measure(self) -> dict[str, Any]:
        """From no data folder to a night without news; the folder has the photos of smaller catalogues already."""
        shutil.rmtree(self.data, ignore_errors=True)
        generated = self.step("photos", 0, self.photos)
        costs = {"first build": self.step("run", self.photos)}
        costs["quiet night: scan"] = self.step("scan")
        costs["quiet night: plan"] = self.step("plan")
        costs["status"] = self.step("status")
        costs["query"] = self.step("query", self.photos)
        self.step("photos", self.photos, self.extra)
        costs["+1 %: scan by a list of changes"] = self.step("scan", self.changes)
        costs["+1 %: night"] = self.step("run", self.extra)
        quiet = [costs["quiet night: scan"], costs["quiet night: plan"]]
        return {
            "photos": self.photos,
            "generated_s": generated["s"],
            "costs": costs,
            "quiet_night_s": round(sum(cost["s"] for cost in quiet), 2),
            "quiet_night_cpu_s": round(sum(cost["cpu_s"] for cost in quiet), 2),
            "peak_gib": max(cost["gib"] for cost in costs.values()),
        }


def draw(sizes: list[dict[str, Any]], file: Path) -> None:
    """Processor seconds, which do not depend on what else runs, and memory of each step as photos become more."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    photos = [size["photos"] for size in sizes]
    with plt.rc_context({"svg.hashsalt": "bench", "font.size": 9}):
        figure, axes = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
        for axis, key, title in zip(
            axes, ("cpu_s", "gib"), ("seconds of processors", "largest memory, GiB"), strict=True
        ):
            for name in sizes[0]["costs"]:
                axis.plot(photos, [size["costs"][name][key] for size in sizes], marker="o", label=name, linewidth=1.5)
            axis.set(title=title, xlabel="photos", xscale="log")
            axis.grid(alpha=0.3, which="both")
        axes[0].set_yscale("log")
        axes[0].legend(fontsize=7)
        figure.savefig(file, metadata={"Date": None})
        plt.close(figure)


def main() -> None:
    """Measure, print, draw, and compare with the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Photos and data are written here; photos that are there are kept.")
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--alone", action="store_true", help="Only that many photos, and not parts of them before.")
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    shares = SHARES[-1:] if chosen.alone else SHARES
    sizes = [Catalogue(folder, int(chosen.photos * share)).measure() for share in shares]
    largest = {**sizes[-1], "all_minutes": round((time.monotonic() - started) / 60, 1)}
    document = {"sizes": sizes, **{name: largest[name] for name in LIMITS}}
    (folder / "million.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if len(sizes) > 1:
        draw(sizes, folder / "million.svg")
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.exit(
        "\n".join(f"{name} = {largest[name]} > {limit}" for name, limit in LIMITS.items() if largest[name] > limit) or 0
    )


if __name__ == "__main__":
    main()
