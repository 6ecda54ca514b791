"""Products that are written through the API: which are taken, and where they are kept.

A product that was written counts as it was written, whatever a feed says about it, until it is removed here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tiefvision_assets.errors import TiefVisionError, displayable
from tiefvision_assets.store.products.columns import ColumnType, typed
from tiefvision_assets.store.products.feed import PHOTO_PATHS, PREFIX, PRODUCT_ID, FeedColumn
from tiefvision_assets.store.written.journal import Journal

Value = str | bool | int | float | list[str] | None
"""What a column may hold; dates are texts such as 2026-11-27."""
PHOTOS = "photos"
LONGEST_ID, LONGEST_NAME, LONGEST_TEXT = 200, 100, 10_000
"""In characters."""
MOST_PHOTOS, MOST_COLUMNS, MOST_ELEMENTS = 1000, 200, 1000
LARGEST = 2**53
"""Whole numbers beyond it are codes: they do not fit into a number exactly."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_RESERVED = (PRODUCT_ID, PHOTOS, PHOTO_PATHS)


class BadProduct(TiefVisionError):
    """A product that is not taken."""


class NotWritten(TiefVisionError):
    """A product that was not written through the API."""


@dataclass(frozen=True)
class WrittenProduct:
    """A product as somebody writes it."""

    product_id: str
    photos: Sequence[str] = ()
    """Paths below the raw folder, or patterns of them."""
    columns: Mapping[str, Value] = field(default_factory=dict)


class WrittenProducts:
    """Those of one data folder; may be used by many threads and processes."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def version(self) -> str:
        """A text that changes with every change; empty before the first product was written."""
        return self._journal.version()

    def holds(self, version: str, change: str) -> bool:
        """Whether the products as of that `version` have a change after which the version was ``change``."""
        return self._journal.holds(version, change)

    def all(self) -> list[WrittenProduct]:
        """The products, in the order in which they came."""
        return [WrittenProduct(name, **value) for name, value in self._journal.values().items()]

    def change(
        self, put: Sequence[WrittenProduct], removed: Sequence[str], known: Sequence[FeedColumn] = ()
    ) -> list[str]:
        """Write these products whole and remove those, all or none of them; the ids of those that were there and are
        removed. ``known`` as for `check_products`; `BadProduct` where a column that is not known yet would hold values
        of several types."""
        values = {one.product_id: {PHOTOS: list(one.photos), "columns": dict(one.columns)} for one in put}
        gone: list[str] = []

        def decided(now: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
            changed = values.keys() | removed
            others = (value["columns"] for name, value in now.items() if name not in changed)
            _check_new_columns(put, others, _types_of(known))
            gone.extend(name for name in removed if name in now)
            return values, gone

        self._journal.change(decided)
        return gone


def check_products(put: Sequence[WrittenProduct], removed: Sequence[str], known: Sequence[FeedColumn] = ()) -> None:
    """`BadProduct` for the first that cannot be taken; ``known`` are the columns of the products there are.

    A value that does not fit its column would be missing there, which its sender should hear.
    """
    ids = [one.product_id for one in put] + list(removed)
    for name in ids:
        _check_text("the product's id", name, LONGEST_ID)
        if not name or name != name.strip():
            raise BadProduct(f"{name!r} is no product's id: it is empty, or begins or ends with a space.")
    twice = next((name for name, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        raise BadProduct(f"The product {displayable(twice)!r} stands in the request twice; send it once.")
    types = _types_of(known)
    for one in put:
        _check(one, types)


def _types_of(known: Sequence[FeedColumn]) -> dict[str, ColumnType]:
    return {column.name.removeprefix(PREFIX): column.type for column in known if column.example}


def _check_new_columns(
    put: Sequence[WrittenProduct], others: Iterable[Mapping[str, Value]], types: Mapping[str, ColumnType]
) -> None:
    """`BadProduct` where values of a column without a type, as nothing of it was taken over yet, are of several."""
    new = {name for one in put for name, value in one.columns.items() if _is_given(value) and name not in types}
    first: dict[str, ColumnType] = {}
    for columns in others:
        missing = new - first.keys()
        if not missing:
            break
        first |= {name: type_of(columns[name]) for name in missing & columns.keys() if _is_given(columns[name])}
    for one in put:
        for name, value in one.columns.items():
            if name not in new or not _is_given(value):
                continue
            kind = first.setdefault(name, type_of(value))
            if not (isinstance(value, str) if kind == "text" else _fits(value, kind)):
                raise _of_another_type(f"{name} of the product {displayable(one.product_id)!r}", value, kind)


def _check(one: WrittenProduct, types: Mapping[str, ColumnType]) -> None:
    of = f"of the product {displayable(one.product_id)!r}"
    if len(one.photos) > MOST_PHOTOS or len(one.columns) > MOST_COLUMNS:
        raise BadProduct(f"More than {MOST_PHOTOS} photos or {MOST_COLUMNS} columns {of} are given; send fewer.")
    for path in one.photos:
        _check_text(f"a photo {of}", path, LONGEST_TEXT)
        if not path.strip():
            raise BadProduct(f"A photo {of} has an empty path; leave it out.")
    for name, value in one.columns.items():
        _check_text(f"a column's name {of}", name, LONGEST_NAME)
        if not name.strip() or name.lower() in _RESERVED:
            raise BadProduct(f"A column {of} is called {name!r}, which no column can be; rename it.")
        _check_value(f"{name} {of}", value)
        if value is not None and name in types and not _fits(value, types[name]):
            raise _of_another_type(f"{name} {of}", value, types[name])


def _of_another_type(what: str, value: Value, kind: ColumnType) -> BadProduct:
    return BadProduct(
        f"{what} is {displayable(str(value))[:60]!r}, but the column holds values of the type {kind}; "
        "send one, or null."
    )


def _check_value(what: str, value: Value) -> None:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str):
            _check_text(what, text, LONGEST_TEXT)
    if isinstance(value, list) and len(value) > MOST_ELEMENTS:
        raise BadProduct(f"{what} has more than {MOST_ELEMENTS} elements; send fewer.")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise BadProduct(f"{what} is a number of more digits than can be kept exactly; send it as a text.")
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise BadProduct(f"{what} is no number; send null for a value that is missing.")


def _check_text(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise BadProduct(f"{what[0].upper()}{what[1:]} is longer than {longest} characters; shorten it.")
    if _CONTROLS.search(text) or not _is_utf8(text):
        raise BadProduct(f"{what[0].upper()}{what[1:]} holds control characters or no Unicode; leave them out.")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_given(value: Value) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def type_of(value: Value) -> ColumnType:
    """That of a column which holds this value alone."""
    found = typed(pa.chunked_array([pa.array([value])]), textual=False)
    return found.type if found else "text"


def _fits(value: Value, kind: ColumnType) -> bool:
    if kind == "text":
        return True
    found = typed(pa.chunked_array([pa.array([value])]), kind)
    return found is not None and found.stranger_count == 0
