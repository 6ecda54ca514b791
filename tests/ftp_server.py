"""A small FTP server of this process, over a folder, that breaks what it is told to.

A test module makes the fixtures its own by naming them: ``server, far = ftp_server.server, ftp_server.far``.
"""

from __future__ import annotations

import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import fsspec.config
import pytest

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

USER, PASSWORD = "shop", "a secret"


@dataclass
class Fault:
    """What happens to commands whose line begins like that, as often as ``times`` says."""

    line: str
    what: str
    """``cut``: half of the file, then the end of all connections. ``short``: half of the file, as if it were all.
    ``hang up``: the end of the connection. Else the answer, such as ``550 No.``"""
    times: int = 1_000_000
    then: Callable[[], None] | None = None
    """What happens before that; with an empty ``what`` the command is then carried out."""


@dataclass
class Server:
    """The server, and what is known of what it was asked."""

    root: Path
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    """Commands that the server has not."""
    sockets: set[socket.socket] = field(default_factory=set)

    def breaks(self, line: str, what: str, times: int = 1_000_000, then: Callable[[], None] | None = None) -> None:
        self.faults.append(Fault(line, what, times, then))

    def heals(self) -> None:
        self.faults.clear()
        self.lines.clear()

    def hang_up(self) -> None:
        """End all connections, as servers do with those that nobody uses."""
        for connection in list(self.sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def fetched(self) -> list[str]:
        """The paths of the files that were fetched."""
        return sorted(line.removeprefix("RETR /photos/") for line in self.lines if line.startswith("RETR "))


class _Connection(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        ours = self.server.ours
        ours.sockets.add(self.connection)
        self.user = ""
        self.say("220 Here.")
        with suppress(OSError):
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                ours.lines.append(line)
                if self.carry_out(*line.partition(" ")[::2], what=self.fault(line)):
                    break
        ours.sockets.discard(self.connection)

    def fault(self, line: str) -> str:
        for fault in self.server.ours.faults:
            if fault.times > 0 and line.startswith(fault.line):
                fault.times -= 1
                if fault.then:
                    fault.then()
                return fault.what
        return ""

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def carry_out(self, command: str, about: str, what: str) -> bool:
        """Do it and answer; whether that was the last command."""
        if what == "hang up":
            return True
        if what[:1].isdigit():
            self.say(what)
            return False
        if command in self.server.ours.unknown or not hasattr(self, f"do_{command}"):
            self.say("502 No such command.")
            return False
        try:
            return bool(getattr(self, f"do_{command}")(about, what))
        except FileNotFoundError:
            self.say("550 No such file.")
        except OSError as error:
            self.say(f"550 {error.strerror}.")
        return False

    def file(self, about: str) -> Path:
        return self.server.ours.root / about.lstrip("/")

    def transfer(self, content: bytes | None, what: str = "") -> bytes:
        """Send the content, or receive some, over a connection of its own."""
        self.say("150 Now.")
        received = b""
        with self.passive.accept()[0] as other:
            if content is None:
                while part := other.recv(2**16):
                    received += part
                    if what == "cut":
                        break
            else:
                other.sendall(content[: len(content) // 2] if what in ("cut", "short") else content)
        self.passive.close()
        if what != "cut":
            self.say("226 Done.")
        return received

    def do_USER(self, about: str, _: str) -> None:
        self.user = about
        self.say("331 And?")

    def do_PASS(self, about: str, _: str) -> None:
        self.say("230 Come in." if (self.user, about) == (USER, PASSWORD) else "530 Login incorrect.")

    def do_TYPE(self, *_: str) -> None:
        self.say("200 Yes.")

    do_REST = do_TYPE  # noqa: N815

    def do_PASV(self, *_: str) -> None:
        self.passive = socket.create_server(("127.0.0.1", 0))
        port = self.passive.getsockname()[1]
        self.say(f"227 Entering Passive Mode (127,0,0,1,{port // 256},{port % 256}).")

    def do_MLSD(self, about: str, what: str) -> bool:
        lines = [_facts(item) for item in sorted(self.file(about).iterdir())]
        self.transfer("".join(f"{line}\r\n" for line in lines).encode(), what)
        return what == "cut"

    def do_LIST(self, about: str, what: str) -> None:
        lines = []
        for item in self.file(about).iterdir():
            kind, found = "d" if item.is_dir() else "-", item.stat()
            time = datetime.fromtimestamp(found.st_mtime, UTC)
            lines.append(f"{kind}rw-r--r-- 1 me me {found.st_size} {time:%b %d %H:%M} {item.name}")
        self.transfer("".join(f"{line}\r\n" for line in lines).encode(), what)

    def do_MLST(self, about: str, _: str) -> None:
        self.say(f"250-Of it:\r\n {_facts(self.file(about))}\r\n250 End.")

    def do_RETR(self, about: str, what: str) -> bool:
        self.transfer(self.file(about).read_bytes(), what)
        return what == "cut"

    def do_STOR(self, about: str, what: str) -> bool:
        with self.file(about).open("wb") as target:
            target.write(self.transfer(None, what))
        return what == "cut"

    def do_DELE(self, about: str, _: str) -> None:
        self.file(about).unlink()
        self.say("250 Gone.")

    def do_MKD(self, about: str, _: str) -> None:
        self.file(about).mkdir()
        self.say("257 Made.")

    def do_RNFR(self, about: str, _: str) -> None:
        self.moved = self.file(about)
        self.say("350 Where to?")

    def do_RNTO(self, about: str, _: str) -> None:
        self.moved.replace(self.file(about))
        self.say("250 There.")


def _facts(item: Path) -> str:
    found = item.stat()
    time = datetime.fromtimestamp(found.st_mtime, UTC)
    kind = "dir" if item.is_dir() else "file"
    return f"type={kind};size={found.st_size};modify={time:%Y%m%d%H%M%S};unique={found.st_ino:X}; {item.name}"


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    ours: Server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with an empty folder ``photos``, whose user and password fsspec's configuration has."""
    for name in [name for name in os.environ if name.startswith(("TIEFVISION_", "FSSPEC_"))]:
        monkeypatch.delenv(name)
    root = tmp_path / "server"
    (root / "photos").mkdir(parents=True)
    with _Listener(("127.0.0.1", 0), _Connection) as listener:
        ours = listener.ours = Server(root, listener.server_address[1])
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        environment = {"FSSPEC_FTP_USERNAME": USER, "FSSPEC_FTP_PASSWORD": PASSWORD}
        configuration: dict[str, dict[str, str]] = {}
        fsspec.config.set_conf_env(configuration, environment)
        monkeypatch.setitem(fsspec.config.conf, "ftp", configuration["ftp"])
        yield ours
        ours.hang_up()
        listener.shutdown()


@dataclass(frozen=True)
class Far:
    """The settings of a data folder whose photos lie on that server."""

    server: Server
    settings: Settings

    @property
    def photos(self) -> Path:
        """Where the server has them."""
        return self.server.root / "photos"

    def but(self, **settings: object) -> Store:
        """The data folder by other settings."""
        return Store(Settings.model_validate(self.settings.model_dump() | settings))

    def put(self, path: str, content: bytes) -> None:
        file = self.photos / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_name(".new").write_bytes(content)
        file.with_name(".new").replace(file)

    def paths(self) -> list[str]:
        return sorted(file.relative_to(self.photos).as_posix() for file in self.photos.rglob("*") if file.is_file())


@pytest.fixture
def far(server: Server, tmp_path: Path) -> Far:
    settings = Settings(
        data=tmp_path / "data",
        cache=tmp_path / "cache",
        raw=f"ftp://127.0.0.1:{server.port}/photos",
        device="cpu",
        encoder="tiny",
    )
    return Far(server, settings)
