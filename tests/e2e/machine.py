"""A machine that carries out the plan: ``python -m tests.e2e.machine FOLDER DATABASE_URL DATA RAW``."""

from __future__ import annotations

import sys
from pathlib import Path

import dagster as dg
import pytest

from tests import tiny
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.orchestration.runner import Runner

if __name__ == "__main__":
    folder, *given = sys.argv[1:]
    patches = pytest.MonkeyPatch()
    tiny.register(patches)
    tiny.hurry(patches)
    settings = tiny.settings_in(Path(folder)).model_copy(
        update=dict(zip(("database_url", "data", "raw"), given, strict=True))
    )
    Runner(settings, Progress(), print, dg.DagsterInstance.ephemeral()).run_plan()
