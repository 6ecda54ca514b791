"""The rows of a feed as its file or database has them, uninterpreted; `BadFeed` for a feed that cannot be read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tiefvision_assets.store.labels.database import LabelDatabaseError, parsed_url, reason_without_password
from tiefvision_assets.store.products.source import BadFeed, FeedSource

_SEPARATORS = ",;\t"
_AT_ONCE = 10_000
_SEVERAL_KINDS = {b"tiefvision_kinds": b"several"}
_HALVES = re.compile(r"[\ud800-\udfff]")


def rows_of(source: FeedSource) -> pa.Table:
    """The feed's rows; all columns of a CSV file are texts, and so are columns with values of several kinds."""
    try:
        match source.format:
            case "csv":
                return _csv(source)
            case "parquet":
                return _parquet(source)
            case "jsonl":
                return _json_lines(source)
        return _sql(source)
    except RecursionError:
        raise _unreadable(source, "it is nested too deeply") from None
    except pa.ArrowException as error:
        raise _unreadable(source, str(error).splitlines()[0]) from None
    except OSError as error:
        raise _unreadable(source, error.strerror or str(error)) from None


def rows_of_query(source: FeedSource) -> Iterator[Sequence[Any]]:
    """First the names of the columns, then the rows that the source's query finds, in a transaction that reads only."""
    try:
        url = parsed_url(source.url)
    except LabelDatabaseError:
        reason = (
            "it is no URL that is understood; write postgresql://user:password@host/database#SELECT …, and %40 for an "
            "@ in a password"
        )
        raise BadFeed(f"The feed of products {source.shown} cannot be read: {reason}.") from None
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not file.startswith((":memory:", "file:")) and not Path(file).is_file():
        # SQLite would make an empty database there.
        raise BadFeed(f"The feed of products {source.shown} cannot be read: there is no file {file}.")
    is_postgresql = url.get_backend_name() == "postgresql"
    engine = create_engine(url, connect_args={"connect_timeout": 10} if is_postgresql else {})
    try:
        with engine.connect() as connection:
            options: dict[str, Any] = {"stream_results": True, "yield_per": _AT_ONCE}
            if is_postgresql:
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            found = connection.execution_options(**options).execute(text(source.query.replace(":", "\\:")))
            yield tuple(found.keys())
            yield from found
    except (SQLAlchemyError, OSError) as error:
        reason = reason_without_password(error, source.url)
        raise BadFeed(f"The feed of products {source.shown} cannot be read: {reason}.") from None
    finally:
        engine.dispose()


def _sql(source: FeedSource) -> pa.Table:
    rows = rows_of_query(source)
    names = [str(name) for name in next(iter(rows))]
    _check_names(source, names)
    found = list(rows)
    return table_of({name: [row[at] for row in found] for at, name in enumerate(names)})


def _parquet(source: FeedSource) -> pa.Table:
    content = pa.BufferReader(source.content())
    _check_names(source, pq.read_schema(content).names)
    return pq.read_table(content)


def _check_names(source: FeedSource, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _unreadable(source, f"the column {twice[0]} stands there twice")


def _csv(source: FeedSource) -> pa.Table:
    content = _decoded(source)
    header = content.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header.count)
    (written,) = _records(header, separator)
    names = [name.strip() for name in written]
    _check_names(source, names)
    rows = pyarrow.csv.read_csv(
        io.BytesIO(content.encode()),
        read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    _check_quotes(source, content, rows)
    return rows


def _check_quotes(source: FeedSource, content: str, rows: pa.Table) -> None:
    """Refuse a file that ends within quotation marks: all rows after the first of them are one cell, the last one."""
    last = rows.column(rows.num_columns - 1)[-1].as_py() if len(rows) else ""
    if "\n" in (last or "") and not content.rstrip().endswith('"'):
        raise _unreadable(source, "a quotation mark in it is never closed")


def _records(text_: str, separator: str) -> list[list[str]]:
    return list(csv.reader([text_.rstrip("\r")], delimiter=separator)) or [[]]


def _decoded(source: FeedSource) -> str:
    content = source.content()
    try:
        text_ = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text_ = content.decode("cp1252", errors="replace")
    if "\0" in text_ or not text_.strip():
        raise _unreadable(source, "it is empty" if not text_.strip() else "it is no text")
    return text_.replace("\r\n", "\n")


def _json_lines(source: FeedSource) -> pa.Table:
    columns: dict[str, list[Any]] = {}
    count = 0
    for number, line in enumerate(_decoded(source).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = _parsed(line)
        except RecursionError:
            raise _unreadable(source, f"line {number} is nested too deeply") from None
        except ValueError as error:
            raise _unreadable(source, f"line {number} is no JSON ({error})") from None
        if not isinstance(row, dict):
            raise _unreadable(source, f"line {number} is no JSON object")
        for name, value in row.items():
            columns.setdefault(name, [None] * count).append(value)
        count += 1
        for values in columns.values():
            if len(values) < count:
                values.append(None)
    return table_of(columns)


def _parsed(line: str) -> Any:
    """The line's value; halves of characters, as a text that was cut within an emoji has them, become U+FFFD."""
    value = json.loads(line)
    if "\\u" not in line:
        return value
    return json.loads(_HALVES.sub("\ufffd", json.dumps(value, ensure_ascii=False)))


def table_of(columns: dict[str, list[Any]]) -> pa.Table:
    """The values as Arrow has them; columns of several kinds become texts, which `is_of_several_kinds` tells."""
    arrays, fields = [], []
    for name, values in columns.items():
        try:
            arrays.append(pa.array(values))
            fields.append(pa.field(name, arrays[-1].type))
        except (pa.ArrowException, OverflowError):
            arrays.append(pa.array([_text(value) for value in values], pa.string()))
            fields.append(pa.field(name, pa.string(), metadata=_SEVERAL_KINDS))
    return pa.table(arrays, schema=pa.schema(fields))


def is_of_several_kinds(rows: pa.Table, name: str) -> bool:
    """Whether that column had values of several kinds, such as 60 and "60.5", before they all became texts."""
    return rows.schema.field(name).metadata == _SEVERAL_KINDS


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _unreadable(source: FeedSource, reason: str) -> BadFeed:
    return BadFeed(
        f"The feed of products {source.shown} cannot be read: {reason.rstrip('.')}; nothing of it was taken."
    )
