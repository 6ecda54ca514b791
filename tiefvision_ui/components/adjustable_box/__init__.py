"""The photo to search with and the box that is compared, which the user can move, stretch or draw anew."""

from __future__ import annotations

from collections.abc import Callable

from tiefvision_assets.box import Box
from tiefvision_ui.components.declared import declared

_component = declared(
    "tiefvision_adjustable_box",
    html='<figure class="photo"></figure>',
    css=("photo_with_box/photo_with_box.css", "adjustable_box/adjustable_box.css"),
    js="adjustable_box/adjustable_box.js",
)


def adjustable_box(
    src: str,
    width: int,
    height: int,
    box: Box | None,
    *,
    adjusted: bool,
    alt: str,
    words: str,
    key: str,
    on_change: Callable[[], None],
) -> None:
    """Show the photo at ``src``, whose original has ``width`` x ``height`` pixels, and the box in those pixels.

    ``on_change`` is called when ``st.session_state[key]`` has a new ``box`` (left, top, right, bottom in whole pixels),
    or a true ``reset`` when the user wants the found box back. ``adjusted`` says that the box is the user's, and offers
    that reset. ``words`` stand beneath the photo.

    >>> import streamlit as st
    >>> from tiefvision_assets.box import Box
    >>> from tiefvision_ui.components.adjustable_box import adjustable_box
    >>> def box_changed():
    ...     sent = st.session_state["query"]
    ...     st.session_state["box"] = None if sent.get("reset") else sent.get("box")
    >>> adjustable_box(
    ...     "/photos/3f2a", 600, 800, Box(100, 80, 500, 780), adjusted=False, alt="dress-001",
    ...     words="Box found automatically", key="query", on_change=box_changed,
    ... )
    """
    _component(
        key=key,
        data={
            "src": src,
            "width": width,
            "height": height,
            "box": box.rounded() if box else None,
            "adjusted": adjusted,
            "alt": alt,
            "words": words,
        },
        on_box_change=on_change,
        on_reset_change=on_change,
    )
