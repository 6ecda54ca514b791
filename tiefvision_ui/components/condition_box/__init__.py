"""A box for an SQL condition: completes columns and their values, remembers the last ones, shows what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from tiefvision_ui.components.declared import declared

_component = declared(
    "tiefvision_condition_box",
    html='<div class="condition"></div>',
    css=("condition_box/condition_box.css",),
    js="condition_box/condition_box.js",
)


@dataclass(frozen=True)
class KnownColumn:
    """A column that a condition may name."""

    name: str
    type: Literal["text", "number", "yes or no"]
    values: tuple[str, ...] = ()
    """The texts in it, where they are few."""
    patterns: tuple[str, ...] = ()
    """Patterns for LIKE that match some of its texts."""
    hint: str = ""
    """What is in it, in a few words."""


def condition_box(
    columns: Sequence[KnownColumn],
    condition: str,
    *,
    problem: str,
    note: str,
    person: str,
    key: str,
    on_change: Callable[[], None],
) -> None:
    """Show the condition that applies, and let the user write another one.

    ``on_change`` is called when ``st.session_state[key]["condition"]`` holds another condition, empty for none.
    ``problem`` says what is wrong with the one that applies, ``note`` what it came to; the browser remembers the last
    sound ones for each ``person``.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.condition_box import KnownColumn, condition_box
    >>> def written():
    ...     st.query_params["where"] = st.session_state["condition"]["condition"]
    >>> columns = [KnownColumn("width", "number", hint="300 to 4,000"), KnownColumn("human", "yes or no")]
    >>> condition_box(
    ...     columns, "width > 500", problem="", note="12 of 70 photos", person="Ann", key="condition", on_change=written
    ... )
    """
    _component(
        key=key,
        data={
            "columns": [asdict(column) for column in columns],
            "condition": condition,
            "problem": problem,
            "note": note,
            "person": person,
        },
        on_condition_change=on_change,
    )
