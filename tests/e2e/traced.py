"""Commands under strace, which writes down to which addresses they and all their children send anything."""

from __future__ import annotations

import ipaddress
import re
import shutil
from pathlib import Path

STRACE = shutil.which("strace")
_CALLS = "connect,sendto,sendmsg,sendmmsg"
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')


def traced(log: Path, *command: str) -> list[str]:
    """The command, traced into ``log`` whatever language its parts are written in; signals reach it as ever."""
    assert STRACE
    # -D: the tracer is a grandchild. Stopping for every other call would make the command several times slower.
    options = ["-D", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(log)]
    return [STRACE, *options, *command]


def sent_elsewhere(log: Path) -> list[str]:
    """The calls that name an address of another machine; a name that was looked up is the call to its server."""
    found = []
    for line in log.read_text(errors="replace").splitlines():
        addresses = [ipaddress.ip_address(four or six) for four, six in _ADDRESS.findall(line)]
        if any(not _of_this_machine(address) for address in addresses):
            found.append(line)
    return found


def _of_this_machine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified
