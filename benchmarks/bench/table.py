"""The measurements of one run, and the table of them: each number beside its rivals'."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tiefvision_assets.cores import cores

PACKAGES = (
    "torch", "torchvision", "onnxruntime", "numpy", "dagster", "streamlit", "faiss-cpu", "timm", "scikit-learn",
    "hnswlib", "lancedb", "pytorch-metric-learning", "fiftyone",
)  # fmt: skip
BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"


@dataclass(frozen=True)
class Cost:
    """How long some work took, in seconds."""

    clock: float
    processor: float | None
    """Of all threads and child processes together; None where they go on after the work."""


@dataclass(frozen=True)
class Row:
    """One piece of work, and what it costs here and elsewhere."""

    section: str
    work: str
    size: int
    """Photos, vectors, steps: what the work grows with."""
    ours: Cost
    rivals: dict[str, Cost] = field(default_factory=dict)
    per: int = 1
    """The costs are of so many photos, queries or steps together; the table shows one's."""
    note: str = ""

    def times(self, rival: str) -> tuple[float | None, float | None]:
        """How many times as long the rival takes, by the clock and in processor time."""
        theirs = self.rivals[rival]
        return _quotient(theirs.clock, self.ours.clock), _quotient(theirs.processor, self.ours.processor)


def _quotient(theirs: float | None, ours: float | None) -> float | None:
    return theirs / max(ours, 1e-9) if theirs is not None and ours is not None else None


def machine() -> dict[str, Any]:
    """The processor, how busy it is, the commit and the versions of everything that is compared."""
    here = Path(__file__).parents[2]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True
    ).stdout.strip()
    return {
        "processor": _processor(),
        "cores": cores(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "commit": commit,
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    named = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return f"{named}; {', '.join(one for one in ('avx2', 'avx512f', 'avx512_vnni', 'amx_int8') if one in flags)}"


def markdown(rows: Iterable[Row], where: dict[str, Any]) -> str:
    """A line about the machine, then a table for each section."""
    packages = ", ".join(f"{name} {number}" for name, number in where["packages"].items())
    lines = [
        f"Commit {where['commit']}; {where['cores']} cores of {where['processor']}; load {where['load']:.1f} at the "
        f"start; Python {where['python']}, {packages}.",
        "",
        "Each cell is *by the clock / processor time*; in brackets, how many times TiefVision's they are.",
    ]
    section = None
    for row in rows:
        if row.section != section:
            section = row.section
            lines += ["", f"### {section}", "", "| work | TiefVision | beside it |", "| --- | --- | --- |"]
        beside = "; ".join(_beside(row, name) for name in row.rivals)
        work = f"{row.work}{f' ({row.note})' if row.note else ''}"
        lines.append(f"| {work} | **{_shown(row.ours, row.per)}** | {beside} |")
    return "\n".join(lines) + "\n"


def _beside(row: Row, name: str) -> str:
    return f"{name} {_shown(row.rivals[name], row.per)} ({_both(*row.times(name))})"


def _shown(cost: Cost, per: int) -> str:
    longest = max(cost.clock, cost.processor or 0) / per
    unit, factor = next(((u, f) for u, f, least in (("s", 1, 1), ("ms", 1e3, 1e-3)) if longest >= least), ("µs", 1e6))
    scaled = (None if seconds is None else factor * seconds / per for seconds in (cost.clock, cost.processor))
    return f"{_both(*scaled)} {unit}"


def _both(clock: float | None, processor: float | None) -> str:
    return " / ".join(_digits(number) for number in (clock, processor) if number is not None)


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def document(rows: Iterable[Row], where: dict[str, Any]) -> dict[str, Any]:
    """The same as a JSON document."""
    return {"machine": where, "rows": [asdict(row) for row in rows]}


def record(text: str, page: Path) -> None:
    """Put the table between the markers of a page, in place of what is there."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
