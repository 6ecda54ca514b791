"""Filters: an SQL condition on the columns of a table, such as ``width > 500 AND path LIKE 'gowns/%'``.

sqlglot parses the text; the operators of `_OPERATORS` and a few other forms are evaluated by pyarrow. The text is never
executed as code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tiefvision_assets.errors import TiefVisionError

LONGEST = 2000
"""Maximal number of characters of a condition."""


class BadFilter(TiefVisionError):
    """A condition that cannot be read, or does not fit the columns."""


class Columns(Protocol):
    """What a condition is evaluated on: a `pyarrow.Table`, or columns that are made when they are asked for."""

    @property
    def column_names(self) -> list[str]:
        """The names of all columns, as errors list them."""
        ...

    def __getitem__(self, name: str) -> Any:
        """One value a row, as Arrow has them, or one scalar that all rows have."""
        ...

    def __len__(self) -> int:
        """The number of rows."""
        ...


def rows_where(table: Columns, condition: str) -> np.ndarray:
    """(N,) whether the condition holds for each row of the table; see `Condition`."""
    return Condition(condition).rows(table)


class Condition:
    """An SQL condition, parsed once and evaluated on any number of tables.

    Columns are compared with =, <>, <, <=, >, >=, LIKE, ILIKE, IN, BETWEEN and IS NULL, combined by AND, OR, NOT and
    parentheses; numbers can be calculated with by + - * /. A text that is compared with a date is read as one, and
    ``'red' IN colours`` asks a column of lists. Where the condition is wrong, `BadFilter` lists the columns.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def names(self, table: Columns) -> set[str]:
        """The columns of the table that the condition is about; `BadFilter` for a text that is no condition."""
        known = {name.lower(): name for name in table.column_names}
        used = self._understood(lambda: {_name(column) for column in self._tree.find_all(exp.Column)}, table)
        return {known[name] for name in used if name in known}

    def rows(self, table: Columns) -> np.ndarray:
        """(N,) whether the condition holds for each row of the table; false where it is unknown, as for NULL."""
        found = self._understood(lambda: _evaluated(self._tree, table), table)
        if pa.types.is_null(found.type) and not isinstance(found, pa.Scalar):
            return np.zeros(len(table), dtype=bool)
        if not pa.types.is_boolean(found.type):
            raise _bad(self.text, "it is a value, not a condition", table)
        if isinstance(found, pa.Scalar):
            return np.full(len(table), bool(found.as_py()))
        return np.asarray(pc.fill_null(found, False))

    def _understood(self, evaluate: Callable[[], Any], table: Columns) -> Any:
        try:
            return evaluate()
        except _Unusable as error:
            raise _bad(self.text, str(error), table) from None
        except (pa.ArrowException, OverflowError, TypeError) as error:
            reason = f"its parts do not fit together ({str(error).splitlines()[0]})"
            raise _bad(self.text, reason, table) from None
        except RecursionError:
            raise _bad(self.text, "it is nested too deeply", table) from None

    @cached_property
    def _tree(self) -> exp.Condition:
        return _parsed(self.text)


class _Unusable(ValueError):
    """Why a condition cannot be used; the text is to be put after a colon."""


def _bad(condition: str, reason: str, table: Columns) -> BadFilter:
    shown = condition if len(condition) <= 80 else condition[:77] + "..."
    return BadFilter(
        f"The filter {shown!r} cannot be used: {reason}; write a condition such as width > 500 AND path LIKE 'gowns/%' "
        f"on the columns {', '.join(table.column_names)}."
    )


def _parsed(condition: str) -> exp.Condition:
    if len(condition) > LONGEST:
        raise _Unusable(f"it is longer than {LONGEST} characters")
    try:
        return sqlglot.parse_one(condition, into=exp.Condition)
    except SqlglotError:
        raise _Unusable("it is no SQL condition") from None


def _evaluated(node: exp.Expr, table: Columns) -> Any:
    """The node's value as a pyarrow array as long as the table, or as a scalar."""
    match node:
        case exp.Column():
            return _column(node, table)
        case exp.In(this=exp.Literal(), args={"field": exp.Column() as column}):
            return _contain(_evaluated(column, table), _evaluated(node.this, table))
    if any(value for name, value in node.args.items() if name not in PARTS):
        raise _Unusable(f"{node.sql()!r} is not understood")
    match node:
        case exp.Paren():
            return _evaluated(node.this, table)
        case exp.Literal():
            return pa.scalar(node.this if node.is_string else _number(node.this))
        case exp.Boolean():
            return pa.scalar(bool(node.this))
        case exp.Null():
            return pa.scalar(None)
        case exp.Is(this=value, expression=exp.Null()):
            return pc.is_null(_evaluated(value, table))
        case exp.In(this=value) if node.expressions:
            column = _evaluated(value, table)
            if pa.types.is_string(column.type) and all(_is_text(option) for option in node.expressions):
                return _is_one_of(column, [option.this for option in node.expressions])
            equal = [_equal(column, _evaluated(option, table)) for option in node.expressions]
            return _folded(pc.or_kleene, equal)
        case exp.Between(this=value):
            column, low, high = (_evaluated(part, table) for part in (value, node.args["low"], node.args["high"]))
            return pc.and_kleene(_comparing(pc.greater_equal)(column, low), _comparing(pc.less_equal)(column, high))
        case exp.Like() | exp.ILike():
            pattern = node.expression
            if not (isinstance(pattern, exp.Literal) and pattern.is_string):
                raise _Unusable("LIKE needs a pattern in single quotes")
            text, ignored_case = _evaluated(node.this, table), isinstance(node, exp.ILike)
            text = pc.cast(text, pa.string()) if pa.types.is_null(text.type) else text
            matches = pc.match_like(text, pattern.this, ignore_case=ignored_case)
            return pc.invert(matches) if node.args.get("negate") else matches
    operator = _OPERATORS.get(type(node))
    if operator is None:
        raise _Unusable(f"{node.sql()!r} is not understood")
    return operator(*(_evaluated(operand, table) for operand in node.iter_expressions()))


