"""Labels that do not agree, as cards with a picture, for a reviewer to decide between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

from streamlit.components.v2 import component

from tiefvision_ui.components.source import script, styles

_component = component(
    "tiefvision_dispute_list",
    html='<section class="disputes"></section>',
    css=styles("shared/labelling.css", "shared/labelled_photo.css", "dispute_list/dispute_list.css"),
    js=script("dispute_list/dispute_list.js"),
)


class Side(TypedDict):
    """One of the two labels that do not agree: how it is drawn, in words, and the button that decides for it."""

    tone: str
    words: str
    choice: str
    action: str


class Card(TypedDict):
    """A dispute: ``photos`` are drawn with their boxes, ``href`` leads to where a new label can be made."""

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
    """Show the cards, with buttons to decide if the user may; pressed ones can be pressed again after ``failures``.

    ``on_decision`` is called when ``st.session_state[key].decision`` has a new decision: ``commit_id``, ``photo`` (or
    the reference) and ``choice``, as the side has it.
    """
    _component(
        key=key, on_decision_change=on_decision, data={"cards": list(cards), "deciding": deciding, "failures": failures}
    )
