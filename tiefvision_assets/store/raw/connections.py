"""Opening what fsspec knows by a URL, and its errors as sentences.

User names and passwords come from fsspec's own configuration (``~/.config/fsspec``, ``FSSPEC_…``); no setting of ours
and no URL holds them.
"""

from __future__ import annotations

import ftplib
import re
from collections.abc import Callable
from queue import LifoQueue
from typing import Any, TypeVar

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.raw.place import Denied, NoName, RawUnavailable, Refused

T = TypeVar("T")
FileSystem = Any
"""An ``fsspec.AbstractFileSystem``."""

CONNECTIONS = 4
"""Servers of FTP and SFTP admit few of one address. Their clients are for one thread at a time."""
TRIES = 2
"""What a connection breaks off is asked for once more by a new one: a server closes those that nobody uses."""

_OF_FILES = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError)
"""News about a file, after which the connection is as good as before."""
_NO_LOG_IN = re.compile(r"\b(401|430|530|532)\b|authenticat|log.?[io]n|credential|password", re.IGNORECASE)


class Connections:
    """Up to `CONNECTIONS` file systems for one URL, opened when they are asked for and used again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: LifoQueue[tuple[FileSystem, str] | None] = LifoQueue()
        for _ in range(CONNECTIONS):
            self._waiting.put(None)

    def ask(self, question: Callable[[FileSystem, str], T]) -> T:
        """What the question makes of a file system and of the path of the URL in it; it may be asked twice.

        Raises `RawUnavailable`; errors that are about a file, such as FileNotFoundError, as they are.
        """
        opened = self._waiting.get()
        try:
            for tries_left in reversed(range(TRIES)):
                is_open = opened is not None
                try:
                    opened = opened or open_file_system(self._url)
                    is_open = True
                    return question(*opened)
                except (*_OF_FILES, TiefVisionError):
                    raise
                except Exception as error:  # each implementation has errors of its own
                    opened = None
                    # runs show the innermost error, and libraries' own name neither the place nor a way out
                    told = _told(self._url, error, is_open)
                    if not tries_left or isinstance(told, Refused | NoName):
                        raise told from None
            raise AssertionError("the last attempt returns or raises")
        finally:
            self._waiting.put(opened)


def open_file_system(url: str) -> tuple[FileSystem, str]:
    """A file system with connections of its own, and the path of the URL in it.

    Raises `TiefVisionError` where a package is missing, and whatever the implementation does where it cannot connect.
    """
    from fsspec.registry import get_filesystem_class

    scheme = url.partition("://")[0]
    try:
        kind = get_filesystem_class(scheme)
    except ImportError as error:
        raise TiefVisionError(f"{url} cannot be read without another package: {error}.") from None
    if scheme == "ftp":
        from tiefvision_assets.store.raw.ftp import CarefulFTP

        kind = CarefulFTP
    return kind(**kind._get_kwargs_from_urls(url), skip_instance_cache=True), kind._strip_protocol(url).rstrip("/")


def _told(url: str, error: Exception, is_open: bool) -> RawUnavailable:
    reason = _reason(error)
    refused = isinstance(error, ftplib.error_perm | PermissionError)
    if _NO_LOG_IN.search(reason) and (refused or not is_open):
        scheme = url.partition("://")[0].upper()
        return Refused(
            f"{url} takes no log-in ({reason}); give user name and password by fsspec's configuration, such as "
            f"FSSPEC_{scheme}_USERNAME and FSSPEC_{scheme}_PASSWORD."
        )
    if refused:
        return Denied(f"Access to {url} is refused ({reason}); check the rights to list, to read and to write.")
    if isinstance(error, TimeoutError):
        return RawUnavailable(f"{url} does not answer; check the network, or try again later.")
    if is_open and isinstance(error, ValueError):
        return NoName(f"{url} can have no file of this name ({reason}); rename it.")
    if is_open:
        return RawUnavailable(f"The connection to {url} broke off ({reason}); try again.")
    if isinstance(error, OSError):
        return RawUnavailable(f"{url} cannot be reached ({reason}); check the network and the URL.")
    return RawUnavailable(f"{url} cannot be opened ({reason}); check the URL and fsspec's configuration.")


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text.strip().partition("\n")[0].rstrip(".")[:200] or type(error).__name__
