"""`make bench`, or `python -m benchmarks.bench`: measure, print the table, write it to ``build/bench``.

``BENCH_ARGS="--photos FOLDER --sections catalogue locating --full --record"``. By itself it draws its own photos and
makes the demo that it locates and searches in. ``--record`` puts the table into docs/performance.md and the curves
beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

os.environ["TQDM_DISABLE"] = "1"  # read where a rival imports it

from benchmarks.bench.measuring import command_line, cost_of_command
from benchmarks.bench.photos import photos_in, write_parts
from benchmarks.bench.table import Row, document, machine, markdown, record
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

HERE = Path(__file__).parents[2]
DEMO = 200


@dataclass(frozen=True)
class Bench:
    """What is measured with, made when a section first needs it."""

    folder: Path
    own_photos: Path | None
    data: Path | None
    full: bool
    sizes: tuple[int, ...]
    vectors: tuple[int, ...]
    encoders: tuple[str, ...]

    @cached_property
    def photos(self) -> list[Path]:
        """The photos of the named folder, or drawn ones."""
        wanted = max(self.sizes) + max(1, max(self.sizes) // 100)
        if self.own_photos:
            return photos_in(self.own_photos)
        return photos_in(write_parts(self.folder / f"photos-{wanted}", wanted, self.folder / "drawn"))

    @cached_property
    def store(self) -> Store:
        """A data folder with labels that has been through `tiefvision run`: the named one, or a demo."""
        data = self.data or self.folder / "demo"
        if not (data / "served.json").exists():
            cost_of_command(command_line("demo", "--images", str(DEMO)), {"TIEFVISION_DATA": str(data)})
        return Store(Settings(data=data))

    def scratch(self, name: str) -> Path:
        """An empty folder."""
        folder = self.folder / "scratch" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def catalogue(bench: Bench) -> list[Row]:
    """Folders of several sizes; the largest one by every encoder."""
    from benchmarks.bench import catalogue

    rows = []
    for encoder in bench.encoders:
        for size in bench.sizes if encoder == bench.encoders[0] else bench.sizes[-1:]:
            rows += catalogue.measure(bench.photos, size, encoder, bench.scratch(f"{encoder}-{size}"))
    return sorted(rows, key=lambda row: row.section)


def locating(bench: Bench) -> list[Row]:
    """Dense maps beside crops."""
    from benchmarks.bench import locating

    return locating.measure(bench.store, photos=48, slow_photos=2)


def training(bench: Bench) -> list[Row]:
    """Box heads and ranking head."""
    from benchmarks.bench import training

    return training.measure(bench.store)


def searching(bench: Bench) -> list[Row]:
    """Indexes of several sizes, and searches by photos."""
    from benchmarks.bench import searching

    return searching.measure_indexes(bench.vectors, full=bench.full) + searching.measure_photos(bench.store, 30)


def starting(bench: Bench) -> list[Row]:
    """What people wait for at the start."""
    from benchmarks.bench import starting

    return starting.measure(bench.store, bench.scratch("starting"))


SECTIONS: dict[str, Callable[[Bench], list[Row]]] = {
    one.__name__: one for one in (catalogue, locating, training, searching, starting)
}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of photos, instead of drawn ones")
    parser.add_argument("--data", type=Path, help="a data folder with labels that was run, instead of a demo")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--sizes", nargs="+", type=int, help="photos of the catalogues")
    parser.add_argument("--vectors", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--encoders", nargs="+", default=["efficientnet_lite0", "alexnet"])
    parser.add_argument("--full", action="store_true", help="also 10,000 photos, and slow indexes of a million")
    parser.add_argument("--record", action="store_true", help="put table and curves into docs")
    parser.add_argument("--out", type=Path, default=HERE / "build" / "bench")
    chosen = parser.parse_args(arguments)
    sizes = chosen.sizes or [100, 300, 1000] + ([10_000] if chosen.full else [])
    chosen.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(
        chosen.out.resolve(),
        chosen.photos,
        chosen.data,
        chosen.full,
        tuple(sorted(sizes)),
        tuple(sorted(chosen.vectors)),
        tuple(chosen.encoders),
    )
    where, rows, start = machine(), [], time.perf_counter()
    for name in chosen.sections:
        began = time.perf_counter()
        rows += SECTIONS[name](bench)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    where["minutes"] = round((time.perf_counter() - start) / 60, 1)
    _write(rows, where, chosen.out, recorded=chosen.record)


def _write(rows: list[Row], where: dict[str, object], out: Path, *, recorded: bool) -> None:
    from benchmarks.bench.curves import write_curves

    text = markdown(rows, where)
    (out / "bench.md").write_text(text, encoding="utf-8")
    (out / "bench.json").write_text(json.dumps(document(rows, where), indent=2) + "\n", encoding="utf-8")
    drawn = write_curves(rows, HERE / "docs" / "images" if recorded else out)
    print(text)
    if recorded:
        shown = "".join(f"\n![{file.stem}](images/{file.name})\n" for file in drawn)
        record(text + shown, HERE / "docs" / "performance.md")


if __name__ == "__main__":
    main()
