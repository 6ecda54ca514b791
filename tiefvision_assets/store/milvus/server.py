"""One Milvus server, or a file of Milvus Lite: every call to it, its errors told in sentences."""

from __future__ import annotations

import logging
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tiefvision_assets.errors import TiefVisionError

if TYPE_CHECKING:
    from pymilvus import MilvusClient

CONNECT_S = 10.0
READ_S, WRITE_S = 15.0, 600.0
"""Seconds after which an answer counts as missing; rows may be added and deleted slowly on a busy server."""
_WRITING = {"create_collection", "insert", "upsert", "delete", "flush", "load_collection", "drop_collection"}
_NO_COLLECTION, _NOT_LOADED = 100, 101
"""Milvus's codes of errors."""
LITE = ".db"
"""End of the URLs that are files of Milvus Lite."""
STRONG = "Strong"
"""Consistency level: what was written before is seen."""


class MilvusProblem(TiefVisionError):
    """Milvus cannot be reached, or refused what it was asked."""


class Server:
    """A server by its URL; connected with the first call."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def name(self) -> str:
        """The URL without user, password and token."""
        parts = urlsplit(self._url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    def call(self, method: str, /, **arguments: Any) -> Any:
        """The answer of pymilvus's client to that method; `MilvusProblem` where there is none.

        A collection that a server that was started again has not loaded is loaded.
        """
        client = self._client()
        from pymilvus import MilvusException

        asked = partial(getattr(client, method), timeout=WRITE_S if method in _WRITING else READ_S, **arguments)
        try:
            try:
                return asked()
            except MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
                client.load_collection(arguments["collection_name"], timeout=WRITE_S)
                return asked()
        except MilvusException as error:
            if error.code == _NO_COLLECTION:
                collection = arguments.get("collection_name")
                sentence = f"Milvus at {self.name} no longer holds the collection {collection}; run `tiefvision run`."
                raise MilvusProblem(sentence) from None
            raise self._problem(f"refused to {method.replace('_', ' ')}", error) from None

    def _client(self) -> MilvusClient:
        _require_pymilvus()
        from pymilvus import MilvusException

        try:
            return _client(self._url)
        except MilvusException as error:
            raise self._problem("cannot be reached", error) from None

    def _problem(self, what: str, error: Exception) -> MilvusProblem:
        reason = " ".join(str(getattr(error, "message", error)).split()).rstrip(".").replace(self._url, self.name)
        way_out = "see whether it runs, and TIEFVISION_INDEX_URL"
        if self._url.endswith(LITE):
            way_out = "one process at a time may open a file of Milvus Lite; several need `milvus-lite server`"
        return MilvusProblem(f"Milvus at {self.name} {what} ({reason[:300]}); {way_out}.")


def server_at(url: str | None) -> Server:
    """The server of ``TIEFVISION_INDEX_URL``; `MilvusProblem` without one."""
    if not url:
        raise MilvusProblem(
            "An index in Milvus needs its address; set TIEFVISION_INDEX_URL, to http://127.0.0.1:19530 for instance, "
            "or to a file such as vectors.db for Milvus Lite."
        )
    return Server(url)


def _require_pymilvus() -> None:
    try:
        import pymilvus  # noqa: F401
    except ImportError:
        raise MilvusProblem(
            "An index in Milvus needs the package pymilvus; install it by `pip install 'tiefvision[milvus]'`."
        ) from None


@lru_cache(maxsize=4)
def _client(url: str) -> MilvusClient:
    from pymilvus import MilvusClient

    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it would log each error, which we raise, as a traceback
    if url.endswith(LITE):
        for server in ("milvus_lite", "grpc._server"):  # it runs in this process
            logging.getLogger(server).setLevel(logging.CRITICAL)
        url = str(Path(url).expanduser().resolve())
        Path(url).parent.mkdir(parents=True, exist_ok=True)
    return MilvusClient(uri=url, timeout=CONNECT_S)
