"""Tables stored by batch: extracted boxes and object encodings, each row with the key it was computed for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from tiefvision_assets.store.cache import CachedTables
from tiefvision_assets.store.columns import is_among
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.schemas import ENCODING_KEYS, ENCODING_VECTORS, ENCODINGS, EXTRACTED_BOXES
from tiefvision_assets.store.sealed import read_parquet, read_table, write_parquet

NO_HEADS = "whole-photo"
"""Used in place of the heads' fingerprint where none are promoted: the whole photo is the box."""


class ExtractedBoxes:
    """Boxes found by heads, one row for each content: sha256, left, top, right, bottom, confidence, error, decoding.

    ``error`` is empty, or the reason why the photo could not be located; its box is then the whole photo.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._rows = CachedTables(EXTRACTED_BOXES.names, EXTRACTED_BOXES.before)

    def read(self, heads: str | None, batch: str) -> pd.DataFrame:
        """The rows of one batch; no rows if it was not located yet."""
        return self._rows.read(self._path(heads, batch))

    def write(self, heads: str | None, batch: str, rows: pd.DataFrame) -> None:
        """Replace the rows of one batch."""
        write_parquet(self._path(heads, batch), rows.astype({"decoding": "int32"} if "decoding" in rows else {}))

    def read_all(self, heads: str | None, batches: list[str]) -> pd.DataFrame:
        """The rows of all these batches."""
        return self._rows.read_all([self._path(heads, batch) for batch in batches])

    def _path(self, heads: str | None, batch: str) -> Path:
        return self._layout.boxes(heads or NO_HEADS, batch)


class ObjectEncodings:
    """Embeddings of photos cut to their boxes, one row for each content: sha256, the rounded box, and two (D,) vectors.

    ``embedding`` is the photo's and ``mirrored`` its mirror image's, both float16 of unit length. ``error`` is empty,
    or the reason why the photo could not be encoded; its vectors are then zero.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._keys = CachedTables(ENCODING_KEYS.names, ENCODING_KEYS.before)

    def keys(self, embedding: str, batch: str) -> pd.DataFrame:
        """The rows of one batch without their vectors; no rows if it was not encoded yet."""
        return self._keys.read(self._layout.encodings(embedding, batch))

    def read(self, embedding: str, batch: str) -> pd.DataFrame:
        """The rows of one batch; ``embedding`` and ``mirrored`` hold (D,) arrays."""
        return _read(self._layout.encodings(embedding, batch))

    def read_sample(self, basis: str) -> pd.DataFrame:
        """The rows of the photos that a basis was fitted on, by itself; none for a basis of before."""
        return _read(self._layout.basis_sample(basis))

    def write_sample(self, basis: str, rows: pd.DataFrame) -> None:
        """Write the rows of the photos that a basis was fitted on, beside it."""
        _write(self._layout.basis_sample(basis), rows)

    def vectors(self, embedding: str, batch: str) -> np.ndarray:
        """(R, 2, D) float16 of one batch's rows: each photo's embedding and its mirror image's."""
        table = read_table(self._layout.encodings(embedding, batch), ENCODING_VECTORS.names)
        columns = [table.column(name).combine_chunks() for name in ENCODING_VECTORS.names]
        return np.stack([np.asarray(column.flatten()).reshape(len(table), -1) for column in columns], axis=1)

    def write(self, embedding: str, batch: str, rows: pd.DataFrame) -> None:
        """Replace the rows of one batch."""
        _write(self._layout.encodings(embedding, batch), rows)

    def keys_of(self, embedding: str, batches: list[str]) -> pd.DataFrame:
        """The rows of all these batches without their vectors."""
        return self._keys.read_all([self._layout.encodings(embedding, batch) for batch in batches])

    def vectors_of(self, embedding: str, batches: list[str], contents: pd.Series) -> tuple[list[str], np.ndarray]:
        """Those of the contents that could be encoded, and (N, 2, D) float16 embeddings of each and of its mirror
        image.

        Read batch by batch, so that hardly more memory is used than the result takes.
        """
        found: list[str] = []
        parts: list[np.ndarray] = []
        for batch in batches:
            keys = self.keys(embedding, batch)
            wanted = (keys["error"] == "").to_numpy(dtype=bool) & is_among(keys["sha256"], contents)
            if wanted.any():
                found += keys["sha256"][wanted].tolist()
                parts.append(self.vectors(embedding, batch)[wanted])
        return found, np.concatenate(parts) if parts else np.zeros((0, 2, 1), np.float16)


def _read(file: Path) -> pd.DataFrame:
    columns = ENCODINGS.names
    return read_parquet(file, columns, ENCODINGS.before) if file.exists() else pd.DataFrame(columns=columns)


def _write(file: Path, rows: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(rows[ENCODING_KEYS.names].astype({"decoding": "int32"}), preserve_index=False)
    for name in ENCODING_VECTORS.names:
        table = table.append_column(name, _vectors(rows[name]))
    write_parquet(file, table)


def _vectors(values: pd.Series) -> pa.FixedSizeListArray:
    stacked = np.stack([np.asarray(value, dtype=np.float16) for value in values])
    return pa.FixedSizeListArray.from_arrays(pa.array(stacked.ravel()), stacked.shape[1])
