"""What fsspec's file systems tell about a file, each in words of its own, as a size and a stamp."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tiefvision_assets.store.raw.far import FarFile
from tiefvision_assets.store.raw.place import RawUnavailable

_TIMES = ("mtime", "modify", "modified", "last_modified", "LastModified", "modificationTime", "updated", "created")
"""When the file was written, as FTP, SFTP, SMB, HDFS, WebDAV and others call it; the first that is told counts."""
_MARKS = ("etag", "ETag", "unique")
"""What else changes with the file."""
_NO_NEWS = ("name", "time", "atime")
"""What stays when a file is replaced, or changes when it is read."""
_MILLISECONDS = 10**11
"""A number beyond this is none of seconds since 1970."""


def far_file(path: str, facts: Mapping[str, Any], url: str) -> FarFile:
    """The file at that path; `RawUnavailable` where no size is told."""
    size = facts.get("size")
    if size is None:
        raise RawUnavailable(
            f"{url} tells no size of {path}, without which no scan knows what has changed; copy the photos elsewhere."
        )
    return FarFile(path, int(size), _stamp(facts))


def _stamp(facts: Mapping[str, Any]) -> int:
    time = next((facts[name] for name in _TIMES if facts.get(name)), None)
    mark = next((facts[name] for name in _MARKS if facts.get(name)), None)
    if time is None and mark is None:
        # what fsspec's `ukey` hashes; each of its listings tells it
        return _hashed(sorted((name, str(fact)) for name, fact in facts.items() if name not in _NO_NEWS))
    nanoseconds = _nanoseconds(time)
    return nanoseconds if mark is None else nanoseconds // 10**9 * 10**9 + _hashed(mark)


def _nanoseconds(time: Any) -> int:
    """The time since 1970; of a text that is none that is understood, a hash below a second."""
    if time is None:
        return 0
    if isinstance(time, str):
        try:
            digits = time[:14]  # of RFC 3659: 20260131120000
            time = datetime.strptime(digits, "%Y%m%d%H%M%S") if digits.isdigit() else datetime.fromisoformat(time)
        except ValueError:
            return _hashed(time)
    if isinstance(time, datetime):
        time = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    seconds = float(time) / 1000 if float(time) > _MILLISECONDS else float(time)
    return round(seconds * 10**6) * 1000  # listings and questions may tell it in different types


def _hashed(value: Any) -> int:
    return int.from_bytes(hashlib.sha256(str(value).encode()).digest()[:8], "big") % 10**9
