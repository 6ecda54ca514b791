"""fsspec's FTP, where it would take a failure for something else, or ask for a whole folder to tell of one file."""

from __future__ import annotations

import errno
import io
from ftplib import Error, error_perm
from typing import Any

from fsspec.implementations.ftp import FTPFileSystem

_UNKNOWN = ("500", "502", "504")
"""Answers to a command that the server has not."""


class CarefulFTP(FTPFileSystem):
    """As fsspec has it, but for what is said at each method."""

    def ls(self, path: str, detail: bool = True, **others: Any) -> list[Any]:
        """A folder that cannot be listed is an error; fsspec takes it for an empty one, or for none."""
        path = self._strip_protocol(path)
        try:
            found: list[Any] = super().ls(path, detail, **others)
        except FileNotFoundError as error:
            if isinstance(error.__cause__, Error):
                raise ConnectionError(str(error.__cause__)) from error
            raise
        if path not in self.dircache:
            raise PermissionError(errno.EACCES, f"the server does not list {path}")
        return found

    def info(self, path: str, **others: Any) -> dict[str, Any]:
        """Asks for the one file by MLST; only of a server without it for the whole folder, as fsspec does."""
        path = self._strip_protocol(path)
        if path == self.root_marker:
            return {"name": path, "size": 0, "type": "directory"}
        try:
            answer = self.ftp.voidcmd(f"MLST {path}")
        except error_perm as error:
            if str(error).startswith(_UNKNOWN):
                return dict(super().info(path, **others))
            raise FileNotFoundError(errno.ENOENT, "there is no such file", path) from None
        (line,) = [line for line in answer.splitlines() if line.startswith(" ")]
        pairs = (fact.partition("=") for fact in line.strip().partition(" ")[0].split(";") if fact)
        facts = {name.lower(): value for name, _, value in pairs}
        kind = {"dir": "directory", "cdir": "directory"}.get(facts["type"].lower(), facts["type"].lower())
        return facts | {"name": path, "type": kind, "size": int(facts.get("size", 0))}

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **others: Any) -> bytes:
        """A file that is there and is not given is no missing one."""
        try:
            return bytes(super().cat_file(path, start, end, **others))
        except FileNotFoundError as error:
            if not isinstance(error.__cause__, error_perm):
                raise ConnectionError(str(error.__cause__)) from error
            self.info(path)
            raise PermissionError(errno.EACCES, str(error.__cause__)) from error

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **others: Any) -> None:
        """One transfer; fsspec makes one of every 64 KiB, and not every server takes the second."""
        self.ftp.storbinary(f"STOR {path}", io.BytesIO(value))
        self.invalidate_cache(self._parent(path))
