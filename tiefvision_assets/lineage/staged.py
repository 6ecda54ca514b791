"""What people drop in the app: staged outside of the raw folder, looked at, and taken when they confirm.

The functions are those of ``tiefvision ingest`` and ``tiefvision labels import``, so that both take the same, and say
the same about it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from tiefvision_assets.errors import TiefVisionError, displayable
from tiefvision_assets.lineage.arrivals import Progress
from tiefvision_assets.lineage.label_exchange import import_document, read_labels, store_labels, write_report
from tiefvision_assets.store.archives import BY_ITS_NAME, SECOND, is_archive, refused_name, unpack, within
from tiefvision_assets.store.arrivals import report_on_photos
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.copying import copy_below
from tiefvision_assets.store.labels.choices import Choices
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.problems import LabelFileError, Report
from tiefvision_assets.store.labels.recognition import LABEL_SUFFIXES, file_in, recognised
from tiefvision_assets.store.photos import PHOTO_SUFFIXES
from tiefvision_assets.store.staging import Stage, Staging
from tiefvision_assets.store.store import Store

MAX_FILES = 20_000
MAX_BYTES = 2**30
"""Of one drop, as the browser sends it; more is a case for the command line."""
MAX_CATEGORIES = 500
"""Of objects, that are offered to choose from."""
LOCK_WAIT_S = 60.0
_SUFFIXES = PHOTO_SUFFIXES | LABEL_SUFFIXES
_ABOUT, _PHOTOS, _OUTCOME = "about", "photos", "outcome"


class CannotBeTaken(TiefVisionError):
    """What was dropped cannot be staged, or not be taken now."""


@dataclass(frozen=True)
class Dropped:
    """A file as the browser sends it; the name has folders where a folder was dropped."""

    name: str
    content: bytes | memoryview


@dataclass(frozen=True)
class LabelLook:
    """What would come of the labels among the files."""

    file_format: LabelFormat
    document: dict[str, Any] | None
    """As ``tiefvision labels import --dry-run --json`` prints it; None where they cannot be read at all."""
    refusal: str = ""
    """Why not."""
    categories: tuple[str, ...] = ()
    """Those of its objects, the most frequent first."""


def stage_files(staging: Staging, files: Sequence[Dropped], *, is_folder: bool) -> Stage:
    """Write the files into a new stage, archives unpacked, without the name of the folder that was dropped.

    Raises `BadArchive`, and `CannotBeTaken` for more than the limits above or where there is no room; nothing is left
    behind then.
    """
    size = sum(len(file.content) for file in files)
    if len(files) > MAX_FILES or size > MAX_BYTES:
        raise CannotBeTaken(
            f"{len(files):,} files with {size / 2**20:,.0f} MiB were dropped, the limit is {MAX_FILES:,} files and "
            f"{MAX_BYTES // 2**20:,} MiB; drop less at a time, or give `tiefvision ingest` the folder."
        )
    stage = staging.new()
    try:
        passed_over: Counter[str] = Counter()
        for file in files:
            _write(stage, file, passed_over, is_folder=is_folder)
        stage.note(_ABOUT, {"name": _name(files, is_folder), "passed_over": dict(passed_over)})
    except OSError as error:
        stage.remove()
        reason = error.strerror or error
        raise CannotBeTaken(f"The files cannot be kept for a look ({reason}); make room on the disk first.") from error
    except BaseException:
        stage.remove()
        raise
    return stage


def name_of(stage: Stage) -> str:
    """What was dropped, in a word."""
    return str((stage.noted(_ABOUT) or {}).get("name", "")) or "what was dropped"


def look_at_photos(store: Store, stage: Stage, progress: Progress = lambda done, total: None) -> None:
    """Find out what would become of each photo, and keep that for `photos_of`."""
    report = report_on_photos(stage.files, store.raw, store.catalogue.live(), progress)
    write_parquet(stage.folder / "entries.parquet", report.entries)
    document = report.document()
    about = stage.noted(_ABOUT) or {}
    passed_over = report.passed_over + Counter(about.get("passed_over", {}))
    kept = {reason: count for reason, count in passed_over.items() if not _is_a_label(reason)}
    stage.note(_PHOTOS, {**document, "passed_over": kept, "to_copy": report.to_copy})


def photos_of(stage: Stage) -> dict[str, Any] | None:
    """What `look_at_photos` found, as ``tiefvision ingest --dry-run --json`` prints it; None before that."""
    found: dict[str, Any] | None = stage.noted(_PHOTOS)
    return found


def look_at_labels(store: Store, stage: Stage, stated: LabelFormat | None, choices: Choices) -> LabelLook | None:
    """What would come of the labels; None where no format is stated, and none recognised."""
    file_format = stated or recognised(stage.files)
    if file_format is None:
        return None
    try:
        document, report = _import(store, stage, file_format, choices, dry_run=True)
        categories = tuple(displayable(name) for name, _ in report.categories.most_common(MAX_CATEGORIES))
        return LabelLook(file_format, document, categories=categories)
    except TiefVisionError as error:
        return LabelLook(file_format, None, _renamed(error, stage))


def outcome_of(stage: Stage) -> dict[str, Any] | None:
    """What `take` did; None before that."""
    found: dict[str, Any] | None = stage.noted(_OUTCOME)
    return found


def take(
    store: Store,
    stage: Stage,
    stated: LabelFormat | None,
    choices: Choices,
    progress: Progress = lambda done, total: None,
    next_step: Callable[[], str] = lambda: "",
) -> dict[str, Any]:
    """Copy the photos into the raw folder, each in one step, then import the labels, in one transaction.

    If photos were copied, ``next_step`` is called, and its sentence is part of what is returned. A second call does
    nothing and returns the same; one that follows a failure goes on where that stopped. Raises `CannotBeTaken` while
    another call is at it, where the files are gone, and where there is no room.
    """
    with stage.held() as mine:
        if known := outcome_of(stage):
            return known
        if not mine or not stage.files.is_dir():
            gone = "they are being taken already" if stage.files.is_dir() else "they were taken or removed already"
            raise CannotBeTaken(f"The files cannot be taken: {gone}; look at the page again.")
        photos = photos_of(stage)
        if photos is None:
            raise CannotBeTaken("The files have not been looked at yet; wait for the report.")
        copied = 0
        if photos["to_copy"]:
            with store.writing("photos that were dropped in the app", wait_s=LOCK_WAIT_S):
                copied = _copied(store, stage, progress)
        file_format = stated or recognised(stage.files)
        labels = None
        if file_format is not None:
            try:
                labels, _ = _import(store, stage, file_format, choices, dry_run=False)
                write_report(store.layout.label_report, labels)
            except LabelFileError as error:
                labels = {"refused": _renamed(error, stage)}
        outcome = {"name": name_of(stage), "photos": copied, "labels": labels, "next": next_step() if copied else ""}
        stage.note(_OUTCOME, outcome)
        stage.empty()
        return outcome


def _import(
    store: Store, stage: Stage, file_format: LabelFormat, choices: Choices, *, dry_run: bool
) -> tuple[dict[str, Any], Report]:
    entries = stage.folder / "entries.parquet"
    arriving = pd.read_parquet(entries) if entries.exists() else None
    read = read_labels(store, file_in(stage.files, file_format), file_format, choices, arriving)
    read = replace(read, source=Path(name_of(stage)))
    found = store_labels(store, read, choices.annotator, dry_run=dry_run)
    return import_document(name_of(stage), file_format, found, dry_run=dry_run), read.report


def _copied(store: Store, stage: Stage, progress: Progress) -> int:
    try:
        return copy_below(stage.files, store.raw, progress).written
    except OSError as error:
        raise CannotBeTaken(
            f"Not all photos could be written into {store.raw.name} ({error.strerror or error}); those that were are "
            "whole. Make room, and confirm again: it goes on from there."
        ) from error


def _write(stage: Stage, file: Dropped, passed_over: Counter[str], *, is_folder: bool) -> None:
    path = file.name.replace("\\", "/")
    if is_folder:
        path = path.partition("/")[2] or path
    if not is_folder and is_archive(Path(path)):
        archive = stage.folder / "archive.zip"
        archive.write_bytes(file.content)
        passed_over += unpack(archive, stage.files, _SUFFIXES, called=displayable(path)).passed_over
        archive.unlink()
        return
    reason = refused_name(path, _SUFFIXES)
    target = stage.files / within(path)
    if not reason:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as opened:
                opened.write(file.content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            reason = SECOND
    if reason:
        passed_over[reason] += 1


def _name(files: Sequence[Dropped], is_folder: bool) -> str:
    first = files[0].name.replace("\\", "/") if files else ""
    if is_folder:
        return displayable(first.partition("/")[0])
    others = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return displayable(PurePosixPath(first).name) + others


def _is_a_label(reason: str) -> bool:
    """Whether a file was passed over for the reason that it is one of labels, not of a photo."""
    return not reason.startswith(BY_ITS_NAME) and any(reason.endswith(f"({suffix})") for suffix in LABEL_SUFFIXES)


def _renamed(error: TiefVisionError, stage: Stage) -> str:
    """The error's sentence, with the name of what was dropped in place of the folder that it lies in."""
    text = str(error)
    for path in (f"{stage.files}{os.sep}", str(stage.files)):
        text = text.replace(path, f"{name_of(stage)}, " if path.endswith(os.sep) else name_of(stage))
    return text
