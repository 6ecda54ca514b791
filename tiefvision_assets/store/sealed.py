"""Stored files that carry a checksum of themselves: written with it, and verified when they are opened.

JSON documents have it under the key ``checksum``, Parquet and safetensors files in the metadata that their formats have
for such things; other programs read all of them as before. A file is verified once in each process, until it changes.
Files of earlier versions have no checksum and are taken as they are, as long as they can be read. Arrays have no place
for one: those of an index stand in its record (`store.index`).

The checksum is XXH3 with 64 bits, against accidents of disks and copies, not against forgery.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.atomic import write_json as write_plain_json
from tiefvision_assets.store.stamp import FileStamp

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

KEY = "checksum"
_MARK = b"tiefvision-xxh3-"
_DIGITS = 16
_SEAL = re.compile(re.escape(_MARK) + rb".{16}", re.DOTALL)
_EMPTY = (_MARK + b"0" * _DIGITS).decode()
"""What stands in place of the checksum while it is computed."""
_ENDS = 65_536
"""Bytes at either end of a file among which its checksum is looked for: formats keep their metadata there."""
_BLOCK = 1 << 20

_verified: dict[Path, FileStamp] = {}
_computed: dict[tuple[int, FileStamp], str] = {}
"""By device and stamp: files of two rankings that are one ranking are links to the same."""


class DamagedFile(TiefVisionError):
    """A stored file does not hold what was written into it, or is gone though others refer to it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged ({reason}); `tiefvision run` makes it anew.")
        self.path = path
        self.reason = reason


def write_json(target: Path, document: Mapping[str, Any]) -> None:
    """Write the document with its checksum, atomically."""
    write_plain_json(target, {**document, KEY: _seal_of(document)})


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
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False) if isinstance(table, pd.DataFrame) else table
    with atomic_path(target) as temporary:
        with pq.ParquetWriter(temporary, arrow.schema) as writer:
            writer.write_table(arrow)
            writer.add_key_value_metadata({KEY: _EMPTY})
        _seal(temporary)


def read_parquet(
    source: Path, columns: list[str] | None = None, before: Mapping[str, str | int] | None = None
) -> pd.DataFrame:
    """The rows of a Parquet file, or only these columns; raises `DamagedFile`.

    ``before`` names columns that files of before lack, with the value that their rows then have.
    """
    lacking = before or {}
    if columns and lacking:
        held = _columns_of(source)
        lacking = {name: value for name, value in lacking.items() if name in columns and name not in held}
        columns = [name for name in columns if name not in lacking]
    frame: pd.DataFrame = read_table(source, columns).to_pandas()
    return frame.assign(**{name: value for name, value in lacking.items() if name not in frame})


