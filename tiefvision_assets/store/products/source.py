"""Where a feed of products comes from: a file, or a query of a database; and whether it has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.stamp import FileStamp, stamp_of

SUFFIXES = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""What a feed's file name ends in, and the format that it then has."""
SCHEMA = ".schema.toml"
"""Beside ``products.csv``, ``products.schema.toml`` says what its columns are."""


class BadFeed(TiefVisionError):
    """A feed of products that cannot be read; nothing of it is then taken."""


@dataclass(frozen=True)
class FeedSource:
    """A feed's file, or a database's URL with a query."""

    file: Path | None = None
    url: str = ""
    query: str = ""
    schema: Path | None = None
    """The file that says what its columns are, which may not exist."""

    @property
    def shown(self) -> str:
        """As messages name it, without a password."""
        if self.file is not None:
            return str(self.file)
        from tiefvision_assets.store.labels.database import shown_url

        return shown_url(self.url)

    @property
    def format(self) -> str:
        """``csv``, ``parquet``, ``jsonl`` or ``sql``."""
        return SUFFIXES[self.file.suffix.lower()] if self.file is not None else "sql"

    def stamp(self) -> str:
        """A text that changes whenever the feed or its schema does; costs next to nothing for files, and a query for
        databases.

        Raises `BadFeed` where the feed cannot be had.
        """
        schema = _stamp(self.schema) if self.schema else None
        if self.file is None:
            from tiefvision_assets.store.products.rows import rows_of_query

            digest = hashlib.sha256()
            for row in rows_of_query(self):
                digest.update(repr(tuple(row)).encode())
            return f"{digest.hexdigest()[:16]} {schema}"
        stamp = _stamp(self.file)
        if stamp is None:
            raise BadFeed(f"The feed of products {self.file} is not there; see TIEFVISION_PRODUCTS.")
        return f"{tuple(stamp)} {schema}"


def _stamp(file: Path) -> FileStamp | None:
    try:
        return stamp_of(file)
    except NotADirectoryError:
        return None
    except OSError as error:
        raise BadFeed(f"{file} cannot be read: {error.strerror or error}.") from None


def source_of(text: str, schema: Path | None = None) -> FeedSource:
    """The source that a setting or an argument names; `BadFeed` for what is none.

    ``schema`` is a file of one's own; otherwise the one beside the feed is used, if there is one.
    """
    if "://" in text:
        url, _, query = text.partition("#")
        if not query.strip():
            raise BadFeed(f"{FeedSource(url=url).shown} has no query; write postgresql://user@host/shop#SELECT ….")
        return FeedSource(url=url, query=query.strip(), schema=schema)
    file = Path(text).expanduser()
    if file.suffix.lower() not in SUFFIXES:
        raise BadFeed(
            f"{text!r} is no feed of products; name a file that ends in {', '.join(SUFFIXES)}, or a database and its "
            "query, as in postgresql://user@host/shop#SELECT …."
        )
    return FeedSource(file, schema=schema or file.with_suffix(SCHEMA))
