"""The working copy of a data folder in object storage: what is shared, when it is fetched, and how it is published.

* A file is published by one put, which is whole or not at all; a folder by the puts of its files, of which its record
  is the last. Only then does it get its name in the working copy. So whoever is killed leaves nothing by half, and
  whoever is told that something was written finds it in the bucket.
* What decides for everybody (`FENCED`) is put only in place of the version that the writer has seen. Of two machines
  one is refused, whatever became of its lock.
* What others have published is learned from listings: a stand-in is put for each object that is new or has changed, and
  its content is fetched by whoever reads it first. An object that a listing lacks is asked for by name before it counts
  as gone.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sqlalchemy import make_url

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.atomic import TEMPORARY
from tiefvision_assets.store.bucket import copies
from tiefvision_assets.store.bucket.objects import DataUnavailable, Objects, Overtaken, Version
from tiefvision_assets.store.layout import Layout

RECORDS = ("model.json", "index.json", "exports.json")
"""Files by which a folder counts as complete: published last, withdrawn first."""
AGE_S = 60.0
"""Searches learn so often of files that have changed without `served.json`, such as products."""
PATIENCE_S = 1.0
LOCKS = 64
STEP_SHARE = 0.05
"""A process lets copies go when it has added so much of the limit."""
_UNREADY_S = 86_400.0
_log = logging.getLogger(__name__)


def opened_copy(settings: Settings) -> WorkingCopy:
    """The working copy that the settings ask for, up to date; `TiefVisionError` where others do not fit it.

    While the storage is away it is as it was, if it was there before; else `DataUnavailable` is raised.
    """
    assert settings.data_url is not None
    url = settings.database_url
    if url is None or not make_url(url).drivername.startswith("postgresql"):
        raise TiefVisionError(
            f"The data folder is {settings.data_url}, and labels, attempts and claims cannot be kept there; set "
            "TIEFVISION_DATABASE_URL to a database of PostgreSQL."
        )
    layout = Layout(settings.data_dir)
    copy = WorkingCopy(settings.data_url, layout, int(settings.cache_gb * 2**30))
    try:
        copy.refresh()
    except DataUnavailable as error:
        if not layout.served.exists():
            raise
        _log.warning("What was known before is used: %s", error)
    return copy


class WorkingCopy:
    """A local folder that stands for the objects below a URL; ``limit`` bytes of them are kept.

    Any number of processes of one machine may share it.
    """

    def __init__(self, url: str, layout: Layout, limit: int) -> None:
        self._objects = Objects(url)
        self._layout = layout
        self._limit = limit
        self._root = layout.root
        self._folders = [folder.name for folder in layout.made]
        own = (layout.served, layout.served_copy, layout.cancelled, layout.feedback_key)
        self._files = [file.name for file in own]
        self._fenced = {layout.served, layout.catalogue, layout.feedback_key}
        self._unready = self._root / ".unready"
        self._added = 0
        self._refreshed = self._looked = -float("inf")
        self._lock, self._looking = threading.RLock(), threading.Lock()
        self._fetching = [threading.Lock() for _ in range(LOCKS)]
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._remove_unready()

    def shares(self, path: Path) -> bool:
        """Whether that file or folder is shared with other machines; what is temporary is not."""
        if not path.is_relative_to(self._root):
            return False
        parts = path.relative_to(self._root).parts
        if any(part.startswith(TEMPORARY) for part in parts):
            return False
        is_own = parts in [(name,) for name in self._files] or path == self._layout.written_products
        return is_own or (len(parts) > 1 and parts[0] in self._folders)

    def refresh(self, older_than_s: float = 0.0) -> None:
        """Put stand-ins for what is new or has changed, and remove what has gone; see the module's docstring.

        Raises `DataUnavailable`, and the working copy stays as it was.
        """
        with self._lock:
            if time.monotonic() - self._refreshed < older_than_s:
                return
            started = time.monotonic()
            listed = self._objects.listed(self._folders)
            there = {path: version for path, version in listed.items() if self.shares(self._root / path)}
            here = {self._key(file): found for file, found in copies.with_status(self._shared())}
            asked = self._objects.versions([path for path in here if path not in there])
            for path in here.keys() - there.keys() - asked.keys():
                self._forget(self._root / path)
            there |= asked
            # last comes what names others
            for path in sorted(there, key=lambda path: (path in self._files, path)):
                if path not in here or not copies.is_version(here[path], there[path]):
                    copies.put_stand_in(self._root / path, there[path], self._unready)
            self._refreshed = started

    def look(self, pointer: Path, older_than_s: float) -> None:
        """`refresh` if the pointer has changed, or after `AGE_S`; failures are logged.

        It is waited for `PATIENCE_S`, and then goes on by itself: no search waits for a storage that is away.
        """
        now = time.monotonic()
        if now - max(self._looked, self._refreshed) < older_than_s or not self._looking.acquire(blocking=False):
            return
        self._looked = now
        thread = threading.Thread(target=self._look, args=(pointer,), daemon=True)
        thread.start()
        thread.join(PATIENCE_S)

    def _look(self, pointer: Path) -> None:
        try:
            if time.monotonic() - self._refreshed >= AGE_S or not self._is_present(pointer):
                self.refresh()
        except DataUnavailable as error:
            _log.warning("What was known before is used: %s", error)
        finally:
            self._looking.release()

    def _is_present(self, file: Path) -> bool:
        version = self._objects.version(self._key(file))
        found = _status(file)
        return version is None if found is None else version is not None and copies.is_version(found, version)

    def is_here(self, file: Path) -> bool:
        """Whether the content of that file is in the working copy, or nothing of it."""
        found = _status(file)
        return found is None or not copies.is_stand_in(found)

    def fetch(self, file: Path) -> None:
        """Have the file's content in the working copy, if there is such a file anywhere; raises `DataUnavailable`."""
        found = _status(file)
        if found and not copies.is_stand_in(found):
            return copies.used(file, found)
        with self._fetching[hash(file) % LOCKS]:
            if found is None or not self.is_here(file):
                self._fetch(file, found)
        return None

    def fetch_again(self, file: Path) -> bool:
        """Replace the copy by what is stored now; False where that is not there any more."""
        self._fetch(file, None)
        return file.exists()

    def _fetch(self, file: Path, known: os.stat_result | None) -> None:
        temporary = copies.temporary_in(self._unready)
        try:
            version = self._objects.fetch(self._key(file), temporary)
            if file == self._layout.served and not (known and copies.is_version(known, version)):
                self.refresh()  # it names what was published since the last one
            copies.stamp(temporary, version)
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(file)
        except FileNotFoundError:
            self._forget(file)
        finally:
            temporary.unlink(missing_ok=True)
        self._add(file)

    def publish(self, target: Path, written: Path) -> None:
        """Put a file or folder, and note of each file which version it is; the caller then renames it to ``target``.

        Raises `DataUnavailable` or `Overtaken`; of a folder without its record some files may be there then.
        """
        if not written.is_dir():
            return self._put(target, written)
        if target.exists():
            self.withdraw(target)
        for file in sorted(_files(written), key=lambda file: (file.name in RECORDS, file)):
            self._put(target / file.relative_to(written), file)
        return None

    def _put(self, target: Path, written: Path) -> None:
        key = self._key(target)
        if target in self._fenced:
            try:
                version = self._objects.put_if(key, written, self._seen(target))
            except Overtaken:
                self.refresh()
                raise
        else:
            version = self._objects.put(key, written)
        copies.stamp(written, version)
        self._add(written)

    def _seen(self, target: Path) -> Version | None:
        """The present version of what is fenced, which must be that of the working copy."""
        found, present = _status(target), self._objects.version(self._key(target))
        if present is None if found is None else present is not None and copies.is_version(found, present):
            return present
        raise Overtaken(self._key(target), self._objects.url)

    def withdraw(self, path: Path) -> None:
        """Remove the objects of a file or folder, records first; raises `DataUnavailable`."""
        files = list(_files(path)) if path.is_dir() else [path]
        self._objects.delete([self._key(file) for file in sorted(files, key=lambda file: file.name not in RECORDS)])

    def set_aside(self, file: Path, target: Path) -> None:
        """Keep the bytes of a damaged file under the name of ``target``, and withdraw it."""
        self._objects.put(self._key(target), file)
        self.withdraw(file)

    def _add(self, file: Path) -> None:
        found = _status(file)
        with self._lock:
            self._added += found.st_size if found else 0
            if self._added < STEP_SHARE * self._limit:
                return
            self._added = 0
        copies.let_go(self._shared(), self._limit, self._unready)

    def _forget(self, file: Path) -> None:
        """Remove the file from the working copy, and folders that it leaves empty."""
        try:
            file.unlink()
            for folder in file.relative_to(self._root).parents:
                if len(folder.parts) > 1:
                    (self._root / folder).rmdir()
        except OSError:  # it was not there, or others are
            return

    def _shared(self) -> Iterator[Path]:
        yield from (self._root / name for name in self._files)
        for name in self._folders:
            yield from (file for file in _files(self._root / name) if self.shares(file))

    def _key(self, file: Path) -> str:
        return PurePosixPath(file.relative_to(self._root)).as_posix()

    def _remove_unready(self) -> None:
        """Remove what killed processes left a day ago."""
        for file, found in copies.with_status(_files(self._unready)):
            if time.time() - found.st_ctime > _UNREADY_S:
                file.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    for above, _, names in os.walk(folder):
        for name in names:
            yield Path(above, name)


def _status(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
