"""Photos and labels from a folder or an archive: what is there, and what would come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.archives import BY_ITS_NAME, is_archive, unpack
from tiefvision_assets.store.labels.formats import LabelFormat
from tiefvision_assets.store.labels.problems import LabelFileError
from tiefvision_assets.store.labels.recognition import file_in, recognised, why_not
from tiefvision_assets.store.staging import Staging
from tiefvision_assets.store.store import Store

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Opened:
    """A folder to be read."""

    folder: Path
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why members of the archive that it comes from were not unpacked → how many."""
    from_archive: bool = False

    def passed_over_labels(self) -> Counter[str]:
        """The same for a report on labels, where files of other suffixes go without saying."""
        others = {reason: count for reason, count in self.passed_over.items() if not reason.startswith(BY_ITS_NAME)}
        return Counter({f"files of the archive ({reason})": count for reason, count in others.items()})


@contextmanager
def opened(
    store: Store, source: Path, suffixes: Collection[str], progress: Progress = lambda done, total: None
) -> Iterator[Opened]:
    """The file or folder itself, or for the time of the block a folder with what a zip archive holds.

    Errors that are raised in the block name the archive. Raises `BadArchive` for one that is not unpacked.
    """
    if not is_archive(source) or not source.exists():
        yield Opened(source)
        return
    with Staging(store.layout.arrivals).temporary() as stage:
        unpacked = unpack(source, stage.files, suffixes, progress=progress)
        try:
            yield Opened(stage.files, unpacked.passed_over, from_archive=True)
        except TiefVisionError as error:
            raise TiefVisionError(str(error).replace(str(stage.files), str(source))) from error


def format_of(found: Opened, stated: LabelFormat | None) -> tuple[LabelFormat, Path]:
    """The format of the labels, as stated or as it is recognised, and the file or folder to be read in it.

    Raises `LabelFileError` where no format is recognised.
    """
    file_format = stated or recognised(found.folder)
    if file_format is None:
        if not found.folder.exists():
            raise LabelFileError(found.folder, "there is no such file or folder; check the path")
        names = ", ".join(LabelFormat)
        why = why_not(found.folder)
        reason = f"no format of labels was recognised in it{f' ({why})' if why else ''}"
        raise LabelFileError(found.folder, f"{reason}; name it with --format ({names})")
    as_given = stated and not found.from_archive
    return file_format, found.folder if as_given else file_in(found.folder, file_format)
