"""`tiefvision` as people run it, in a process of its own; and the same in this process, for speed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tiefvision_assets import cli
from tiefvision_assets.settings import Settings

TIEFVISION = [sys.executable, "-m", "tiefvision_assets.cli"]
KEPT = ("TIEFVISION_CACHE", "TIEFVISION_WEIGHTS", "TIEFVISION_DEVICE")
"""Settings that say where weights come from and what computes; all others are the tests' own."""


def environment_of(data: Path, **settings: str) -> dict[str, str]:
    """The environment of a data folder, otherwise with the default settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.startswith(("TIEFVISION_", "DAGSTER_"))
    }
    return kept | {"TIEFVISION_DATA": str(data), **{f"TIEFVISION_{name}": value for name, value in settings.items()}}


def tiefvision(environment: dict[str, str], *arguments: str, timeout: float = 1200) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*TIEFVISION, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=timeout
    )


def answer(environment: dict[str, str], *arguments: str) -> Any:
    """The JSON document that a command which must succeed prints."""
    done = tiefvision(environment, *arguments, "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(what: str, condition: Callable[[], Any], within_s: float, every_s: float = 0.5) -> Any:
    """The first true answer of the condition; the test fails when none came in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(every_s)
    pytest.fail(f"{what}: not within {within_s:.0f} s")


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit status."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The error of a command that failed: one line after any logs, and nothing on standard output."""
        assert (self.code, self.out) == (1, ""), (self.code, self.out, self.err)
        assert "Traceback" not in self.err
        *_, line = self.err.strip().splitlines()
        assert line.endswith(".")
        return line


InProcess = Callable[..., Answer]


@pytest.fixture
def in_process(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> InProcess:
    """Runs a command in this process, with the settings in the environment."""
    for name in ("data", "cache", "encoder", "weights", "device"):
        monkeypatch.setenv(f"TIEFVISION_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("TIEFVISION_RETRAIN_AFTER", str(settings.retrain_after))

    def command(*arguments: object) -> Answer:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["tiefvision", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Answer(code, *capsys.readouterr())

    return command
