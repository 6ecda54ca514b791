"""Photos that have arrived: what would become of each, before anything is stored."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from tiefvision_assets.errors import displayable
from tiefvision_assets.store.copying import photos_below
from tiefvision_assets.store.photos import BadPhoto, decodable_size
from tiefvision_assets.store.raw.place import RawPhotos
from tiefvision_assets.store.regular import open_regular, read_all

ENTRY = ("path", "sha256", "width", "height")
_AT_ONCE = 4096


@dataclass(frozen=True)
class Unreadable:
    """A file that the scan would put into quarantine, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class PhotoReport:
    """What would become of the photos of a folder if they were copied into the raw folder; each counts once."""

    new: int = 0
    twins: int = 0
    """Whose content is in the catalogue under another name, or comes twice: one more path for it, nothing to encode."""
    unchanged: int = 0
    """That lie in the raw folder already, under that name and with the same bytes."""
    replaced: list[str] = field(default_factory=list)
    """Paths at which the raw folder has another photo, which would be replaced."""
    unreadable: list[Unreadable] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    entries: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ENTRY)), compare=False)
    """Of all that can be read, as the catalogue would have them: path, sha256, width and height as displayed."""

    @property
    def to_copy(self) -> int:
        """How many files would be written."""
        unreadable = len(self.unreadable)
        return self.new + self.twins + len(self.replaced) + unreadable

    def document(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "new": self.new,
            "twins": self.twins,
            "unchanged": self.unchanged,
            "replaced": [displayable(path) for path in self.replaced],
            "unreadable": [asdict(one) for one in self.unreadable],
            "passed_over": dict(self.passed_over),
        }


def report_on_photos(
    source: Path, raw: RawPhotos, known: pd.DataFrame, progress: Callable[[int, int], None] = lambda done, total: None
) -> PhotoReport:
    """Look at the photos below ``source``, and store nothing; ``known`` are the catalogue's live entries.

    Photos whose content is not in the catalogue are decoded, as the scan would do it.
    """
    passed_over: Counter[str] = Counter()
    files = sorted(photos_below(source, passed_over))
    columns = (known[name].tolist() for name in ("sha256", "width", "height"))
    sizes = {sha256: (int(width), int(height)) for sha256, width, height in zip(*columns, strict=True)}
    entries: list[tuple[str, str, int, int]] = []
    unreadable: list[Unreadable] = []
    replaced: list[str] = []
    counts: Counter[str] = Counter()
    seen = set(sizes)
    is_there = raw.comparison()
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            for number, (file, found) in enumerate(zip(some, pool.map(partial(_look, sizes=sizes), some), strict=True)):
                path = file.relative_to(source)
                name = os.fsencode(path).decode("utf-8", "backslashreplace")
                if isinstance(found, str):
                    unreadable.append(Unreadable(displayable(name), displayable(found)))
                else:
                    entries.append((path.as_posix(), *found))
                    fate = _fate(is_there(file, path.as_posix()), found[0] in seen)
                    counts[fate] += 1
                    replaced += [name] if fate == "replaced" else []
                    seen.add(found[0])
                progress(start + number + 1, len(files))
    frame = pd.DataFrame.from_records(entries, columns=list(ENTRY)).astype({"path": "str", "sha256": "str"})
    return PhotoReport(counts["new"], counts["twin"], counts["unchanged"], replaced, unreadable, passed_over, frame)


def _look(file: Path, sizes: Mapping[str, tuple[int, int]]) -> tuple[str, int, int] | str:
    """The photo's sha256, width and height, or why it cannot be used."""
    if os.fsencode(file.name).decode("utf-8", "backslashreplace") != file.name:
        return "its name is not UTF-8; rename it"
    try:
        with open_regular(file) as opened:
            content = read_all(opened, file)
    except OSError as error:
        return f"the file cannot be read ({error.strerror or error})"
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        width, height = sizes.get(sha256) or decodable_size(content)
    except BadPhoto as error:
        return str(error)
    return sha256, width, height


def _fate(is_there: bool | None, is_known: bool) -> str:
    if is_there is not None:
        return "unchanged" if is_there else "replaced"
    return "twin" if is_known else "new"
