"""Conditions as facets narrow them: the parts of one that say which values of a column are wanted.

A condition is a list of parts that all have to hold. Of these, ``brand IN ('Ada', 'Bo')``, ``'red' IN colours``,
``in_stock``, ``price >= 20 AND price < 40`` and ``price IS NULL`` are choices that somebody may have made in a facet,
or written: facets show them as chosen, and take them out again. All other parts stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Limit = int | float | str


@dataclass(frozen=True)
class Choice:
    """What is wanted of one column: some of its texts, a truth, a range, or none at all."""

    column: str
    """In lower case, as conditions do not tell cases apart."""
    values: tuple[str, ...] = ()
    listed: bool = False
    """Whether the values are elements of lists."""
    truth: bool | None = None
    at_least: Limit | None = None
    below: Limit | None = None
    missing: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it wants nothing in particular."""
        return self == Choice(self.column, listed=self.listed)

    def toggled(self, other: Choice) -> Choice:
        """Another value beside these, or one of them taken away; anything else takes this one's place, or leaves it."""
        if other.values and self.values:
            added = tuple(value for value in other.values if value not in self.values)
            return replace(other, values=(*(value for value in self.values if value not in other.values), *added))
        return Choice(self.column, listed=other.listed) if other == self else other


class Narrowing:
    """A condition, taken apart; a text that is none has no parts, and is what it was."""

    def __init__(self, condition: str) -> None:
        self._text = condition
        self._parts = _parts(condition)
        self._found = [_choice(part) for part in self._parts]
        self.choices: dict[str, Choice] = {}
        """Of each column what is wanted of it. Where a range has two ends, they are two parts."""
        for choice in self._found:
            if choice is not None:
                self.choices[choice.column] = _together(self.choices.get(choice.column), choice)

    def without(self, column: str) -> str:
        """The condition without what it wants of that column; empty where nothing is left."""
        return self._with(column.lower(), None)

    def toggled(self, choice: Choice) -> str:
        """The condition after a click on that choice; the column's others stay where they can hold beside it."""
        before = self.choices.get(choice.column)
        after = before.toggled(choice) if before else choice
        return self._with(choice.column, None if after.is_empty else _written(after))

    def _with(self, column: str, text: str | None) -> str:
        if self._text.strip() and not self._parts:
            return self._text
        kept: list[str] = []
        placed = text is None
        for part, choice in zip(self._parts, self._found, strict=True):
            if choice is None or choice.column != column:
                kept.append(_in_and(part))
            elif not placed:
                kept.append(str(text))
                placed = True
        return " AND ".join(kept if placed else [*kept, str(text)])


def column_name(column: str) -> str:
    """The column as conditions name it, in double quotes where it is no plain word."""
    try:
        plain = sqlglot.parse_one(column, into=exp.Condition)
    except SqlglotError:
        plain = None
    return column if isinstance(plain, exp.Column) and plain.sql() == column else f'"{column}"'


def _parts(condition: str) -> Sequence[exp.Expr]:
    if not condition.strip():
        return ()
    try:
        return tuple(_conjuncts(sqlglot.parse_one(condition, into=exp.Condition)))
    except (SqlglotError, RecursionError):
        return ()


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.And):
        for side in (node.this, node.expression):
            yield from _conjuncts(side)
    else:
        yield node


def _in_and(part: exp.Expr) -> str:
    text = str(part.sql())
    return f"({text})" if isinstance(part, exp.Or | exp.Xor) else text


def _choice(part: exp.Expr) -> Choice | None:
    """The choice that a part of a condition is, if it is one."""
    match part:
        case exp.Paren(this=exp.Or() as either):
            return _either(either)
        case exp.Column():
            return Choice(_name(part), truth=True)
        case exp.Not(this=exp.Column() as column):
            return Choice(_name(column), truth=False)
        case exp.Is(this=exp.Column() as column, expression=exp.Null()):
            return Choice(_name(column), missing=True)
        case exp.EQ(this=exp.Column() as column, expression=exp.Literal(is_string=True) as value):
            return Choice(_name(column), values=(value.this,))
        case exp.In(this=exp.Literal(is_string=True) as value, args={"field": exp.Column() as column}):
            return Choice(_name(column), values=(value.this,), listed=True)
        case exp.In(this=exp.Column() as column) if part.expressions and all(map(_is_text, part.expressions)):
            return Choice(_name(column), values=tuple(value.this for value in part.expressions))
        case exp.GTE(this=exp.Column() as column) if (limit := _limit(part.expression)) is not None:
            return Choice(_name(column), at_least=limit)
        case exp.LT(this=exp.Column() as column) if (limit := _limit(part.expression)) is not None:
            return Choice(_name(column), below=limit)
    return None


def _either(either: exp.Or) -> Choice | None:
    """``'red' IN colours OR 'blue' IN colours``."""
    found = [_choice(side) for side in _alternatives(either)]
    choices = [choice for choice in found if choice is not None and choice.listed]
    if len(choices) < len(found) or len({choice.column for choice in choices}) != 1:
        return None
    return replace(choices[0], values=tuple(value for choice in choices for value in choice.values))


def _alternatives(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Or):
        for side in (node.this, node.expression):
            yield from _alternatives(side)
    else:
        yield node


def _together(before: Choice | None, choice: Choice) -> Choice:
    """The two ends of a range as one; of two choices that are not, the later one is shown."""
    if before is None:
        return choice
    if choice.below is not None and before.at_least is not None and before.below is None:
        return replace(before, below=choice.below)
    if choice.at_least is not None and before.below is not None and before.at_least is None:
        return replace(before, at_least=choice.at_least)
    return choice


def _written(choice: Choice) -> str:
    column = column_name(choice.column)
    if choice.missing:
        return f"{column} IS NULL"
    if choice.truth is not None:
        return column if choice.truth else f"NOT {column}"
    texts = [_literal(value) for value in choice.values]
    if choice.listed and texts:
        each = [f"{text} IN {column}" for text in texts]
        return each[0] if len(each) == 1 else f"({' OR '.join(each)})"
    if texts:
        return f"{column} = {texts[0]}" if len(texts) == 1 else f"{column} IN ({', '.join(texts)})"
    ends = ((">=", choice.at_least), ("<", choice.below))
    return " AND ".join(f"{column} {sign} {_literal(limit)}" for sign, limit in ends if limit is not None)


def _literal(value: Limit) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value) if isinstance(value, int) else f"{value:.12f}".rstrip("0").rstrip(".")


def _limit(node: exp.Expr) -> Limit | None:
    match node:
        case exp.Literal(is_string=True):
            return str(node.this)
        case exp.Literal():
            return _number(str(node.this))
        case exp.Neg(this=exp.Literal(is_string=False) as literal):
            number = _number(str(literal.this))
            return None if number is None else -number
    return None


def _number(text: str) -> int | float | None:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return None


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _name(column: exp.Column) -> str:
    """As `tiefvision_assets.store.where` tells columns apart."""
    return str(column.sql()).replace('"', "").lower()
