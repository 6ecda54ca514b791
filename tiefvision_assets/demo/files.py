"""The demo's files: written atomically, and never into a folder with somebody else's photos."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path


class ForeignCatalogue(TiefVisionError):
    """The folder for the demo's photos holds files that the demo did not write."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically; a file that holds these bytes already is left alone, so that no scan opens it again."""
    if not (path.is_file() and path.read_bytes() == content):
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table with a header row, atomically."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())


def listed_photos(manifest: Path) -> list[str]:
    """The photos, relative to their root, that an earlier demo wrote or was about to write; none without a manifest.

    Raises `ForeignCatalogue` when the file is not a demo's manifest.
    """
    if not manifest.exists():
        return []
    try:
        photos = json.loads(manifest.read_text())["photos"]
    except (ValueError, KeyError, TypeError) as error:
        raise ForeignCatalogue(
            f"{manifest} is not a demo's list of photos; move it away to write a demo here."
        ) from error
    return [str(photo) for photo in photos]


def refuse_foreign(raw: Path, listed: Iterable[str]) -> None:
    """Raise `ForeignCatalogue` when `raw` holds a file that is not listed; hidden files are nobody's photos."""
    known = set(listed)
    foreign = sorted(
        path.relative_to(raw).as_posix()
        for path in raw.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.relative_to(raw).as_posix() not in known
    )
    if foreign:
        count = f"{len(foreign)} file{'s' if len(foreign) > 1 else ''}"
        raise ForeignCatalogue(
            f"{raw} holds {count} that no demo wrote, such as {foreign[0]}; choose another data folder for the demo."
        )


def remove_photos(raw: Path, photos: Iterable[str]) -> None:
    """Remove photos of an earlier demo."""
    for photo in photos:
        (raw / photo).unlink(missing_ok=True)
