"""Measuring work in this process and in processes of its own: by the clock, in processor time, in memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.bench.table import Cost


def cost(work: Callable[[], object]) -> Cost:
    """What the work costs in this process."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - clock, time.process_time() - processor)


def cost_of_command(command: list[str], environment: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """What a command costs, its start and its own children included; and what it printed."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True)
    seconds, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed:\n{done.stderr[-2000:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, processor), done.stdout


def in_a_process(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    """The JSON document that a module prints on its last line when it runs in a process of its own."""
    _, printed = cost_of_command([sys.executable, "-m", module, *arguments], environment)
    return json.loads(printed.splitlines()[-1])


def peak_megabytes() -> float:
    """The largest resident memory of this process; `getrusage` would count that of the process which started it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1000


def forget_peak() -> None:
    """Let `peak_megabytes` count from the present memory on, as far as Linux lets the process."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def command_line(*arguments: str) -> list[str]:
    """The `tiefvision` command of this environment."""
    return [sys.executable, "-m", "tiefvision_assets.cli", *arguments]
