"""Feeds for tests: the same products in every format."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tiefvision_assets.store.products.feed import Feed, read_feed
from tiefvision_assets.store.products.source import source_of

ROWS: Sequence[dict[str, Any]] = (
    {"product_id": "A-1", "path": "a1.png", "brand": "Ada", "price": 79.5, "in_stock": True, "since": "2026-01-31"},
    {"product_id": "A-2", "path": "a2.png", "brand": "Ada", "price": 120.0, "in_stock": False, "since": "2026-02-01"},
    {"product_id": "B-1", "path": "b1.png", "brand": "Bo", "price": None, "in_stock": True, "since": "2025-11-27"},
)


def csv_text(rows: Sequence[dict[str, Any]] = ROWS, separator: str = ",") -> str:
    def cell(value: Any) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    header = separator.join(rows[0])
    return "\n".join([header, *(separator.join(cell(row[name]) for name in rows[0]) for row in rows)]) + "\n"


def write(folder: Path, kind: str, rows: Sequence[dict[str, Any]] = ROWS) -> str:
    """Write the rows as a feed of that kind; returns what the setting names."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"products.{kind}"
    if kind == "csv":
        file.write_text(csv_text(rows), encoding="utf-8")
    elif kind == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), file)
    else:
        with sqlite3.connect(file) as database:
            columns = list(rows[0])
            database.execute(f"CREATE TABLE shop ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            database.executemany(f"INSERT INTO shop VALUES ({marks})", [tuple(row.values()) for row in rows])
        database.close()
        return f"sqlite:///{file}#SELECT * FROM shop"
    return str(file)


def feed_of(folder: Path, text: str, schema: str = "", name: str = "products.csv") -> Feed:
    """The feed that a file of that text is, with that schema beside it."""
    (folder / name).write_text(text, encoding="utf-8")
    if schema:
        (folder / name).with_suffix(".schema.toml").write_text(schema, encoding="utf-8")
    return read_feed(source_of(str(folder / name)))