def read_table(source: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of a Parquet file as Arrow has them, or only these columns; raises `DamagedFile`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    verify(source)
    try:
        return pq.read_table(source, columns=columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedFile(source, "it is no Parquet file with the columns wanted") from error


def _columns_of(source: Path) -> set[str]:
    """The names of a Parquet file's columns; none where it cannot be read, which whoever reads its rows finds out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_schema(source).names)
    except (pa.ArrowException, OSError, ValueError):
        return set()


def save_tensors(target: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write the arrays as safetensors with their checksum, atomically."""
    import numpy as np
    from safetensors.numpy import save_file

    contiguous = {key: np.asarray(value, order="C") for key, value in tensors.items()}
    with atomic_path(target) as temporary:
        save_file(contiguous, temporary, metadata={KEY: _EMPTY})
        _seal(temporary)


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
        raise _explained(source, error) from error


def verify(file: Path) -> None:
    """Raise `DamagedFile` where the file differs from its checksum, or is gone."""
    try:
        stamp = FileStamp.of(file.stat())
        if _verified.get(file) == stamp:
            return
        if file.suffix == ".json":
            _document_in(file)
        else:
            stamp = _verified_stamp(file)
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
    with _opened(file) as opened:
        _, recorded = _seal_in(opened)
    if recorded:
        return
    if file.suffix == ".parquet":
        read_table(file, [])
    else:
        load_tensors(file)


def checksum(file: Path) -> str:
    """16 hexadecimal digits of the file's XXH3, computed once in each process until it changes."""
    with _opened(file) as opened:
        stat = os.fstat(opened.fileno())
        key = stat.st_dev, FileStamp.of(stat)
        if key not in _computed:
            _computed[key] = _checksum(opened)
    return _computed[key]


def digest_of_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """16 hexadecimal digits of the XXH3 of these arrays' bytes, in the order of their names."""
    hashed = xxhash.xxh3_64()
    for name in sorted(arrays):
        hashed.update(arrays[name].tobytes())
    return hashed.hexdigest()


def _seal_of(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(json.loads(json.dumps(document)), sort_keys=True, separators=(",", ":"))
    return _MARK.decode() + xxhash.xxh3_64_hexdigest(canonical.encode())


def _seal(file: Path) -> None:
    """Put the file's checksum in the place that was left for it."""
    with file.open("r+b") as opened:
        place, _ = _seal_in(opened)
        assert place >= 0, "the format keeps its metadata within the ends of the file"
        digits = _checksum(opened, place).encode()
        opened.seek(place + len(_MARK))
        opened.write(digits)


def _verified_stamp(file: Path) -> FileStamp:
    """Verify a binary file, and return the stamp of what was read: it may be replaced by another one meanwhile."""
    with _opened(file) as opened:
        place, recorded = _seal_in(opened)
        if recorded and recorded != _MARK + _checksum(opened, place).encode():
            raise DamagedFile(file, "its checksum differs")
        return FileStamp.of(os.fstat(opened.fileno()))


def _seal_in(opened: BufferedReader | BufferedRandom) -> tuple[int, bytes]:
    """Where the checksum stands in a binary file, and the checksum; -1 and nothing where it has none."""
    size = opened.seek(0, 2)
    for start in (max(0, size - _ENDS), 0):
        opened.seek(start)
        found = list(_SEAL.finditer(opened.read(_ENDS)))
        if found:
            return start + found[-1].start(), found[-1].group()
    return -1, b""


def _checksum(opened: BufferedReader | BufferedRandom, place: int = -1) -> str:
    """The checksum of the file as it was before it got a checksum at ``place``."""
    hashed = xxhash.xxh3_64()
    position = 0
    empty = _EMPTY.encode()
    for block in _blocks(opened):
        first, last = max(place, position), min(place + len(empty), position + len(block))
        if place >= 0 and first < last:
            block[first - position : last - position] = empty[first - place : last - place]
        hashed.update(block)
        position += len(block)
    return hashed.hexdigest()


def _blocks(opened: BufferedReader | BufferedRandom) -> Iterator[memoryview]:
    buffer = bytearray(_BLOCK)
    opened.seek(0)
    while count := opened.readinto(buffer):
        yield memoryview(buffer)[:count]


def _document_in(file: Path) -> dict[str, Any] | list[Any]:
    """The JSON object in a file, verified and without its checksum, or the array of an earlier version."""
    try:
        document = json.loads(_bytes_of(file))
    except ValueError as error:
        raise DamagedFile(file, "it is no JSON document") from error
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise DamagedFile(file, "it is no JSON object")
    is_sealed = KEY in document or any(str(value).startswith(_MARK.decode()) for value in document.values())
    if is_sealed and document.pop(KEY, None) != _seal_of(document):
        raise DamagedFile(file, "its checksum differs")
    return document


@contextmanager
def _opened(file: Path) -> Iterator[BufferedReader]:
    try:
        with file.open("rb") as opened:
            yield opened
    except OSError as error:
        raise _explained(file, error) from error


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _explained(file, error) from error


def _explained(file: Path, error: OSError) -> Exception:
    """A disk's failure to read is damage; what else keeps from reading is not."""
    return DamagedFile(file, "the disk cannot read it") if error.errno == errno.EIO else error
