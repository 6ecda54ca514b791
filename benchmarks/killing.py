"""Processes to be killed, and the small catalogue that they work on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

LONGEST_S = 300


class Killed:
    """A process with all of its children, in a session of its own."""

    def __init__(self, command: list[str], environment: Mapping[str, str], output: int) -> None:
        self.process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, text=True, start_new_session=True
        )

    def kill_after(self, seconds: float) -> bool:
        """Kill it at that moment; False where it had ended by itself before."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return True
        return False


def tiny_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that works on the tiny catalogue."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("TIEFVISION_", "DAGSTER_"))}
    names = ("data", "cache", "encoder", "weights", "retrain_after", "device", "index", "index_url")
    given = {name: getattr(settings, name) for name in names}
    return others | {f"TIEFVISION_{name.upper()}": str(value) for name, value in given.items() if value is not None}


def labelled_folder(folder: Path) -> Settings:
    """Twelve photos with boxes and triplets, in which nothing was run."""
    import pytest

    from tests import tiny

    with pytest.MonkeyPatch.context() as patch:
        tiny.register(patch)
        tiny.write_weights(folder / "tiny.safetensors", seed=0)
        store = Store(tiny.settings_in(folder))
        tiny.label_everything(store, tiny.write_photos(store))
        store.labels.close()
        shutil.rmtree(store.layout.root / "catalogue")
    return store.settings


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the time being."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
