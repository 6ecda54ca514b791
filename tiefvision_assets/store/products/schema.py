"""What somebody stated about a feed in a small TOML file: which columns name the product and its photos, and types.

::

    product_id = "sku"
    photos = "dresses/{product_id}-*.jpg"

    [columns]
    ean = "text"
    margin = "leave out"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiefvision_assets.store.products.columns import SEPARATOR, TYPES, ColumnType
from tiefvision_assets.store.products.source import BadFeed, FeedSource

LEAVE_OUT = "leave out"
_TEXTS = ("product_id", "path", "photos", "separator")
_IDS = ("product_id", "sku", "id")
_PATHS = ("path", "paths", "photos", "photo")


@dataclass(frozen=True)
class FeedSchema:
    """What is stated; all else is told from what the feed holds."""

    product_id: str | None = None
    """Column with the products' ids."""
    path: str | None = None
    """Column with the products' photos."""
    photos: str | None = None
    """Pattern of the paths of every product's photos, with ``{product_id}`` in it."""
    separator: str = SEPARATOR
    columns: Mapping[str, ColumnType] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()

    def id_column(self, names: list[str]) -> str | None:
        """The column with the products' ids among those of a feed."""
        return self.product_id if self.product_id else next((name for name in _IDS if name in names), None)

    def path_column(self, names: list[str]) -> str | None:
        """The column with the products' photos; none where a pattern says it for all, or nothing does."""
        if self.path or self.photos:
            return self.path
        return next((name for name in _PATHS if name in names), None)


def read_schema(file: Path | None) -> FeedSchema:
    """The schema in ``file``, an empty one where there is no file; `BadFeed` for one that is not understood."""
    if file is None:
        return FeedSchema()
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return FeedSchema()
    except OSError as error:
        raise BadFeed(f"The schema of products {file} cannot be read: {error.strerror or error}.") from None
    return _parsed(str(file), content)


def schema_of(source: FeedSource) -> FeedSchema:
    """The schema of a feed, which may lie beside it elsewhere; as for `read_schema`."""
    if source.far_schema is None:
        return read_schema(source.schema)
    from tiefvision_assets.store.products.far import far_content

    content = far_content(source.far_schema)
    return FeedSchema() if content is None else _parsed(source.far_schema, content)


def _parsed(file: str, content: bytes) -> FeedSchema:
    try:
        document = tomllib.loads(content.decode())
    except RecursionError:
        raise _bad(file, "it is nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFeed(f"The schema of products {file} is no TOML ({error}).") from None
    return _schema(file, document)


def _schema(file: str, document: dict[str, Any]) -> FeedSchema:
    stated = document.pop("columns", {})
    unknown = sorted(set(document) - set(_TEXTS))
    if unknown:
        raise _bad(file, f"there is no {unknown[0]!r}; write {', '.join(_TEXTS)}, or [columns]")
    for name, value in document.items():
        if not isinstance(value, str) or not value:
            raise _bad(file, f"{name} is {value!r}; write a text")
    if "photos" in document and "{product_id}" not in document["photos"]:
        raise _bad(file, "photos is a pattern with {product_id} in it, such as 'dresses/{product_id}-*.jpg'")
    if not isinstance(stated, dict):
        raise _bad(file, "[columns] gives a type for each column's name")
    for name, kind in stated.items():
        if kind not in (*TYPES, LEAVE_OUT):
            raise _bad(file, f"the type of {name} is {kind!r}; write {', '.join(TYPES)} or {LEAVE_OUT!r}")
    left_out = frozenset(name for name, kind in stated.items() if kind == LEAVE_OUT)
    types = {name: kind for name, kind in stated.items() if kind != LEAVE_OUT}
    return FeedSchema(**document, columns=types, left_out=left_out)


def _bad(file: str, reason: str) -> BadFeed:
    return BadFeed(f"The schema of products {file} cannot be used: {reason}.")
