"""`tiefvision demo`, `ingest`, `run`, `status` and `gc`: adding photos, making what is out of date, cleaning up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tiefvision_assets.cli import printing
from tiefvision_assets.cli.loading import loading
from tiefvision_assets.cli.shared import Json, opened_store, running, tell

if TYPE_CHECKING:
    from tiefvision_assets.store.store import Store


def demo(
    images: Annotated[int, typer.Option(min=1, help="Photos to generate.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Decides what they show.")] = 0,
    as_json: Json = False,
) -> None:
    """Write a generated catalogue and its labels, run the whole lineage, and say what to open."""
    from tiefvision_assets.demo.run import judge_demo, run_demo

    with running() as (runner, store, stage):
        summary = run_demo(store, runner, images, seed, stage("Generating photos"))
        measured = judge_demo(store, seed, stage)
    result = {"images": images, "seed": seed, "run": asdict(summary), **measured}
    tell(result, as_json, printing.show_demo)


def ingest(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR|ARCHIVE.zip]", help="Photos to copy first, or an archive of them.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of DIR's photos; copy and scan nothing.")
    ] = False,
    changes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv|.jsonl|.parquet",
            help="Look only at the paths of this list: columns path and change (added, changed, deleted).",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy DIR's photos into the raw folder, if given; then scan it for new, changed, renamed and deleted photos."""
    if dry_run and folder is None:
        raise typer.BadParameter("--dry-run needs a folder or an archive.")
    if changes is not None and folder is not None:
        raise typer.BadParameter(
            "--changes tells of photos that are in the raw folder; give no folder or archive as well."
        )
    if changes is not None:
        _check(changes)
    with running() as (runner, store, stage):
        report: dict[str, Any] = {}
        if folder is not None:
            report = _arrived(store, folder, stage, dry_run=dry_run)
        if not dry_run:
            report = runner.scan(changes) | report
    tell(report, as_json, printing.show_photo_report if dry_run else printing.show_mapping("Catalogue"))


def _check(changes: Path) -> None:
    """Raise `BadChanges` before Dagster is loaded, and a run recorded, where the list cannot be read."""
    from tiefvision_assets.store.changes import read_changes

    read_changes(changes)


def _arrived(
    store: Store, source: Path, stage: Callable[[str], Callable[[int, int], None]], *, dry_run: bool
) -> dict[str, Any]:
    """Copy photos into the raw folder, or only look at them."""
    from tiefvision_assets.lineage.arrivals import opened
    from tiefvision_assets.store.arrivals import report_on_photos
    from tiefvision_assets.store.copying import apart, copy_below, copy_photos
    from tiefvision_assets.store.photos import PHOTO_SUFFIXES

    raw = store.raw
    with opened(store, source, PHOTO_SUFFIXES, stage("Unpacking")) as found:
        if dry_run:
            folder = found.folder if found.from_archive else apart(found.folder, raw)
            looked = report_on_photos(folder, raw, store.catalogue.live(), stage("Looking at photos"))
            return {**looked.document(), "passed_over": dict(looked.passed_over + found.passed_over), "dry_run": True}
        copy = copy_below if found.from_archive else copy_photos
        with store.writing("tiefvision ingest", wait_s=60):
            copied = copy(found.folder, raw, stage("Copying photos"))
        return {"passed_over": dict(copied.passed_over + found.passed_over)}


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
    with loading():
        from tiefvision_assets.planning.status import status_of

    tell(status_of(opened_store()), as_json, printing.show_status)


def gc(
    apply: Annotated[bool, typer.Option("--apply", help="Remove it; without this, only list it.")] = False,
    as_json: Json = False,
) -> None:
    """List what nothing refers to any more: old indexes, encodings, boxes, crops, models and label snapshots."""
    from tiefvision_assets.planning.cleaning import collect_garbage

    tell(collect_garbage(opened_store(), apply=apply), as_json, printing.show_garbage)
