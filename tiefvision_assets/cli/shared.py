"""Shared by commands: options, the store, runs with progress bars, and results as text or JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiefvision_assets.cli.loading import loading
from tiefvision_assets.errors import displayable
from tiefvision_assets.settings import Settings

if TYPE_CHECKING:
    from tiefvision_assets.orchestration.runner import Runner
    from tiefvision_assets.store.store import Store

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; everything else on stderr.")]


def opened_store() -> Store:
    """The store in the data folder that the settings name."""
    from tiefvision_assets.store.store import Store

    return Store(Settings())


@contextmanager
def running() -> Iterator[tuple[Runner, Store, Callable[[str], Callable[[int, int], None]]]]:
    """A runner, its store, and a maker of progress callbacks by stage.

    SIGINT and SIGTERM end the process with a sentence, and with 128 and the signal's number as its status; a run that
    is cancelled in Dagster ends it with 1.
    """
    with loading():
        from tiefvision_assets.cli.console import Bars, errors
        from tiefvision_assets.lineage.progress import Progress, Stopped
        from tiefvision_assets.orchestration.runner import Runner
        from tiefvision_assets.orchestration.stopping import Interrupted, leave, signals_interrupt

    settings = Settings()
    try:
        with signals_interrupt(), Bars() as bars:
            progress = Progress(bars.show)
            runner = Runner(settings, progress, bars.say)
            yield runner, runner.store, progress.stage
    except Interrupted as interrupted:
        errors.print(f"Stopped by {interrupted}; what was made is kept, and the same command goes on from there.")
        leave(interrupted.exit_status)
    except Stopped:
        errors.print("Cancelled in Dagster; what was made is kept, and the same command goes on from there.")
        leave(1)


def tell(document: Any, as_json: bool, show: Callable[[Any], None]) -> None:
    """Print the document as JSON, or by ``show``."""
    if as_json:
        text = json.dumps(_without_nan(document), ensure_ascii=False, indent=2, default=str)
        sys.stdout.write(displayable(text) + "\n")  # the escapes are those that JSON has for lone surrogates
    else:
        show(document)


def _without_nan(value: Any) -> Any:
    """The value with NaN replaced by None, because JSON has no NaN: what cannot be measured is null."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
