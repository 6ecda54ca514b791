"""Which hosts a server answers for: names and addresses as they stand in ``Host`` and ``Origin``. No server is here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``, a name or an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def hostname(authority: str) -> str | None:
    """The name or address in ``host``, ``host:port`` or ``[address]:port``, in lower case; None if it is none of them.

    >>> hostname("Photos.example.org:8501"), hostname("[::1]:80"), hostname("user@localhost")
    ('photos.example.org', '::1', None)
    """
    try:
        parts = urlsplit(f"//{authority}")
        parts.port  # noqa: B018  raises for what is no port
    except ValueError:
        return None
    if not parts.hostname or "@" in authority or parts.path or parts.query or parts.fragment:
        return None
    return parts.hostname.rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Hosts:
    """The hosts that a server answers for: ``address``, at which it listens, and ``named``, which the settings add.

    A server that only this machine reaches answers for all of this machine's own names. One that listens at all
    addresses answers for any of them, too: an address, unlike a name, cannot be pointed elsewhere by its owner.
    """

    address: str
    named: frozenset[str] = frozenset()

    def include(self, authority: str | None) -> bool:
        """Whether ``authority``, a ``Host`` header, names one of them."""
        host = hostname(authority or "")
        if host is None:
            return False
        if host in LOOPBACK_NAMES or host == self.address.lower() or host in self.named:
            return True
        return self.address in ("0.0.0.0", "::") and _is_address(host)

    def sent_from_here(self, origin: str, authority: str) -> bool:
        """Whether a page of this server sent the request: its origin is the host asked, or one of those named.

        Another port of this machine is another server's. Those named count at any port, because a proxy in front may
        have a port of its own.
        """
        scheme, _, rest = origin.partition("://")
        return scheme in ("http", "https") and (rest.lower() == authority.lower() or hostname(rest) in self.named)


def parsed_names(given: Collection[str]) -> frozenset[str]:
    """Names of hosts in lower case, without empty ones; raises ValueError for what is more than a host's name."""
    names = {name.strip().lower() for name in given} - {""}
    for name in names:
        if not NAME.fullmatch(name) and not _is_address(name):
            raise ValueError(f"{name!r} is no host's name; give names without scheme and port, separated by commas")
    return frozenset(names)
