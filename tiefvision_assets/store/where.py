"""Filters: an SQL condition on the columns of a table, such as ``width > 500 AND path LIKE 'gowns/%'``.

sqlglot parses the text; the operators of `_OPERATORS` and a few other forms are evaluated by pyarrow. The text is never
executed as code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def rows_where(table: pa.Table, condition: str) -> np.ndarray:
    """(N,) whether the condition holds for each row of the table; false where it is unknown, as for NULL.

    Columns are compared with =, <>, <, <=, >, >=, LIKE, ILIKE, IN, BETWEEN and IS NULL, combined by AND, OR, NOT and
    parentheses; numbers can be calculated with by + - * /. Where the condition is wrong, `BadFilter` lists the columns.
    """
    try:
        found = _evaluated(_parsed(condition), table)
    except _Unusable as error:
        raise _bad(condition, str(error), table) from None
    except (pa.ArrowException, OverflowError, TypeError) as error:
        raise _bad(condition, f"its parts do not fit together ({str(error).splitlines()[0]})", table) from None
    except RecursionError:
        raise _bad(condition, "it is nested too deeply", table) from None
    if not pa.types.is_boolean(found.type):
        raise _bad(condition, "it is a value, not a condition", table)
    if isinstance(found, pa.Scalar):
        return np.full(len(table), bool(found.as_py()))
    return np.asarray(pc.fill_null(found, False))


class _Unusable(ValueError):
    """Why a condition cannot be used; the text is to be put after a colon."""


def _bad(condition: str, reason: str, table: pa.Table) -> BadFilter:
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


def _evaluated(node: exp.Expr, table: pa.Table) -> Any:
    """The node's value as a pyarrow array as long as the table, or as a scalar."""
    if any(value for name, value in node.args.items() if name not in _PARTS):
        raise _Unusable(f"{node.sql()!r} is not understood")
    match node:
        case exp.Paren():
            return _evaluated(node.this, table)
        case exp.Column():
            return _column(node, table)
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
            equal = [pc.equal(column, _evaluated(option, table)) for option in node.expressions]
            return _folded(pc.or_kleene, equal)
        case exp.Between(this=value):
            column, low, high = (_evaluated(part, table) for part in (value, node.args["low"], node.args["high"]))
            return pc.and_kleene(pc.greater_equal(column, low), pc.less_equal(column, high))
        case exp.Like() | exp.ILike():
            pattern = node.expression
            if not (isinstance(pattern, exp.Literal) and pattern.is_string):
                raise _Unusable("LIKE needs a pattern in single quotes")
            text, ignored_case = _evaluated(node.this, table), isinstance(node, exp.ILike)
            matches = pc.match_like(text, pattern.this, ignore_case=ignored_case)
            return pc.invert(matches) if node.args.get("negate") else matches
    operator = _OPERATORS.get(type(node))
    if operator is None:
        raise _Unusable(f"{node.sql()!r} is not understood")
    return operator(*(_evaluated(operand, table) for operand in node.iter_expressions()))


def _column(node: exp.Column, table: pa.Table) -> pa.ChunkedArray:
    known = {name.lower(): name for name in table.column_names}
    name = known.get(node.sql().replace('"', "").lower())
    if name is None:
        raise _Unusable(f"there is no column {node.sql()} (texts stand in single quotes)")
    return table[name]


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
    exp.And: pc.and_kleene,
    exp.Or: pc.or_kleene,
    exp.Not: pc.invert,
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
    exp.Add: pc.add,
    exp.Sub: pc.subtract,
    exp.Mul: pc.multiply,
    exp.Div: _divided,
    exp.Neg: pc.negate,
}
_PARTS = {"this", "expression", "expressions", "low", "high", "negate", "is_string"}
"""The parts of a parsed node that are evaluated. A node with others, such as BETWEEN SYMMETRIC, is refused, because it
would be misunderstood."""
