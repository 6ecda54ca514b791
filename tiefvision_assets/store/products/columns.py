"""The type of a column, by what it holds: text, number, truth, date or list.

A column has a type only if all of its values fit it: one that is almost one is a text, and `Typed.strangers` are the
values that do not fit, for people to look at. Somebody who states the type gets it, and what does not fit is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

ColumnType = Literal["text", "number", "truth", "date", "list"]
TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
MOST = 0.9
"""A column of texts of which so many are of one type was probably meant to be of that type."""
SEPARATOR = "|"
"""Between the elements of a list that a CSV file holds as text."""

_CODE = r"^0[0-9]+$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
_COMMA = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})*|[0-9]+)(,[0-9]{1,2})?$"
_DATE = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$"
_TRUE, _FALSE = ["true", "yes", "t", "y"], ["false", "no", "f", "n"]
_DIGITS = 15
"""So many digits fit into a number exactly; what has more before the point is a code."""
_DATES = pa.timestamp("us")
_EARLIEST, _LATEST = pa.scalar(datetime.min, _DATES), pa.scalar(datetime.max, _DATES)
_LISTS = pa.list_(pa.string())


@dataclass(frozen=True)
class Typed:
    """A column with its type."""

    type: ColumnType
    values: pa.Array
    """Strings, int64 or float64, booleans, microseconds without a zone (in UTC), or lists of strings.

    Arrow's ``null`` where there is no value at all, so that a condition on prices holds while there are none.
    """
    almost: ColumnType | None = None
    """What most of the values, but not all, are, where the column is a text for that reason."""
    strangers: tuple[str, ...] = ()
    """Values that do not fit ``almost`` or the stated type, at most three of them."""
    stranger_count: int = 0


def typed(
    column: pa.ChunkedArray, stated: ColumnType | None = None, separator: str = SEPARATOR, textual: bool = True
) -> Typed | None:
    """The column with the stated type, or that of its values; None for values that are of none of the types.

    ``textual``: everything was written as text, as in CSV files, so that texts may be numbers, truths and lists.
    """
    array = _plain(column)
    if array is None:
        return None
    if pa.types.is_string(array.type):
        return _of_texts(array, stated, separator, textual)
    found = _own_type(array)
    if stated is None or stated == found:
        return Typed(found, _as_own_type(array, found))
    texts = pc.cast(_as_own_type(array, found), pa.string()) if found != "list" else _joined(array, separator)
    return _of_texts(texts, stated, separator, textual)


def _plain(column: pa.ChunkedArray) -> pa.Array | None:
    """The values in one piece, as one of the kinds of Arrow that are understood; None for others."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # of no chunks
        array = pa.array([], array.type)
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = pc.cast(array, kind.value_type)
        kind = array.type
    if kind == pa.uuid():  # many a table's primary key
        return pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
    if pa.types.is_null(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.cast(array, pa.string())
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(pc.cast(array, pa.float64())), pc.cast(array, pa.float64()), None)
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    understood = (
        pa.types.is_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or (lists and not pa.types.is_nested(kind.value_type))
    )
    return array if understood else None


def _own_type(array: pa.Array) -> ColumnType:
    if pa.types.is_boolean(array.type):
        return "truth"
    if pa.types.is_date(array.type) or pa.types.is_timestamp(array.type):
        return "date"
    return "list" if pa.types.is_nested(array.type) else "number"


def _as_own_type(array: pa.Array, kind: ColumnType) -> pa.Array:
    if kind == "date":
        zoned = pa.types.is_timestamp(array.type) and array.type.tz
        array = pc.cast(array, pa.timestamp("us", "UTC")) if zoned else array
        return _of_the_calendar(pc.cast(array, _DATES, safe=False))
    if kind == "list":
        return pc.cast(array, _LISTS)
    if kind == "number":
        is_whole = pa.types.is_integer(array.type) and array.type != pa.uint64()
        return pc.cast(array, pa.int64() if is_whole else pa.float64(), safe=False)
    return array


