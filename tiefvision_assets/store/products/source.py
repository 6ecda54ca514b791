"""Where a feed of products comes from: a file, here or at a URL, or a query of a database; and whether it changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.stamp import FileStamp, stamp_of
from tiefvision_assets.urls import checked_url

SUFFIXES = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""What a feed's file name ends in, and the format that it then has."""
SCHEMA = ".schema.toml"
"""Beside ``products.csv``, ``products.schema.toml`` says what its columns are."""


class BadFeed(TiefVisionError):
    """A feed of products that cannot be read; nothing of it is then taken."""


@dataclass(frozen=True)
class FeedSource:
    """A feed's file, the URL of one that lies elsewhere, or a database's URL with a query."""

    file: Path | None = None
    url: str = ""
    query: str = ""
    schema: Path | None = None
    """The file that says what its columns are, which may not exist."""

    @property
    def is_far(self) -> bool:
        """Whether it is a file that lies elsewhere, in object storage for instance."""
        return self.file is None and not self.query

    @property
    def far_schema(self) -> str | None:
        """The URL of the schema beside a file that lies elsewhere, if there is one; None where ``schema`` counts."""
        return f"{self.url.rpartition('.')[0]}{SCHEMA}" if self.is_far and self.schema is None else None

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
        if self.file is not None:
            return SUFFIXES[self.file.suffix.lower()]
        return SUFFIXES[_suffix(self.url)] if self.is_far else "sql"

    def stamp(self) -> str:
        """A text that changes whenever the feed or its schema does; costs next to nothing for files, two requests for
        those that lie elsewhere, and a query for databases.

        Raises `BadFeed` where the feed cannot be had.
        """
        schema: object = _stamp(self.schema) if self.schema else None
        if self.is_far:
            from tiefvision_assets.store.products.far import far_stamp

            schema = far_stamp(self.far_schema) if self.far_schema else schema
            return f"{far_stamp(self.url) or self._missing()} {schema}"
        if self.file is None:
            from tiefvision_assets.store.products.rows import rows_of_query

            digest = hashlib.sha256()
            for row in rows_of_query(self):
                digest.update(repr(tuple(row)).encode())
            return f"{digest.hexdigest()[:16]} {schema}"
        stamp = _stamp(self.file)
        if stamp is None:
            self._missing()
        return f"{tuple(stamp)} {schema}"

    def content(self) -> bytes:
        """The file's bytes; `BadFeed` where there is none, OSError where one of this machine cannot be read."""
        if self.is_far:
            from tiefvision_assets.store.products.far import far_content

            found = far_content(self.url)
            return self._missing() if found is None else found
        assert self.file is not None
        return self.file.read_bytes() if self.file.is_file() else self._missing()

    def _missing(self) -> NoReturn:
        raise BadFeed(f"The feed of products {self.shown} is not there; see TIEFVISION_PRODUCTS.")


def _stamp(file: Path) -> FileStamp | None:
    try:
        return stamp_of(file)
    except NotADirectoryError:
        return None
    except OSError as error:
        raise BadFeed(f"{file} cannot be read: {error.strerror or error}.") from None


def _suffix(url: str) -> str:
    return PurePosixPath(url).suffix.lower()


def source_of(text: str, schema: Path | None = None) -> FeedSource:
    """The source that a setting or an argument names; `BadFeed` for what is none.

    ``schema`` is a file of one's own; otherwise the one beside the feed is used, if there is one.
    """
    if "://" in text:
        url, _, query = text.partition("#")
        if not query.strip() and _suffix(url) in SUFFIXES:
            try:
                return FeedSource(url=checked_url(url, may_be_file_system=True), schema=schema)
            except ValueError as error:
                raise BadFeed(f"{FeedSource(url=url).shown} is no feed of products: {error}.") from None
        if not query.strip():
            raise BadFeed(
                f"{FeedSource(url=url).shown} has no query; write postgresql://user@host/shop#SELECT …, or the URL of "
                f"a file that ends in {', '.join(SUFFIXES)}."
            )
        return FeedSource(url=url, query=query.strip(), schema=schema)
    file = Path(text).expanduser()
    if file.suffix.lower() not in SUFFIXES:
        raise BadFeed(
            f"{text!r} is no feed of products; name a file that ends in {', '.join(SUFFIXES)}, or a database and its "
            "query, as in postgresql://user@host/shop#SELECT …."
        )
    return FeedSource(file, schema=schema or file.with_suffix(SCHEMA))
