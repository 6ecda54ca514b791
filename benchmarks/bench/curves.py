"""The growth curves of one run: how long work takes as photos or vectors become more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from textwrap import fill

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

from benchmarks.bench.catalogue import FOLDER
from benchmarks.bench.searching import INDEX
from benchmarks.bench.table import Row

CURVES = {"bench-folder": (FOLDER, "photos"), "bench-queries": (INDEX, "vectors")}
"""File → the section whose sizes grow, and what they count."""


def write_curves(rows: Iterable[Row], folder: Path) -> list[Path]:
    """An SVG for each section with several sizes: a panel for each kind of work, seconds by the clock."""
    written = []
    for name, (section, counted) in CURVES.items():
        panels: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.section == section:
                panels[_kind(row)].append(row)
        panels = {kind: grown for kind, grown in panels.items() if len({row.size for row in grown}) > 1}
        if panels:
            written.append(_drawn(panels, counted, folder / f"{name}.svg"))
    return written


def _kind(row: Row) -> str:
    """The work without its size."""
    return row.work.replace(f"{row.size:,} x 256: ", "").replace(f"{row.size:,} photos, ", "")


def _drawn(panels: dict[str, list[Row]], counted: str, file: Path) -> Path:
    with plt.rc_context({"svg.hashsalt": "bench", "font.size": 9}):
        figure, axes = plt.subplots(
            1, len(panels), figsize=(3.4 * len(panels), 3.2), squeeze=False, layout="constrained"
        )
        for axis, (kind, grown) in zip(axes[0], panels.items(), strict=True):
            grown = sorted(grown, key=lambda row: row.size)
            lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
            for row in grown:
                lines["TiefVision"].append((row.size, row.ours.clock / row.per))
                for rival, cost in row.rivals.items():
                    lines[rival].append((row.size, cost.clock / row.per))
            for name, points in lines.items():
                axis.plot(
                    *zip(*points, strict=True), marker="o", label=name, linewidth=2.5 if name == "TiefVision" else 1.2
                )
            axis.set(title=fill(kind, 26), xlabel=counted, ylabel="seconds", xscale="log", yscale="log")
            axis.grid(alpha=0.3)
        axes[0][0].legend(fontsize=7)
        figure.savefig(file, metadata={"Date": None})
        plt.close(figure)
    return file
