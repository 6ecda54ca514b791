"""A photo that is searched with, and the box on it that is compared: found by the heads, adjusted by the user."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.components.v2 import component

from tiefvision_assets.box import Box
from tiefvision_ui.components.source import script, styles

_component = component(
    "tiefvision_adjustable_box",
    html='<figure class="photo"></figure>',
    css=styles("photo_with_box/photo_with_box.css", "adjustable_box/adjustable_box.css"),
    js=script("adjustable_box/adjustable_box.js"),
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

    ``on_change`` is called when ``st.session_state[key]`` has a new ``box``, four whole pixels, or ``reset``: the box
    that the user ``adjusted`` is to be forgotten. ``words`` stand beneath the photo.
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
