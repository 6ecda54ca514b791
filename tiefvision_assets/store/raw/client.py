"""Opening a bucket by obstore, and its errors as sentences.

Credentials, region and endpoint come from the usual variables of the environment (``AWS_ACCESS_KEY_ID`` …) or from the
machine's role; no setting of ours and no URL holds them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.raw.place import Denied, NoName, RawUnavailable, Refused

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CONNECTING = timedelta(seconds=10)
SILENCE = timedelta(seconds=30)
"""A response of which nothing comes for so long counts as broken off."""
UPLOADING = timedelta(minutes=5)
"""The same of what is written: nothing comes before all of it was sent, and up to 64 MB are on their way at once."""
SMALL = 2**20
"""Of so many bytes, `SILENCE` suffices for writing as well."""
REQUEST = timedelta(minutes=10)
"""The longest that one request may take: half a gigabyte over a slow line."""
RETRYING = timedelta(minutes=3)
RETRIES = 5
"""Of requests that fail by the storage's own fault (5xx), by the network, or by silence."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=200), timedelta(seconds=10)

_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"non-2xx status code: (\d{3} [A-Z][\w ]*)")
_NO_CREDENTIALS = re.compile(r"169\.254\.|[Cc]redential|Missing \w*AccessKey")
"""The address is that at which a machine of AWS is asked for its role."""
_TIMEOUT = "kind: Timeout"
"""Told after the message, among what obstore prints for those who look for errors in it."""
_REFUSALS = ("401", "403")
_MISSING = "Object storage needs the extra s3; install it with pip install 'tiefvision[s3]'."


class NoSuchObject(FileNotFoundError):
    """There is no object of that name, and the bucket exists."""


class BrokeOff(RawUnavailable):
    """The storage answered, and its answer ended too early; obstore repeats no listing for that."""


class Archived(Denied):
    """The object lies in an archive from which it cannot be read."""

    of_photo = "it lies in an archive of the storage; restore it"


def open_bucket(url: str, silence: timedelta | None = None) -> ObjectStore:
    """The part of the bucket below the URL's prefix; nothing is requested yet.

    ``silence`` is `SILENCE` unless it is given: to write more than `SMALL` bytes takes `UPLOADING`.
    """
    try:
        from obstore.store import from_url
    except ImportError as error:
        raise TiefVisionError(_MISSING) from error
    with sentences(url):
        return from_url(
            url,
            client_options={
                "allow_http": _endpoint().startswith("http://"),
                "connect_timeout": CONNECTING,
                "read_timeout": silence or SILENCE,
                "timeout": REQUEST,
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": RETRYING,
                "backoff": {"init_backoff": FIRST_PAUSE, "max_backoff": LONGEST_PAUSE, "base": 2},
            },
        )


@contextmanager
def sentences(url: str) -> Iterator[None]:
    """Errors of obstore in the block become `RawUnavailable`, or `NoSuchObject`."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        # runs show the innermost error, and the library's own are twenty lines long: the sentence has what they tell
        raise _told(url, error) from None


def _told(url: str, error: Exception) -> RawUnavailable | NoSuchObject:
    if isinstance(error, UnicodeEncodeError):
        return NoName(f"A file's name is not UTF-8, which {url} cannot take ({error.object!r}); rename it.")
    text = str(error).partition("\n\nDebug source")[0]
    found = _CODE.search(text)
    code = found[1] if found else ""
    status = (_STATUS.search(text) or ("", ""))[1].strip()
    reason = " ".join(part for part in (status, code) if part)
    if code == "NoSuchBucket":
        return RawUnavailable(f"There is no bucket of {url}; check that URL and AWS_ENDPOINT_URL.")
    if isinstance(error, FileNotFoundError):
        return NoSuchObject(text)
    if _NO_CREDENTIALS.search(text):
        return Refused(
            f"There are no credentials for {url}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this "
            "machine a role."
        )
    if code == "InvalidObjectState":
        return Archived(f"An object of {url} lies in an archive; restore it, or move it out of the raw folder.")
    if status.startswith(_REFUSALS):
        kind = Denied if code in ("AccessDenied", "") else Refused
        return kind(
            f"Access to {url} is refused ({reason}); check the credentials and their rights to list, to get and, where "
            "something is written, to put and to delete."
        )
    if status.startswith("5"):
        return RawUnavailable(f"The storage of {url} fails ({reason}); try again later.")
    if status:
        return RawUnavailable(f"The storage of {url} does not take the request ({reason}); check its URL and region.")
    if "error sending request" in text:
        at = f" at {_endpoint()}" if _endpoint() else ""
        if _TIMEOUT in str(error):
            return RawUnavailable(f"The storage of {url}{at} does not answer; check the network, or try again later.")
        return RawUnavailable(f"{url} cannot be reached{at}; check the network and AWS_ENDPOINT_URL.")
    if "invalid path" in text or "parse path" in text:
        named = text.rpartition(": ")[2]
        return NoName(f"{url} can have no object of this name ({named}); rename it.")
    return BrokeOff(f"The connection to {url} broke off ({text.rpartition(': ')[2][:200]}); try again.")


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
