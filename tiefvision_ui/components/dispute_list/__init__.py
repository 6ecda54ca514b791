"""A list of disputed labels as cards with a picture, for a reviewer to decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

from tiefvision_ui.components.declared import declared

_component = declared(
    "tiefvision_dispute_list",
    html='<section class="disputes"></section>',
    css=("shared/labelling.css", "shared/labelled_photo.css", "dispute_list/dispute_list.css"),
    js="dispute_list/dispute_list.js",
)


class Side(TypedDict):
    """One of the two labels of a dispute: how it is drawn, its words, and the button that decides for it."""

    tone: str
    words: str
    choice: str
    action: str


class Card(TypedDict):
    """A dispute: ``photos`` are drawn with their boxes; ``href`` is where a new label can be made, if anywhere."""

    id: str
    title: str
    measure: str
    photos: list[dict[str, object]]
    sides: list[Side]
    href: str | None


def dispute_list(
    cards: Sequence[Card],
    *,
    deciding: bool,
    failures: int,
    key: str,
    on_decision: Callable[[], None],
) -> None:
    """Show the cards, with buttons to decide if the user is ``deciding``.

    ``on_decision`` is called when ``st.session_state[key].decision`` has a new decision, a dictionary with
    ``commit_id``, ``photo`` (the card's id) and ``choice`` (that of the chosen side). A pressed button is enabled again
    when the number of ``failures`` has grown.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.dispute_list import dispute_list
    >>> def decided():
    ...     st.session_state["chosen"] = st.session_state["disputes"].decision["choice"]
    >>> card = {"id": "3f2a", "title": "dress-001", "measure": "IoU 0.25", "photos": [], "sides": [], "href": None}
    >>> dispute_list([card], deciding=True, failures=0, key="disputes", on_decision=decided)
    """
    _component(
        key=key, on_decision_change=on_decision, data={"cards": list(cards), "deciding": deciding, "failures": failures}
    )
