"""``DAGSTER_HOME``: the folder of Dagster's runs and events, with the settings of a Dagster of one's own."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import atomic_path

DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
run_monitoring:
  enabled: true
freshness:
  enabled: true
"""
RUNS = re.compile(r"(?<=max_concurrent_runs: )\d+")


class BadDagsterHome(TiefVisionError):
    """The environment's ``DAGSTER_HOME`` is no folder, and cannot be made one."""


def dagster_home(settings: Settings) -> str:
    """``DAGSTER_HOME``, absolute and created: from the environment, else in the data folder with its settings."""
    named = os.environ.get("DAGSTER_HOME")
    if named:
        try:
            home = Path(named).expanduser().resolve()
            home.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise BadDagsterHome(
                f"DAGSTER_HOME={named!r} cannot be used ({error}); name a folder, or unset it to use the data folder's."
            ) from error
        return str(home)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    config = settings.dagster_home / "dagster.yaml"
    present = config.read_text(encoding="utf-8") if config.exists() else DAGSTER_YAML
    # The number follows the setting; a file that somebody has edited otherwise stays as it is.
    ours = RUNS.sub("1", present) == DAGSTER_YAML
    wanted = RUNS.sub(str(settings.parallel_runs), DAGSTER_YAML)
    if ours and not (config.exists() and present == wanted):
        with atomic_path(config) as temporary:
            temporary.write_text(wanted, encoding="utf-8")
    return str(settings.dagster_home)