def _of_texts(column: pa.Array, stated: ColumnType | None, separator: str, textual: bool) -> Typed:
    texts = pc.utf8_trim_whitespace(column)
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    if stated == "text":
        return Typed("text", texts)
    readers: dict[ColumnType, Callable[[pa.Array], pa.Array]] = {
        "number": _numbers,
        "truth": lambda values: _truths(values, generous=stated is not None),
        "date": _dates,
        "list": lambda values: _lists(values, separator, stated is not None),
    }
    given = len(texts) - texts.null_count
    if not given:
        return Typed(stated or "text", pa.nulls(len(texts)))
    if stated is not None:
        values = readers[stated](texts)
        return Typed(stated, values, None, *_strangers(texts, values))
    for kind in ("truth", "number", "date", "list") if textual else ("date",):
        values = readers[kind](texts)
        if values.null_count == texts.null_count:
            return Typed(kind, values)
        if kind == "number" and _any(pc.match_substring_regex(texts, _CODE)):
            continue  # article numbers with zeros in front
        if len(values) - values.null_count >= MOST * given:
            return Typed("text", texts, kind, *_strangers(texts, values))
    return Typed("text", texts)


def _strangers(texts: pa.Array, values: pa.Array) -> tuple[tuple[str, ...], int]:
    unfit = np.flatnonzero(np.asarray(pc.and_(pc.is_valid(texts), pc.is_null(values))))
    shown = pc.unique(texts.take(pa.array(unfit[:1000]))).to_pylist()[:3]
    return tuple(shown), len(unfit)


def _any(truths: pa.Array) -> bool:
    return bool(pc.any(truths).as_py())


def _numbers(texts: pa.Array) -> pa.Array:
    """int64 where all are whole, else float64; the decimal comma is one where no value needs the point to be."""
    fits = pc.match_substring_regex(texts, _NUMBER)
    with_comma = pc.match_substring_regex(texts, _COMMA)
    if _any(pc.match_substring_regex(texts, ",[0-9]{1,2}$")) and pc.sum(with_comma).as_py() > pc.sum(fits).as_py():
        texts = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".")
        fits = with_comma
    before_point = pc.utf8_length(pc.replace_substring_regex(texts, r"\..*", ""))
    is_code = pc.or_(pc.match_substring_regex(texts, _CODE), pc.greater(before_point, _DIGITS))
    usable = pc.if_else(pc.and_(fits, pc.invert(is_code)), pc.utf8_ltrim(texts, "+"), None)
    is_whole = not _any(pc.match_substring(usable, "."))
    return pc.cast(usable, pa.int64() if is_whole else pa.float64())


def _truths(texts: pa.Array, generous: bool) -> pa.Array:
    """What says yes or no in letters; 1 and 0 as well where somebody said that these are truths."""
    lower = pc.utf8_lower(texts)
    true = pc.is_in(lower, pa.array(_TRUE + ["1"] * generous))
    false = pc.is_in(lower, pa.array(_FALSE + ["0"] * generous))
    return pc.if_else(pc.or_(true, false), true, pa.scalar(None, pa.bool_()))


def _dates(texts: pa.Array) -> pa.Array:
    candidates = pc.if_else(pc.match_substring_regex(texts, _DATE), texts, None)
    if candidates.null_count == len(candidates):
        return pa.nulls(len(texts), _DATES)
    parsed = pd.to_datetime(candidates.to_pandas(), format="ISO8601", utc=True, errors="coerce")
    return _of_the_calendar(pc.cast(pa.array(parsed.dt.tz_localize(None), from_pandas=True), _DATES, safe=False))


def _of_the_calendar(dates: pa.Array) -> pa.Array:
    """The dates of the years 1 to 9999, which are all that there are in Python and in SQL."""
    known = pc.and_(pc.greater_equal(dates, _EARLIEST), pc.less_equal(dates, _LATEST))
    return pc.if_else(known, dates, None)


def _lists(texts: pa.Array, separator: str, stated: bool) -> pa.Array:
    """JSON arrays, or elements between separators; unless that was stated, most texts have to have one."""
    given = len(texts) - texts.null_count
    separated = pc.sum(pc.match_substring(texts, separator)).as_py() or 0
    arrays = pc.sum(pc.match_substring_regex(texts, r"^\[.*\]$")).as_py() or 0
    if not stated and arrays + separated <= given / 2:
        return pa.nulls(len(texts), _LISTS)
    return pa.array([None if text is None else _elements(text, separator) for text in texts.to_pylist()], _LISTS)


def _elements(text: str, separator: str) -> list[str]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return [str(element) for element in found]
    return [part.strip() for part in text.split(separator) if part.strip()]


def _joined(array: pa.Array, separator: str) -> pa.Array:
    return pc.binary_join(pc.cast(array, _LISTS), separator)
