"""Photos in a folder of this machine."""

from __future__ import annotations

import errno
import filecmp
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import pandas as pd

from tiefvision_assets.store.atomic import atomic_path, remove_leftovers_of
from tiefvision_assets.store.photos import BadPhoto
from tiefvision_assets.store.raw.place import Change, FoundPhoto, listing_of
from tiefvision_assets.store.regular import open_regular, read_all
from tiefvision_assets.store.stamp import FileStamp

READS = 3
"""A file that changes while it is read is read at most so many times; then it is left to the next scan."""


@dataclass(frozen=True)
class RawFolder:
    """The photos below a folder; see `tiefvision_assets.store.raw.place.RawPhotos`."""

    folder: Path
    readers: None = None
    is_far: bool = False

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self.folder)

    def gone(self, known: str) -> str | None:
        """A sentence where the folder does not exist: a disk may not be mounted."""
        if self.folder.is_dir():
            return None
        return (
            f"The raw folder {self.folder} is gone, and the catalogue knows {known}; mount it again, or make it "
            "anew, empty, if the photos are to be forgotten."
        )

    def listed(self, known: pd.Series) -> pd.DataFrame:
        """Every visible file. Hidden files and folders are skipped, and so are linked folders.

        100,000 files take about a second.
        """
        # flat lists: a hundred thousand tuples would make the garbage collector traverse all of memory
        paths: list[str] = []
        sizes: list[int] = []
        times: list[int] = []
        folder = self.folder
        waiting = [""] if folder.is_dir() else []
        while waiting:
            prefix = waiting.pop()
            with os.scandir(folder / prefix) as items:
                for item in items:
                    if item.name.startswith("."):
                        continue
                    path = prefix + item.name
                    if item.is_dir(follow_symlinks=False):
                        waiting.append(f"{path}/")
                        continue
                    if item.is_symlink() and (folder / path).is_dir():
                        continue
                    found = status_of(item)
                    if found:
                        paths.append(path)
                        sizes.append(found.st_size)
                        times.append(found.st_mtime_ns)
        return listing_of(paths, sizes, times)

    def found(self, paths: Sequence[str]) -> pd.DataFrame:
        """Looks at each path by itself; what lies below a linked folder is none of a listing's files."""
        real = cache(self._is_real)
        held: list[tuple[str, int, int]] = []
        for path in paths:
            found = status_of(self.folder / path) if real(path.rpartition("/")[0]) else None
            if found and not stat.S_ISDIR(found.st_mode):
                held.append((path, found.st_size, found.st_mtime_ns))
        return listing_of(*map(list, zip(*held, strict=True)) if held else ([], [], []))

    def _is_real(self, folder: str) -> bool:
        """Whether no folder on that way is a link."""
        ways = [self.folder.joinpath(*PurePosixPath(folder).parts[:depth]) for depth in range(1, folder.count("/") + 2)]
        return not folder or not any(map(os.path.islink, ways))

    def read(self, path: str) -> FoundPhoto:
        """The file's bytes, and its time, which were the same before and after reading.

        A link may lead to another file of the folder, and nowhere else. Raises FileNotFoundError for a file that is
        gone, and `BadPhoto` for one that cannot be read or keeps changing; for the latter an older time is recorded, so
        that the next scan reads it again.
        """
        file = self.folder / path
        try:
            if file.is_symlink() and not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(self.folder)):
                raise BadPhoto("it is a link out of the raw folder; put the photo itself there")
            for _ in range(READS):
                with open_regular(file) as opened:
                    before = os.fstat(opened.fileno())
                    data = read_all(opened, file)
                after = file.stat()
                if FileStamp.of(before) == FileStamp.of(after):
                    return FoundPhoto(data, after.st_mtime_ns)
        except FileNotFoundError as error:
            if not os.path.lexists(file):
                raise
            raise BadPhoto(f"the file cannot be read ({error.strerror})") from error
        except OSError as error:
            raise BadPhoto(f"the file cannot be read ({error.strerror or error})") from error
        raise BadPhoto("the file changes while it is read; the next scan reads it again")

    def source(self, path: str, expected: Callable[[str], str]) -> Path:
        """The file itself."""
        return self.folder / path

    def content(self, path: str, expected: Callable[[str], str]) -> bytes:
        """The file's bytes; OSError where there is no file any more, or none of a photo's size."""
        file = self.folder / path
        with open_regular(file) as opened:
            return read_all(opened, file)

    def fetch(self, path: str, expected: Callable[[str], str]) -> None:
        """Nothing: it is here."""

    def comparison(self) -> Callable[[Path, str], bool | None]:
        """Compares byte by byte."""

        def is_there(file: Path, path: str) -> bool | None:
            target = self.folder / path
            return filecmp.cmp(file, target, shallow=False) if target.is_file() else None

        return is_there

    def copy_from(self, source: Path, files: Sequence[Path], progress: Callable[[int, int], None]) -> int:
        """Copy what is not there with the same bytes; what a killed copy left of these files is removed."""
        remove_leftovers_of(self.folder / file.relative_to(source) for file in files)
        written, is_there = 0, self.comparison()
        for done, file in enumerate(files, start=1):
            target = self.folder / file.relative_to(source)
            if not is_there(file, file.relative_to(source).as_posix()):
                with atomic_path(target) as temporary:
                    shutil.copyfile(file, temporary)
                written += 1
            progress(done, len(files))
        return written

    def add(self, path: str, content: bytes) -> None:
        """Write a new file."""
        target = self.folder / path
        if not target.exists():
            with atomic_path(target) as temporary:
                temporary.write_bytes(content)

    def put(self, path: str, content: bytes) -> Change:
        """Write a file, in place of one that is there."""
        target = self._inside(path)
        is_there = target.is_file()
        if is_there and target.stat().st_size == len(content) and target.read_bytes() == content:
            return "unchanged"
        with atomic_path(target) as temporary:
            temporary.write_bytes(content)
        return "replaced" if is_there else "added"

    def remove(self, path: str) -> bool:
        """Remove a file, or a link."""
        target = self._inside(path)
        if not os.path.lexists(target):
            return False
        target.unlink()
        return True

    def _inside(self, path: str) -> Path:
        """The file at that path; OSError where a linked folder leads out of the raw folder."""
        target = self.folder / path
        if not Path(os.path.realpath(target.parent)).is_relative_to(os.path.realpath(self.folder)):
            raise OSError(errno.ELOOP, "a folder of its path is a link out of the raw folder")
        return target

    def changes(self) -> str:
        """A hash of the modification times of all visible folders: files that are overwritten in place change none."""
        found = []
        waiting = [self.folder] if self.folder.is_dir() else []
        while waiting:
            here = waiting.pop()
            found.append(f"{here} {here.stat().st_mtime_ns}")
            with os.scandir(here) as items:
                waiting += [
                    here / item.name
                    for item in items
                    if not item.name.startswith(".") and item.is_dir(follow_symlinks=False)
                ]
        return hashlib.sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def status_of(item: os.DirEntry[str] | Path) -> os.stat_result | None:
    """Status of the file, or of a link that leads nowhere; None where there is none, or none any more."""
    for follow in (True, False):
        try:
            return item.stat(follow_symlinks=follow)
        except (OSError, ValueError):
            continue
    return None
