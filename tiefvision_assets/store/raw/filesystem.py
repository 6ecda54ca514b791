"""Photos in a file system that fsspec reads: SFTP, FTP, SMB, HDFS, WebDAV and what else it has a package for."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from tiefvision_assets.store.raw.cache import PhotoCache
from tiefvision_assets.store.raw.connections import CONNECTIONS, Connections, FileSystem
from tiefvision_assets.store.raw.facts import far_file
from tiefvision_assets.store.raw.far import FarFile, FarPhotos, check_size
from tiefvision_assets.store.raw.place import NoName, RawUnavailable

READS = 3
"""A file that changes while it is read is read at most so many times."""


class RawFileSystem(FarPhotos):
    """The photos below a URL such as ``sftp://host/folder``; see `tiefvision_assets.store.raw.place.RawPhotos`."""

    def __init__(self, url: str, cache: PhotoCache) -> None:
        super().__init__(url, cache, CONNECTIONS)
        self._connections = Connections(url)

    def gone(self, known: str) -> str | None:
        """A sentence where the folder does not exist."""
        with suppress(FileNotFoundError, NotADirectoryError):
            if self._connections.ask(lambda files, root: files.info(root or "/"))["type"] == "directory":
                return None
        return (
            f"There is no folder {self.name} any more, and the catalogue knows {known}; check TIEFVISION_RAW, or make "
            "it anew, empty, if the photos are to be forgotten."
        )

    def listed(self, known: pd.Series) -> pd.DataFrame:
        """Every visible file. Hidden files and folders are skipped, and so are linked folders."""
        found = self._everything()
        if not found and len(known) and (lost := self.gone(f"{len(known)} files in it")):
            raise RawUnavailable(lost)
        return self._visible(found)

    def _everything(self) -> list[FarFile]:
        """All visible files, folder by folder; none where the folder itself does not exist."""
        return self._connections.ask(self._walked)

    def _walked(self, files: FileSystem, root: str) -> list[FarFile]:
        # not by `find` or `walk`, which leave out what cannot be listed
        found: list[FarFile] = []
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            folder = f"{root}/{prefix}".rstrip("/")
            files.invalidate_cache()
            try:
                items = files.ls(folder or "/", detail=True)
            except FileNotFoundError:
                continue
            for item in items:
                name = item["name"].rstrip("/").rpartition("/")[2]
                if name.startswith(".") or item["name"].strip("/") == folder.strip("/"):
                    continue
                if item["type"] == "directory":
                    waiting.append(f"{prefix}{name}/")
                elif facts := _file_facts(files, f"{folder}/{name}", item):
                    found.append(far_file(prefix + name, facts, self.name))
        return found

    def look(self, path: str) -> FarFile | None:
        """The file as it is now; None for a folder as well."""

        def question(files: FileSystem, root: str) -> FarFile | None:
            files.invalidate_cache()
            facts = files.info(f"{root}/{path}")
            return far_file(path, facts, self.name) if facts["type"] == "file" else None

        try:
            return self._connections.ask(question)
        except (FileNotFoundError, NotADirectoryError, NoName):
            return None

    def get(self, path: str) -> tuple[bytes, int]:
        """The file, whole, and its stamp, which was the same before and after reading."""

        def question(files: FileSystem, root: str) -> tuple[bytes, int]:
            for _ in range(READS):
                before = far_file(path, files.info(f"{root}/{path}"), self.name)
                check_size(before.size)
                content = files.cat_file(f"{root}/{path}")
                after = far_file(path, files.info(f"{root}/{path}"), self.name)
                if before == after and len(content) == after.size:
                    return content, after.stamp
                files.invalidate_cache()
            raise RawUnavailable(f"{self.name} gave {path} incompletely, or it changes while it is read; try again.")

        try:
            return self._connections.ask(question)
        except (NotADirectoryError, IsADirectoryError) as error:
            raise FileNotFoundError(path) from error

    def _sums(self) -> dict[str, tuple[int, str]]:
        return {item.path: (item.size, "") for item in self._everything()}

    def _write(self, path: str, content: bytes | Path) -> None:
        data = content.read_bytes() if isinstance(content, Path) else content
        self._connections.ask(lambda files, root: _write_whole(files, f"{root}/{path}", data))

    def _delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._connections.ask(lambda files, root: files.rm_file(f"{root}/{path}"))


def _file_facts(files: FileSystem, path: str, item: dict[str, Any]) -> dict[str, Any] | None:
    """What is told of a file, or of the file that a link leads to; None where it leads to none."""
    if item["type"] == "file":
        return item
    try:
        facts: dict[str, Any] = files.info(path)
    except FileNotFoundError:
        return None
    return facts if facts["type"] == "file" else None


def _write_whole(files: FileSystem, target: str, content: bytes) -> None:
    """Write under a hidden name and move; by one put where the file system has no move, or none onto a file."""
    folder = target.rpartition("/")[0]
    _make_folder(files, folder)
    if not _can_move(files):
        files.pipe_file(target, content)
        return
    temporary = f"{folder}/.{uuid.uuid4().hex}.tmp"
    try:
        files.pipe_file(temporary, content)
        try:
            files.mv(temporary, target)
        except Exception:  # each implementation has errors of its own
            files.pipe_file(target, content)
            files.rm_file(temporary)
    except Exception:
        with suppress(Exception):
            files.rm_file(temporary)
        raise


def _can_move(files: FileSystem) -> bool:
    """Whether it moves files by itself; fsspec's own way is to copy and to remove."""
    from fsspec import AbstractFileSystem

    own: Callable[..., None] = type(files).mv
    return own is not AbstractFileSystem.mv


def _make_folder(files: FileSystem, folder: str) -> None:
    """Make the folder and those above it, each of which somebody else may make meanwhile."""
    if not folder or files.isdir(folder):
        return
    _make_folder(files, folder.rpartition("/")[0])
    try:
        files.mkdir(folder, create_parents=False)
    except Exception:
        if not files.isdir(folder):
            raise
