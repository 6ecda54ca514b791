"""Unpacking zip archives that come from outside: bounded, and never outside of the folder that they are unpacked into.

Zip alone is read: it is what the label tools, phones and browsers write, and its list of members can be judged before
anything is unpacked.
"""

from __future__ import annotations

import errno
import lzma
import re
import shutil
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError

SUFFIX = ".zip"
MAX_MEMBERS = 200_000
BYTES_A_MEMBER = 400
"""In the archive's list of members, with a long path."""
MAX_BYTES = 16 * 2**30
"""Of all members together, unpacked: 4,000 photos of a phone, or 100,000 of a shop."""
MAX_RATIO = 100
"""By how much an archive may grow when it is unpacked. Photos hardly do, and tables of numbers about tenfold."""
SMALL = 64 * 2**20
"""An archive that unpacks to no more than this may grow by any ratio."""
LONGEST_NAME, LONGEST_PATH = 255, 2048
"""In bytes; file systems allow a name 255."""
SECOND = "a second file of that name"
BY_ITS_NAME = "not taken by its name"
"""Why members with other suffixes are passed over."""
_AT_ONCE = 2**20
_END_OF_ZIP = 22 + 2**16 + 76
"""Bytes in which the end of an archive lies: its record, the comment behind it, and ZIP64's records before it."""
_DAMAGES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)
"""What Python's decompressors raise for damaged members."""
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 99: "AES"}
"""Of packing, that other programs know; Windows takes the first for large archives."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


class BadArchive(TiefVisionError):
    """An archive that is not unpacked."""


@dataclass(frozen=True)
class Unpacked:
    """What became of the members of an archive."""

    written: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why members were not taken → how many."""


def is_archive(path: Path) -> bool:
    """Whether the name says that this is a zip archive; what it is shows when it is unpacked."""
    return path.suffix.lower() == SUFFIX and not path.is_dir()


def unpack(
    archive: Path,
    folder: Path,
    suffixes: Collection[str],
    *,
    called: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Unpacked:
    """Write the members with one of these suffixes (in small letters) below ``folder``, which is there already.

    Links, names that lead out of the folder, hidden files, further archives and damaged members are passed over.
    Raises `BadArchive`, a sentence about ``called`` (the archive's path unless given), for what is no zip archive, is
    encrypted, or would unpack to more than the limits above or than the disk has room for; and when it cannot be
    written.
    """
    name = called or str(archive)
    try:
        if _bytes_of_list(archive) > MAX_MEMBERS * BYTES_A_MEMBER:  # it would be read into memory as a whole
            raise BadArchive(f"{name} holds far more than {MAX_MEMBERS:,} files; make several archives.")
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            wanted, passed_over = _judged(members, {suffix.lower() for suffix in suffixes})
            _check(name, archive, folder, members, wanted)
            written = 0
            for done, (path, member) in enumerate(wanted, start=1):
                if reason := _write(opened, member, folder / path):
                    passed_over[reason] += 1
                else:
                    written += 1
                progress(done, len(wanted))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        reason = "it is no zip archive, or its list of files is damaged"
        raise BadArchive(f"{name} cannot be unpacked: {reason}; make it again.") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        way_out = "make room on the disk" if full else "check the rights of the file and of the data folder"
        raise BadArchive(f"{name} cannot be unpacked ({error.strerror or error}); {way_out}.") from error
    return Unpacked(written, passed_over)


def _bytes_of_list(archive: Path) -> int:
    """The size of the list of members (the central directory), as the end of the archive states it; 0 if there is none.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.14 to 4.3.16.
    """
    with archive.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_OF_ZIP))
        end = file.read()
    # every place that looks like a record: which of them a reader takes is its own business
    return max((_stated_size(end, found.start()) for found in re.finditer(b"PK\x05\x06", end)), default=0)


def _stated_size(end: bytes, at: int) -> int:
    """The same of the record at ``at``, and of ZIP64's, which stands before it and a locator of 20 bytes."""
    size, large = end[at + 12 : at + 16], max(0, at - 76)
    size64 = end[large + 40 : large + 48] if end[large:].startswith(b"PK\x06\x06") else b""
    return max(int.from_bytes(size64, "little"), 0 if size == b"\xff" * 4 else int.from_bytes(size, "little"))