def _column(node: exp.Column, table: Columns) -> Any:
    known = {name.lower(): name for name in table.column_names}
    name = known.get(_name(node))
    if name is None and node.args.get("table"):
        raise _Unusable(f"{node.sql()!r} is not understood")
    if name is None:
        raise _Unusable(f"there is no column {node.sql()} (texts stand in single quotes)")
    return table[name]


def _name(node: exp.Column) -> str:
    """The column's name in lower case, with what stands before its dot: ``hit.price``."""
    return str(node.sql()).replace('"', "").lower()


def _comparing(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The comparison, for which a text beside a date is a date: ``launched > '2026-11-27'``.

    Of two values without a type, those of columns without any value or NULL, the answer is unknown.
    """

    def compared(left: Any, right: Any) -> Any:
        if pa.types.is_null(left.type) and pa.types.is_null(right.type):
            left, right = pc.cast(left, pa.bool_()), pc.cast(right, pa.bool_())
        if pa.types.is_timestamp(left.type) and pa.types.is_string(right.type):
            return compare(left, pc.cast(right, left.type))
        if pa.types.is_timestamp(right.type) and pa.types.is_string(left.type):
            return compare(pc.cast(left, right.type), right)
        return compare(left, right)

    return compared


_equal = _comparing(pc.equal)


def _logical(combine: Callable[..., Any]) -> Callable[..., Any]:
    """The operator, for which a column without any value, which has no type, is of truths that are unknown."""

    def combined(*parts: Any) -> Any:
        return combine(*(pc.cast(part, pa.bool_()) if pa.types.is_null(part.type) else part for part in parts))

    return combined


def _contain(column: Any, value: pa.Scalar) -> pa.Array:
    """Whether each list of the column holds the value; unknown where there is no list."""
    if pa.types.is_null(column.type):
        return pc.cast(column, pa.bool_())
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_list(column.type) or isinstance(column, pa.Scalar):
        raise _Unusable(f"{value} can be looked for in a column of lists only")
    is_value = np.asarray(pc.fill_null(pc.equal(pc.list_flatten(lists), value), False), dtype=bool)
    found = np.zeros(len(lists), dtype=bool)
    found[np.asarray(pc.list_parent_indices(lists))[is_value]] = True
    return pa.array(found, mask=np.asarray(pc.is_null(lists)))


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _is_one_of(column: Any, texts: list[str]) -> Any:
    """Whether each text is one of these, looked up once however many they are; unknown where there is no text."""
    found = pc.is_in(column, value_set=pa.array(texts, pa.string()))
    return pc.if_else(pc.is_valid(column), found, pa.scalar(None, pa.bool_()))


def _number(text: str) -> int | float:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:  # the tokenizer takes 1e, and digits beyond ASCII, for numbers
        raise _Unusable(f"{text} is no number") from None


def _divided(dividend: Any, divisor: Any) -> Any:
    """Real division, because the aspect ratio of two whole numbers is rarely a whole number."""
    return pc.divide(pc.cast(dividend, pa.float64()), pc.cast(divisor, pa.float64()))


def _folded(combine: Callable[[Any, Any], Any], values: list[Any]) -> Any:
    first, *others = values
    for value in others:
        first = combine(first, value)
    return first


_OPERATORS: dict[type[exp.Expr], Callable[..., Any]] = {
    exp.And: _logical(pc.and_kleene),
    exp.Or: _logical(pc.or_kleene),
    exp.Not: _logical(pc.invert),
    exp.EQ: _equal,
    exp.NEQ: _comparing(pc.not_equal),
    exp.GT: _comparing(pc.greater),
    exp.GTE: _comparing(pc.greater_equal),
    exp.LT: _comparing(pc.less),
    exp.LTE: _comparing(pc.less_equal),
    exp.Add: pc.add,
    exp.Sub: pc.subtract,
    exp.Mul: pc.multiply,
    exp.Div: _divided,
    exp.Neg: pc.negate,
}
PARTS = {"this", "expression", "expressions", "low", "high", "negate", "is_string"}
"""The parts of a parsed node that are evaluated. A node with others, such as BETWEEN SYMMETRIC, is refused, because it
would be misunderstood."""
