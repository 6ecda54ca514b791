"""A real S3 server of this process (moto's) behind a proxy that breaks what it is told to.

A test module makes the fixtures its own by naming them: ``storage, bucket = object_storage.storage, ...``.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tiefvision_assets.settings import Settings
from tiefvision_assets.store.raw import client
from tiefvision_assets.store.store import Store

PREFIX = "photos"
PIECES, PAUSE_S = 8, 0.25
SIGNED = "AWS4-HMAC-SHA256 Credential=somebody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""The server checks no signature, and lets those who give none read only."""


@dataclass
class Fault:
    """What happens to requests of that method whose address holds ``about``; as often as ``times`` says."""

    method: str
    about: str
    what: str
    """``cut``: half of the body, then the end. ``stall``: half of the body, then nothing. ``silent``: nothing at all.
    ``slow``: bodies go and come in `PIECES`, with a `PAUSE_S` before each. ``stale``: what the server answered when it
    was asked for the first time. ``lost``: it is done, and no answer comes. Else a status, and after a colon the code
    of S3's error document."""
    times: int = 1_000_000
    then: Callable[[], None] | None = None
    """What happens meanwhile, before the connection is cut."""
    kept: tuple[int, list[tuple[str, str]], bytes] | None = None


@dataclass
class Storage:
    """The server, and what is known of what it was asked."""

    address: str = ""
    server: tuple[str, int] = ("", 0)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Method and address of each, such as ``GET /bucket/photos/a.png``."""
    released: threading.Event = field(default_factory=threading.Event)

    def breaks(
        self, method: str, about: str, what: str, times: int = 1_000_000, then: Callable[[], None] | None = None
    ) -> None:
        self.faults.append(Fault(method, about, what, times, then))

    def heals(self) -> None:
        self.faults.clear()
        self.requests.clear()

    def gets(self) -> list[str]:
        """The photos that were fetched."""
        return [line.rpartition("/")[2] for line in self.requests if line.startswith("GET") and "list-type" not in line]

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Any:
        """The server's own answer: status, headers and body."""
        connection = http.client.HTTPConnection(*self.server, timeout=60)
        try:
            connection.request(method, path, body or None, {"Authorization": SIGNED} | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


@dataclass(frozen=True)
class Bucket:
    """One bucket of the server, and the settings of a data folder whose photos lie in it."""

    storage: Storage
    name: str
    settings: Settings

    def but(self, **settings: object) -> Store:
        """The data folder by other settings."""
        return Store(Settings.model_validate(self.settings.model_dump() | settings))

    def put(self, path: str, content: bytes) -> None:
        assert self.storage.ask("PUT", self._address(path), content)[0] == 200

    def delete(self, path: str) -> None:
        assert self.storage.ask("DELETE", self._address(path))[0] == 204

    def _address(self, path: str) -> str:
        return f"/{self.name}/{PREFIX}/{quote(path)}"

    def take(self, folder: Path) -> None:
        """All files of a folder, under their relative paths."""
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            self.put(file.relative_to(folder).as_posix(), file.read_bytes())

    def paths(self, prefix: str = PREFIX) -> list[str]:
        body = self.storage.ask("GET", f"/{self.name}?list-type=2&prefix={prefix}/")[2].decode()
        return sorted(key.removeprefix(f"{prefix}/") for key in re.findall("<Key>(.*?)</Key>", body))


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: Storage

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()

    def _forward(self) -> None:
        self.storage.requests.append(f"{self.command} {self.path}")
        fault = self._fault()
        body = self._body(slow=fault is not None and fault.what == "slow")
        if fault and fault.what == "silent":
            self.storage.released.wait(60)
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        if fault and fault.what[0].isdigit():
            status, _, code = fault.what.partition(":")
            return self._answer(int(status), [], f"<Error><Code>{code}</Code></Error>".encode() if code else b"")
        answer = self.storage.ask(self.command, self.path, body, dict(self.headers))
        if fault and fault.what == "stale":
            fault.kept = answer = fault.kept or answer
        if fault and fault.then:
            fault.then()
        if fault and fault.what == "lost":
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        return self._answer(*answer, what=fault.what if fault else "")

    def _body(self, slow: bool) -> bytes:
        length = int(self.headers.get("Content-Length", 0))
        if not (slow and length):
            return self.rfile.read(length)
        body = b""
        for end in _ends(length):
            self.storage.released.wait(PAUSE_S)
            body += self.rfile.read(end - len(body))
        return body

    def _fault(self) -> Fault | None:
        for fault in self.storage.faults:
            if fault.times > 0 and fault.method == self.command and fault.about in self.path:
                fault.times -= 1
                return fault
        return None

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, what: str = "") -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if what == "slow":
            return self._write_slowly(body)
        self.wfile.write(body[: len(body) // 2] if what in ("cut", "stall") else body)
        if what == "stall":
            self.storage.released.wait(60)
        if what in ("cut", "stall"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _write_slowly(self, body: bytes) -> None:
        sent = 0
        for end in _ends(len(body)):
            self.storage.released.wait(PAUSE_S)
            self.wfile.write(body[sent:end])
            self.wfile.flush()
            sent = end

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _forward  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _ends(length: int) -> list[int]:
    """Where the `PIECES` of so many bytes end."""
    return [length * number // PIECES for number in range(1, PIECES + 1)]


@pytest.fixture(scope="session")
def storage_server() -> Iterator[Storage]:
    pytest.importorskip("obstore")
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    storage = Storage(server=moto.get_host_and_port())
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), type("Proxy", (_Proxy,), {"storage": storage}))
    proxy.daemon_threads = True
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    storage.address = f"http://127.0.0.1:{proxy.server_port}"
    yield storage
    storage.released.set()
    proxy.shutdown()
    proxy.server_close()
    moto.stop()


@pytest.fixture
def storage(storage_server: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """The server as the environment's own, with short pauses between attempts."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TIEFVISION_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", storage_server.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(client, "FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr(client, "LONGEST_PAUSE", timedelta(milliseconds=2))
    monkeypatch.setattr(client, "RETRIES", 2)
    storage_server.heals()
    storage_server.released.clear()
    yield storage_server
    storage_server.released.set()
    storage_server.heals()


@pytest.fixture
def bucket(storage: Storage, tmp_path: Path) -> Bucket:
    """An empty bucket of one's own."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    assert storage.ask("PUT", f"/{name}")[0] == 200
    settings = Settings(
        data=tmp_path / "data", cache=tmp_path / "cache", raw=f"s3://{name}/{PREFIX}", device="cpu", encoder="tiny"
    )
    return Bucket(storage, name, settings)
