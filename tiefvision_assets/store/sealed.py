"""Stored files that carry a checksum of themselves: written with it, and verified when they are opened.

JSON documents have it under the key ``checksum``, Parquet and safetensors files in the metadata that their formats have
for such things; other programs read all of them as before. A file is verified once in each process, until it changes.
Files of earlier versions have no checksum and are taken as they are, as long as they can be read. Arrays have no place
for one: those of an index stand in its record (`store.index`).

The checksum is XXH3 with 64 bits, against accidents of disks and copies, not against forgery.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.atomic import write_json as write_plain_json
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.seals import (
    EMPTY,
    KEY,
    MARK,
    DamagedFile,
    bytes_of,
    checksum_of,
    explained,
    opened_file,
    seal,
    seal_in,
    seal_of,
    verified_stamp,
)
from tiefvision_assets.store.stamp import FileStamp

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

__all__ = [
    "DamagedFile",
    "checksum",
    "digest_of_arrays",
    "examine",
    "is_whole",
    "load_tensors",
    "read_json",
    "read_parquet",
    "read_table",
    "save_tensors",
    "verify",
    "write_json",
    "write_parquet",
    "write_row_groups",
]

_verified: dict[Path, FileStamp] = {}
_computed: dict[tuple[int, FileStamp], str] = {}
"""By device and stamp: files of two rankings that are one ranking are links to the same."""


def write_json(target: Path, document: Mapping[str, Any]) -> None:
    """Write the document with its checksum, atomically."""
    write_plain_json(target, {**document, KEY: seal_of(document)})


def read_json(source: Path, *keys: str) -> dict[str, Any]:
    """The document in ``source``, without its checksum; FileNotFoundError where there is none.

    Raises `DamagedFile` where it is no JSON object, differs from its checksum, or lacks one of the ``keys``. An array,
    which earlier versions wrote, is taken for the value of the only key.
    """
    document = _document_in(source)
    if isinstance(document, list) and len(keys) == 1:
        return {keys[0]: document}
    if isinstance(document, list):
        raise DamagedFile(source, "it is no JSON object")
    missing = [key for key in keys if key not in document]
    if missing:
        raise DamagedFile(source, f"{', '.join(missing)} is missing")
    return document


def write_parquet(target: Path, table: pd.DataFrame | pa.Table) -> None:
    """Write the table, a frame without its index, as Parquet with its checksum, atomically."""
    import pandas as pd
    import pyarrow as pa

    arrow = pa.Table.from_pandas(table, preserve_index=False) if isinstance(table, pd.DataFrame) else table
    write_row_groups(target, arrow.schema, [arrow])


def write_row_groups(target: Path, schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    """Write the tables, one after the other, as row groups of one Parquet file with its checksum, atomically."""
    import pyarrow.parquet as pq

    with atomic_path(target) as temporary:
        with pq.ParquetWriter(temporary, schema) as writer:
            for group in groups:
                writer.write_table(group)
            writer.add_key_value_metadata({KEY: EMPTY})
        seal(temporary)


def read_parquet(
    source: Path,
    columns: list[str] | None = None,
    before: Mapping[str, str | int] | None = None,
    chosen: pc.Expression | None = None,
) -> pd.DataFrame:
    """The rows of a Parquet file, or only these columns, or those that are ``chosen``; raises `DamagedFile`.

    ``before`` names columns that files of before lack, with the value that their rows then have.
    """
    lacking = before or {}
    if columns and lacking:
        held = _columns_of(source)
        lacking = {name: value for name, value in lacking.items() if name in columns and name not in held}
        columns = [name for name in columns if name not in lacking]
    frame: pd.DataFrame = read_table(source, columns, chosen).to_pandas()
    return frame.assign(**{name: value for name, value in lacking.items() if name not in frame})


def read_table(source: Path, columns: list[str] | None = None, chosen: pc.Expression | None = None) -> pa.Table:
    """The rows of a Parquet file as Arrow has them, or only these columns, or those chosen; raises `DamagedFile`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    verify(source)
    try:
        if chosen is not None and pq.read_metadata(source).num_rows == 0:
            chosen = None  # columns without a single value may have no type that could be compared
        return pq.read_table(source, columns=columns, filters=chosen)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedFile(source, "it is no Parquet file with the columns wanted") from error


def _columns_of(source: Path) -> set[str]:
    """The names of a Parquet file's columns; none where it cannot be read, which whoever reads its rows finds out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_schema(hooks.near(source)).names)
    except (pa.ArrowException, OSError, ValueError):
        return set()


def save_tensors(target: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write the arrays as safetensors with their checksum, atomically."""
    import numpy as np
    from safetensors.numpy import save_file

    contiguous = {key: np.asarray(value, order="C") for key, value in tensors.items()}
    with atomic_path(target) as temporary:
        save_file(contiguous, temporary, metadata={KEY: EMPTY})
        seal(temporary)


def load_tensors(source: Path) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file; raises `DamagedFile`."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    verify(source)
    try:
        return load_file(source)
    except SafetensorError as error:
        raise DamagedFile(source, "it is no safetensors file") from error
    except OSError as error:
        raise explained(source, error) from error


def verify(file: Path) -> None:
    """Raise `DamagedFile` where the file differs from its checksum, or is gone."""
    try:
        stamp = FileStamp.of(hooks.near(file).stat())
        if _verified.get(file) == stamp:
            return
        if file.suffix == ".json":
            _document_in(file)
        else:
            stamp = verified_stamp(file)
    except FileNotFoundError:
        raise DamagedFile(file, "it is gone") from None
    _verified[file] = stamp


def is_whole(file: Path) -> bool:
    """Whether the file is there, and is what was written."""
    try:
        verify(file)
    except DamagedFile:
        return False
    return True


def examine(file: Path) -> None:
    """Verify the file; one without a checksum has at least to be of its format. Raises `DamagedFile`."""
    verify(file)
    if file.suffix == ".json":
        return
    with opened_file(file) as opened:
        _, recorded = seal_in(opened)
    if recorded:
        return
    if file.suffix == ".parquet":
        read_table(file, [])
    else:
        load_tensors(file)


def checksum(file: Path) -> str:
    """16 hexadecimal digits of the file's XXH3, computed once in each process until it changes."""
    with opened_file(file) as opened:
        stat = os.fstat(opened.fileno())
        key = stat.st_dev, FileStamp.of(stat)
        if key not in _computed:
            _computed[key] = checksum_of(opened)
    return _computed[key]


def digest_of_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """16 hexadecimal digits of the XXH3 of these arrays' bytes, in the order of their names."""
    hashed = xxhash.xxh3_64()
    for name in sorted(arrays):
        hashed.update(arrays[name].tobytes())
    return hashed.hexdigest()


def _document_in(file: Path) -> dict[str, Any] | list[Any]:
    """The JSON object in a file, verified and without its checksum, or the array of an earlier version."""
    try:
        document = json.loads(bytes_of(file))
    except ValueError as error:
        raise DamagedFile(file, "it is no JSON document") from error
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise DamagedFile(file, "it is no JSON object")
    is_sealed = KEY in document or any(str(value).startswith(MARK.decode()) for value in document.values())
    if is_sealed and document.pop(KEY, None) != seal_of(document):
        raise DamagedFile(file, "its checksum differs")
    return document
