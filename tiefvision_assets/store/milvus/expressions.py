"""SQL conditions as Milvus reads them, where both mean the same.

Translated are comparisons of a column with a value of its type, LIKE, IN and BETWEEN, columns of truth values, and AND,
OR, NOT of these. All else has no translation here, though Milvus may have words for it: arithmetic, ILIKE, NULL,
backslashes, and whatever is wrong, which `tiefvision_assets.store.where` tells in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tiefvision_assets.store.where import LONGEST, PARTS

_COMPARISONS = {exp.EQ: "==", exp.NEQ: "!=", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_INT64 = 2**63


class _Untranslatable(ValueError):
    """The condition has a part without a translation."""


def translated(condition: str, kinds: Mapping[str, str]) -> str | None:
    """Milvus's expression for an SQL condition; None where it has a part without a translation.

    ``kinds`` are the NumPy kinds of the columns: ``b`` for truth values, ``i`` and ``f`` for numbers, else texts.
    """
    if len(condition) > LONGEST:
        return None
    try:
        return _condition(
            sqlglot.parse_one(condition, into=exp.Condition), {k.lower(): (k, v) for k, v in kinds.items()}
        )
    except (SqlglotError, _Untranslatable, RecursionError):
        return None


Kinds = Mapping[str, tuple[str, str]]


def _condition(node: exp.Expr, kinds: Kinds) -> str:
    if any(value for name, value in node.args.items() if name not in PARTS):
        raise _Untranslatable
    match node:
        case exp.Paren():
            return _condition(node.this, kinds)
        case exp.And():
            return f"({_condition(node.left, kinds)} and {_condition(node.right, kinds)})"
        case exp.Or():
            return f"({_condition(node.left, kinds)} or {_condition(node.right, kinds)})"
        case exp.Not():
            return f"(not {_condition(node.this, kinds)})"
        case exp.Column():
            column, kind = _column(node, kinds)
            if kind != "b":
                raise _Untranslatable
            return f"{column} == true"
        case exp.In() if node.expressions:
            column, kind = _column(node.this, kinds)
            if kind == "b":
                raise _Untranslatable
            return f"{column} in [{', '.join(_value(option, kind) for option in node.expressions)}]"
        case exp.Between():
            column, kind = _column(node.this, kinds)
            low, high = (_value(node.args[side], kind) for side in ("low", "high"))
            if kind == "b":
                raise _Untranslatable
            return f"({column} >= {low} and {column} <= {high})"
        case exp.Like():
            column, kind = _column(node.this, kinds)
            if kind in "bif":
                raise _Untranslatable
            like = f"{column} like {_value(node.expression, kind)}"
            return f"(not {like})" if node.args.get("negate") else like
    return _comparison(node, kinds)


def _comparison(node: exp.Expr, kinds: Kinds) -> str:
    operator = next((sign for kind, sign in _COMPARISONS.items() if type(node) is kind), None)
    if operator is None:
        raise _Untranslatable
    left, right = node.this, node.expression
    if isinstance(right, exp.Column):
        left, right, operator = right, left, _MIRRORED.get(operator, operator)
    column, kind = _column(left, kinds)
    if kind == "b" and operator in _MIRRORED:
        raise _Untranslatable
    return f"{column} {operator} {_value(right, kind)}"


def _column(node: exp.Expr, kinds: Kinds) -> tuple[str, str]:
    if not isinstance(node, exp.Column):
        raise _Untranslatable
    found = kinds.get(node.sql().replace('"', "").lower())
    if found is None:
        raise _Untranslatable
    return found


def _value(node: exp.Expr, kind: str) -> str:
    """A constant of the column's kind, as Milvus writes it."""
    if isinstance(node, exp.Neg) and kind in "if":
        return f"-{_value(node.this, kind)}"
    if kind == "b" and isinstance(node, exp.Boolean):
        return str(bool(node.this)).lower()
    if not isinstance(node, exp.Literal) or kind == "b" or node.is_string == (kind in "if"):
        raise _Untranslatable
    text = str(node.this)
    if node.is_string:
        if "\\" in text or not text.isprintable():
            raise _Untranslatable
        return json.dumps(text, ensure_ascii=False)
    if text.isascii() and text.isdigit() and int(text) < _INT64:
        return str(int(text))
    if kind == "i":
        raise _Untranslatable
    try:
        return repr(float(text))
    except ValueError:
        raise _Untranslatable from None