def _judged(
    members: list[zipfile.ZipInfo], suffixes: Collection[str]
) -> tuple[list[tuple[str, zipfile.ZipInfo]], Counter[str]]:
    """The members to be written, by their paths, and why the others are not."""
    wanted: list[tuple[str, zipfile.ZipInfo]] = []
    passed_over: Counter[str] = Counter()
    for member in members:
        path = _path(member)
        if path.endswith("/") or member.is_dir():
            continue
        if reason := _not_taken(path, member, suffixes):
            passed_over[reason] += 1
        else:
            wanted.append((within(path), member))
    return wanted, passed_over


def _path(member: zipfile.ZipInfo) -> str:
    """The member's path with forward slashes; some tools write UTF-8 without saying so, which Python takes for code
    page 437."""
    path = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            path = path.encode("cp437").decode("utf-8")
    return path.replace("\\", "/")


def _not_taken(path: str, member: zipfile.ZipInfo, suffixes: Collection[str]) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "a link in the archive"
    if kind not in (0, stat.S_IFREG):
        return "not a file"
    if Path(path).suffix.lower() == SUFFIX:
        return "an archive in the archive"
    return refused_name(path, suffixes)


def within(path: str) -> str:
    """The relative path ``a/b`` for ``./a//b``."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def refused_name(path: str, suffixes: Collection[str]) -> str:
    """Why a file of that relative path, with forward slashes, is not written; nothing if it may be."""
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts or "\0" in path:
        return "named outside of the archive"
    if any((part.startswith(".") and part != ".") or part == "__MACOSX" for part in parts):
        return "hidden"
    if len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts):
        return "too long a name"
    suffix = Path(path).suffix.lower()
    return "" if suffix in suffixes else f"{BY_ITS_NAME} ({suffix or 'no suffix'})"


def _check(
    name: str, archive: Path, folder: Path, members: list[zipfile.ZipInfo], wanted: list[tuple[str, zipfile.ZipInfo]]
) -> None:
    packed = archive.stat().st_size
    size = sum(member.file_size for _, member in wanted)
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise BadArchive(f"{name} is encrypted; unpack it with its password, and give the folder.")
    if len(members) > MAX_MEMBERS:
        raise BadArchive(f"{name} holds {len(members):,} files, the limit is {MAX_MEMBERS:,}; make several archives.")
    if size > MAX_BYTES:
        limit = f"the limit is {MAX_BYTES // 2**30} GiB"
        raise BadArchive(f"{name} would unpack to {size / 2**30:,.1f} GiB, {limit}; make several archives.")
    # members that share their bytes would get by a ratio that is told from each alone
    if size > max(SMALL, MAX_RATIO * packed) or sum(member.compress_size for member in members) > packed:
        grown = f"from {packed / 2**20:,.1f} to {size / 2**20:,.1f} MiB"
        raise BadArchive(f"{name} would grow {grown}, as no archive of photos or labels does; it is not unpacked.")
    if size > (free := shutil.disk_usage(folder).free):
        room = f"the data folder's disk has {free / 2**20:,.0f} MiB left"
        raise BadArchive(f"{name} would unpack to {size / 2**20:,.0f} MiB, but {room}; make room first.")


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Write one member; returns why that was not done, or nothing."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for part in _content(opened, member):
                file.write(part)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return SECOND
    except _NotUnpackedError as error:
        target.unlink(missing_ok=True)
        return str(error)
    return ""


class _NotUnpackedError(Exception):
    """A member that cannot be decompressed; the text says why."""


def _content(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes, no more than it announces; `_NotUnpackedError` where decompressing fails."""
    try:
        with opened.open(member) as source:
            while part := source.read(_AT_ONCE):
                yield part
    except NotImplementedError as error:
        method = _METHODS.get(member.compress_type, f"method {member.compress_type}")
        raise _NotUnpackedError(f"packed by {method}, which is not read") from error
    except _DAMAGES as error:
        raise _NotUnpackedError("damaged in the archive") from error
