"""One collection of Milvus, which holds the rows of several versions of an index.

A row is valid from the version ``since`` on, and up to but not in the version ``until``. So a night adds rows and ends
others, and whoever searches an earlier version sees none of it. A row of its own, the marker, is written last and says
that a version is whole; `Collection.restore` takes back what a killed build left.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tiefvision_assets.store.milvus.server import STRONG, WRITE_S, MilvusProblem, Server

KEY, SINCE, UNTIL, VECTOR = "tv_key", "tv_since", "tv_until", "tv_vector"
"""Names of our own fields; the others are the columns of the entries."""
FOREVER = 9_999_999_999_999
"""``until`` of rows that are in the newest version: by it others recognise them."""
_ROWS = 1_000
_TEXT = 4_096
"""Rows of one message, and bytes of the longest text: a path."""
_GRAPH = {"M": 16, "efConstruction": 200}
"""Parameters of the HNSW index: links a vector, and candidates while it is built."""
_MARKER = "version:"


class Collection:
    """The rows of one ranking's index."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.name = name

    def create(self, entries: pd.DataFrame, dimensions: int) -> None:
        """Make the collection, empty, with a field for each column of the entries; it is searched after `seal`."""
        from pymilvus import CollectionSchema, DataType, FieldSchema
        from pymilvus.milvus_client import IndexParams

        types = {"b": DataType.BOOL, "i": DataType.INT64, "f": DataType.DOUBLE}
        fields = [
            FieldSchema(KEY, DataType.VARCHAR, max_length=128, is_primary=True),
            FieldSchema(SINCE, DataType.INT64),
            FieldSchema(UNTIL, DataType.INT64),
            FieldSchema(VECTOR, DataType.FLOAT_VECTOR, dim=dimensions),
        ]
        for column, dtype in entries.dtypes.items():
            kind = types.get(getattr(dtype, "kind", "O"), DataType.VARCHAR)
            size = {"max_length": _TEXT} if kind == DataType.VARCHAR else {}
            fields.append(FieldSchema(str(column), kind, **size))
        index = IndexParams()
        index.add_index(VECTOR, index_name=VECTOR, index_type="HNSW", metric_type="IP", params=_GRAPH)
        self._call("create_collection", schema=CollectionSchema(fields), index_params=index, consistency_level=STRONG)
        self._call("release_collection")  # indexes are made of all rows at once, instead of again and again

    def drop(self) -> None:
        """Remove the collection with the aliases that name it, if it is there."""
        if self._call("has_collection"):
            for alias in self._call("list_aliases")["aliases"]:
                self._server.call("drop_alias", alias=alias)
            self._call("drop_collection")

    def holds(self, version: int) -> bool:
        """Whether the collection is there, and that version whole in it."""
        if not self._call("has_collection"):
            return False
        self._call("load_collection")
        return bool(self._call("get", ids=[f"{_MARKER}{version}"], output_fields=[KEY]))

    def add(self, version: int, entries: pd.DataFrame, vectors: np.ndarray) -> None:
        """Add rows that are valid from that version on: the entries with their (N, D) vectors."""
        for start in range(0, len(entries), _ROWS):
            part = entries.iloc[start : start + _ROWS]
            numbers = np.asarray(vectors[start : start + _ROWS], dtype=np.float32)
            rows = part.to_dict("records")
            for row, vector in zip(rows, numbers, strict=True):
                row |= {KEY: key_of(row["image_id"], version), SINCE: version, UNTIL: FOREVER, VECTOR: vector}
            self._call("insert", data=rows)

    def end(self, version: int, keys: Sequence[str]) -> None:
        """Let the rows of these keys be valid no more from that version on."""
        for some in _parts(keys):
            rows = self._call("get", ids=some, output_fields=["*"])
            self._call("upsert", data=[{**row, UNTIL: version} for row in rows])

    def seal(self) -> None:
        """Have the rows so far indexed, wait for it, and let them be searched.

        Rows that are added afterwards are compared one by one until Milvus indexes them, too, whenever it likes.
        """
        self._call("flush")
        deadline = time.monotonic() + WRITE_S
        while self._call("describe_index", index_name=VECTOR)["pending_index_rows"] and time.monotonic() < deadline:
            time.sleep(1)
        self._call("load_collection")

    def complete(self, version: int, like: pd.DataFrame, dimensions: int) -> None:
        """Write the marker of that version."""
        empty: dict[str, Any] = {
            str(column): {"b": False, "i": 0, "f": 0.0}.get(getattr(dtype, "kind", "O"), "")
            for column, dtype in like.dtypes.items()
        }
        vector = np.eye(1, dimensions, dtype=np.float32)[0]
        marker = {KEY: f"{_MARKER}{version}", SINCE: 0, UNTIL: 0, VECTOR: vector}
        self._call("insert", data=[empty | marker])

    def restore(self, version: int) -> None:
        """Make the collection what it was when that version was whole, without the rows of versions before it."""
        self._call("delete", filter=f'{UNTIL} <= {version} and {KEY} != "{_MARKER}{version}"')
        self._call("delete", filter=f"{SINCE} > {version}")
        ended = f"{UNTIL} > {version} and {UNTIL} < {FOREVER}"
        while rows := self._call("query", filter=ended, output_fields=["*"], limit=_ROWS):
            self._call("upsert", data=[{**row, UNTIL: FOREVER} for row in rows])

    def count(self, version: int) -> int:
        """Number of rows of that version."""
        return int(self._call("query", filter=valid(version), output_fields=["count(*)"])[0]["count(*)"])

    def vectors(self, keys: Sequence[str], dimensions: int) -> np.ndarray:
        """(N, D) float16 vectors of the rows of these keys, each of which may come more than once."""
        found: dict[str, np.ndarray] = {}
        for some in _parts(list(dict.fromkeys(keys))):
            for row in self._call("get", ids=some, output_fields=[KEY, VECTOR]):
                found[row[KEY]] = np.asarray(row[VECTOR], dtype=np.float16)
        return np.stack([found[key] for key in keys]) if len(keys) else np.empty((0, dimensions), np.float16)

    def search(
        self, queries: np.ndarray, limit: int, ef: int, condition: str
    ) -> Iterator[tuple[list[str], np.ndarray]]:
        """For each of the (Q, D) queries the image ids and the (H, D) vectors of the rows nearest to it, best first."""
        answers = self._call(
            "search",
            data=list(np.asarray(queries, dtype=np.float32)),
            anns_field=VECTOR,
            limit=limit,
            filter=condition,
            search_params={"metric_type": "IP", "params": {"ef": max(ef, limit)}},
            output_fields=["image_id", VECTOR],
        )
        for hits in answers:
            found = [hit["entity"] for hit in hits]
            vectors = np.array([row[VECTOR] for row in found], dtype=np.float32)
            yield [row["image_id"] for row in found], vectors.reshape(len(found), queries.shape[1])

    def take_alias(self, alias: str) -> None:
        """Let the alias name this collection from now on."""
        try:
            self._call("alter_alias", alias=alias)
        except MilvusProblem:  # there is no such alias yet
            self._call("create_alias", alias=alias)

    def _call(self, method: str, **arguments: Any) -> Any:
        return self._server.call(method, collection_name=self.name, **arguments)


def valid(version: int) -> str:
    """The condition that chooses the rows of a version."""
    return f"{SINCE} <= {version} and {UNTIL} > {version}"


def key_of(image_id: str, version: int) -> str:
    """Primary key of the row of that photo that is valid from that version on."""
    return f"{image_id}:{version}"


def texts(values: Sequence[str]) -> str:
    """A list of texts as Milvus reads it; for ids."""
    return json.dumps(list(values))


def _parts(keys: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), _ROWS):
        yield list(keys[start : start + _ROWS])
