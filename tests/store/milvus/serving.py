"""Milvus Lite as a server in a process of its own, on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import wait_for
from tiefvision_assets.store.milvus.server import MilvusProblem, Server


@contextmanager
def milvus(folder: Path, port: int) -> Iterator[str]:
    """`milvus-lite server`, which many processes may use, until it answers; its URL."""
    pytest.importorskip("milvus_lite", reason="the extra milvus is not installed")
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for("milvus-lite server", lambda: _answers(url), within_s=60)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        Server(url).call("list_collections")
    except MilvusProblem:
        return False
    return True
