"""`tiefvision ui` and `dagster`: commands that start servers."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from tiefvision_assets.settings import Settings

Port = Annotated[int, typer.Option(min=1, max=65535)]


def ui(port: Port = 8501) -> None:
    """Serve the Streamlit app on this machine."""
    Settings()
    os.execv(sys.executable, [sys.executable, "-m", "tiefvision_ui", "--port", str(port)])


def dagster(port: Port = 3000) -> None:
    """Serve Dagster's webserver, behind a guard against other sites' pages, and daemon on this machine."""
    from tiefvision_assets.orchestration.dagster_home import dagster_home
    from tiefvision_assets.orchestration.guarded_dagster import ADDRESS
    from tiefvision_assets.orchestration.instances import opened_instance

    home = dagster_home(Settings())
    with opened_instance(home):  # a new home's databases are made before Dagster's servers ask for them together
        pass
    os.environ["DAGSTER_HOME"] = home
    # The home may be somebody's own, whose dagster.yaml says nothing of telemetry, which is on by default.
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    options = ["-m", "tiefvision_assets.definitions", "-h", ADDRESS, "-p", str(port)]
    _heed_signals()
    os.execv(sys.executable, [sys.executable, "-m", "tiefvision_assets.orchestration.guarded_dagster", *options])


def _heed_signals() -> None:
    """Have SIGINT and SIGTERM end what this process becomes, whoever started it.

    A shell script ignores SIGINT for what it starts with ``&``; children inherit that, and Dagster treats SIGTERM as it
    finds SIGINT. Its servers could then be ended by SIGKILL only, which leaves their children behind.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
