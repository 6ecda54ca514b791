"""`tiefvision demo`, `ingest`, `run`, `status` and `gc`: adding photos, making what is out of date, cleaning up."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.shared import Json, opened_store, running, tell


def demo(
    images: Annotated[int, typer.Option(min=1, help="Photos to generate.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Decides what they show.")] = 0,
    as_json: Json = False,
) -> None:
    """Write a generated catalogue and its labels, run the whole lineage, and say what to open."""
    from tiefvision_assets.demo.run import run_demo

    with running() as (runner, store, stage):
        result = run_demo(store, runner, images, seed, stage("Generating photos"))
    tell(result, as_json, printing.show_demo)


def ingest(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Photos to copy first.")] = None,
    as_json: Json = False,
) -> None:
    """Copy DIR's photos into the raw folder, if given; then scan it for new, changed, renamed and deleted photos."""
    from tiefvision_assets.store.copying import copy_photos

    with running() as (runner, store, stage):
        report: dict[str, Any] = {}
        if folder is not None:
            with store.writing("tiefvision ingest", wait_s=60):
                copied = copy_photos(folder, store.settings.raw_dir, stage("Copying photos"))
            report["passed_over"] = dict(copied.passed_over)
        report = runner.scan() | report
    tell(report, as_json, printing.show_mapping("Catalogue"))


def run(
    select: Annotated[str | None, typer.Option(help="Only these assets, in Dagster's selection syntax.")] = None,
    as_json: Json = False,
) -> None:
    """Ingest, then materialise through Dagster whatever is out of date, until nothing is."""
    with running() as (runner, _, _):
        summary = runner.run_plan() if select is None else runner.run_selection(select)
    tell(asdict(summary), as_json, printing.show_run)


def status(as_json: Json = False) -> None:
    """Counts, served models, what is out of date and why, and the quarantined photos with reasons."""
    from tiefvision_assets.planning.status import status_of

    tell(status_of(opened_store()), as_json, printing.show_status)


def gc(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this, only list it.")] = False,
    as_json: Json = False,
) -> None:
    """List what nothing refers to any more: old indexes, encodings, boxes, crops, models and label snapshots."""
    from tiefvision_assets.planning.cleaning import collect_garbage

    tell(collect_garbage(opened_store(), apply=apply), as_json, printing.show_garbage)
