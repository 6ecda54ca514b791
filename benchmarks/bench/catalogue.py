"""A folder of photos without labels to a served index, and the nights after: quiet, and with 1 % more photos.

Everything is a process of its own, from its start to its end, as people wait for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.bench.measuring import command_line, cost_of_command
from benchmarks.bench.photos import linked
from benchmarks.bench.table import Cost, Row
from tiefvision_assets.settings import Settings

FOLDER = "A folder of photos, to a served index"
NIGHT = "A night"


def measure(photos: list[Path], count: int, encoder: str, scratch: Path) -> list[Row]:
    """Rows of one catalogue size and encoder; ``photos`` are at least 1.01 times ``count``."""
    raw = linked(photos, count, scratch / "raw")
    ours = {
        "TIEFVISION_DATA": str(scratch / "data"),
        "TIEFVISION_RAW": str(raw),
        "TIEFVISION_ENCODER": encoder,
        "TIEFVISION_CACHE": str(Settings().cache_dir),
        # whole photos are encoded, as by the rivals
        "TIEFVISION_STARTER_HEADS": "off",
    }
    ingested, made = (cost_of_command(command_line(name), ours)[0] for name in ("ingest", "run"))
    first = _sum(ingested, made)
    rivals = {name: cost for name in ("script", "timm") if (cost := _of_script(name, raw, encoder))}
    parts = {name: Cost(*both) for name, both in _limit(raw, encoder).items()}
    rivals["the limit, decoding and network alone"] = _sum(*parts.values())
    work = f"{count:,} photos, {encoder}"
    rows = [Row(FOLDER, work, count, first, rivals, note="`ingest` and `run`, whole photos")]

    quiet = cost_of_command(command_line("run"), ours)[0]
    more = max(1, count // 100)
    linked(photos, count + more, raw)
    night = cost_of_command(command_line("run"), ours)[0]
    rows.append(Row(NIGHT, f"nothing new, {work}", count, quiet, {"rebuilding": first}))
    rows.append(Row(NIGHT, f"1 % more, {work}", count, night, {"rebuilding": first}))
    return rows


def _of_script(name: str, raw: Path, encoder: str) -> Cost | None:
    """None where the library is not installed, or does not have the network."""
    try:
        return cost_of_command(_script(name, raw), {"TIEFVISION_ENCODER": encoder})[0]
    except RuntimeError as error:
        if any(missing in str(error) for missing in ("ModuleNotFoundError", "LookupError")):
            print(str(error).strip().splitlines()[-1], file=sys.stderr)
            return None
        raise


def _limit(raw: Path, encoder: str) -> dict[str, tuple[float, float]]:
    _, printed = cost_of_command(_script("limit", raw), {"TIEFVISION_ENCODER": encoder})
    found: dict[str, tuple[float, float]] = json.loads(printed)
    return found


def _script(name: str, raw: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.bench.scripts", name, str(raw)]


def _sum(*costs: Cost) -> Cost:
    return Cost(sum(one.clock for one in costs), sum(one.processor or 0 for one in costs))
