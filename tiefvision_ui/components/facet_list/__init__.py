"""Columns with their values and how often each occurs, as check boxes that narrow what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tiefvision_ui.components.declared import declared

_component = declared(
    "tiefvision_facet_list",
    html='<div class="facets"></div>',
    css=("facet_list/facet_list.css",),
    js="facet_list/facet_list.js",
)


@dataclass(frozen=True)
class FacetOption:
    """A value, or a range of values."""

    key: Any
    """What is sent when it is clicked, as JSON has it; unlike that of any other option."""
    words: str
    count: int | None
    """None where it was not counted."""
    chosen: bool = False


@dataclass(frozen=True)
class ShownFacet:
    """A column with its options."""

    column: str
    heading: str
    options: tuple[FacetOption, ...]


def facet_list(facets: Sequence[ShownFacet], *, key: str, on_change: Callable[[], None]) -> None:
    """Draw the facets; ``on_change`` is called when a click has left an option's key in the session state of ``key``.

    On narrow screens they are folded until somebody opens them.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.facet_list import FacetOption, ShownFacet, facet_list
    >>> def toggled():
    ...     st.session_state.wanted = st.session_state.facets["toggled"]
    >>> brands = (FacetOption("Ada", "Ada", 12, chosen=True), FacetOption("Bo", "Bo", 7))
    >>> facet_list([ShownFacet("brand", "Brand", brands)], key="facets", on_change=toggled)
    """
    _component(key=key, data={"facets": [asdict(facet) for facet in facets]}, on_toggled_change=on_change)
