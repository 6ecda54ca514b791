"""Photos that were found, as files for other programs and people: a table, an archive, a contact sheet."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, get_args

from tiefvision_assets.errors import TiefVisionError, displayable
from tiefvision_assets.pictures import Thumbnail, sheet
from tiefvision_assets.search.hits import SearchHit
from tiefvision_assets.store.catalogue import Catalogue
from tiefvision_assets.store.photos import BadPhoto, open_photo
from tiefvision_assets.store.raw.place import RawUnavailable

ExportFormat = Literal["csv", "zip", "jpg"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
MOST_BYTES = 256 * 2**20
"""Of the photos in an archive, which is made in memory."""
COLUMNS = ("rank", "image_id", "path", "sha256", "score", "level")
_ON_SHEET, _SHEET_COLUMNS, _CELL, _LONGEST = 200, 6, (210, 280), 30


class CannotExport(TiefVisionError):
    """Photos that cannot be put into one file."""


@dataclass(frozen=True)
class ExportedPhoto:
    """One photo of an export; score and level are of a search, None for photos that were not searched for."""

    image_id: str
    path: str
    sha256: str
    score: float | None = None
    level: str | None = None


def exported(hits: Iterable[SearchHit]) -> list[ExportedPhoto]:
    """Hits as photos to export."""
    return [ExportedPhoto(hit.image_id, hit.path, hit.sha256, hit.score, hit.level) for hit in hits]


def export(photos: Sequence[ExportedPhoto], kind: ExportFormat, catalogue: Catalogue) -> bytes:
    """The content of the file: a CSV, a zip archive of the photos with that CSV, or a contact sheet as JPEG.

    Photos whose file is gone, or is another one by now, or cannot be fetched, are left out of archive and sheet. Raises
    `CannotExport` for photos of more than `MOST_BYTES`, and `RawUnavailable` where none at all can be fetched.
    """
    made: dict[ExportFormat, Callable[[], bytes]] = {
        "csv": lambda: table(photos),
        "zip": lambda: _archive(photos, catalogue),
        "jpg": lambda: _contact_sheet(photos, catalogue),
    }
    return made[kind]()


def table(photos: Sequence[ExportedPhoto]) -> bytes:
    """A row a photo, in UTF-8 with the mark by which spreadsheets know it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for rank, photo in enumerate(photos, 1):
        score = "" if photo.score is None else f"{photo.score:.6f}"
        writer.writerow([rank, photo.image_id, displayable(photo.path), photo.sha256, score, photo.level or ""])
    return text.getvalue().encode("utf-8-sig")


def _archive(photos: Sequence[ExportedPhoto], catalogue: Catalogue) -> bytes:
    """The files as they are, under their paths, numbered by rank so that folders keep the order."""
    buffer = io.BytesIO()
    total = 0
    width = len(str(len(photos)))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("photos.csv", table(photos))
        for rank, photo, content in _contents(photos, catalogue):
            total += len(content)
            if total > MOST_BYTES:
                raise CannotExport(
                    f"These photos have more than {MOST_BYTES // 2**20} MiB together, which is the most for one "
                    "archive; choose fewer of them."
                )
            archive.writestr(f"photos/{rank:0{width}d}-{PurePosixPath(displayable(photo.path)).name}", content)
    return buffer.getvalue()


def _contents(photos: Sequence[ExportedPhoto], catalogue: Catalogue) -> Iterator[tuple[int, ExportedPhoto, bytes]]:
    """Rank, photo and file of those that are still what was found, and can be fetched.

    Where none was fetched and the storage does not answer, `RawUnavailable`.
    """
    fetched, outage = 0, None
    for rank, photo in enumerate(photos, 1):
        try:
            content = catalogue.read(photo.path)
        except RawUnavailable as error:  # perhaps of this photo alone, as one in an archive
            outage = error
            continue
        except (OSError, KeyError, BadPhoto):
            continue
        fetched += 1
        if hashlib.sha256(content).hexdigest() == photo.sha256:
            yield rank, photo, content
    if outage and not fetched:
        raise outage


def _contact_sheet(photos: Sequence[ExportedPhoto], catalogue: Catalogue) -> bytes:
    thumbnails = []
    for _, photo, content in _contents(photos[:_ON_SHEET], catalogue):
        try:
            opened = open_photo(content)
        except BadPhoto:
            continue
        name = PurePosixPath(displayable(photo.path)).stem
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        caption = short if photo.score is None else f"{short}  {photo.score:.2f}"
        thumbnails.append(Thumbnail.of(opened, caption, (), None))
    buffer = io.BytesIO()
    sheet(thumbnails, min(_SHEET_COLUMNS, max(1, len(thumbnails))), _CELL).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
