"""URLs at which photos and data may lie: those of object storage, and of what fsspec reads."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

URL_SCHEMES = ("s3", "gs", "az")
"""Object storage: S3 and what speaks its protocol, Google's and Azure's. All else is left to fsspec."""


def checked_url(given: str, may_be_file_system: bool) -> str:
    """A URL of object storage, or of what fsspec reads where that will do; ValueError for all else.

    It holds no credentials, so that it can be shown and stored.
    """
    scheme, _, place = given.partition("://")
    if scheme in URL_SCHEMES:
        wanted, source = "a bucket and a prefix", "the environment"
    elif not may_be_file_system:
        raise ValueError(
            f"{scheme}:// will not do, since files that decide for all machines are put under a condition, which "
            f"object storage alone has; give a folder, or a URL such as {URL_SCHEMES[0]}://bucket/prefix"
        )
    elif scheme in ("file", "local"):
        raise ValueError("it is a folder of this machine; give its path")
    elif scheme not in (known := _schemes_of_fsspec()):
        raise ValueError(
            f"there is no {scheme}://; give a folder, a URL such as {URL_SCHEMES[0]}://bucket/prefix, or one that "
            f"fsspec reads: {', '.join(known)}"
        )
    else:
        wanted, source = "a host and a folder", "fsspec's configuration (~/.config/fsspec, FSSPEC_…)"
    url = urlsplit(given)
    if "@" in url.netloc or not _has_plain_port(url) or "::" in given or url.query or url.fragment:
        raise ValueError(f"the URL holds more than {wanted}; credentials come from {source}")
    if not place.strip("/") or (scheme in URL_SCHEMES and not url.hostname):
        raise ValueError(f"the URL names no place; give {wanted} behind {scheme}://")
    return given.rstrip("/")


def _has_plain_port(url: SplitResult) -> bool:
    """Whether there is no port, or one; what a password with a slash leaves behind the colon is none."""
    try:
        return url.port is None or url.port > 0
    except ValueError:
        return False


def _schemes_of_fsspec() -> list[str]:
    from fsspec.registry import available_protocols

    return sorted(set(available_protocols()) - {"file", "local"})
