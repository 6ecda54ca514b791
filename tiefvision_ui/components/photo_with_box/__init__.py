"""A photo with its box drawn over it."""

from __future__ import annotations

from tiefvision_assets.box import Box
from tiefvision_ui.components.declared import declared

_component = declared(
    "tiefvision_photo_with_box",
    html='<figure class="photo"></figure>',
    css=("photo_with_box/photo_with_box.css",),
    js="photo_with_box/photo_with_box.js",
)


def photo_with_box(src: str, width: int, height: int, box: Box | None, *, alt: str, words: str, key: str) -> None:
    """Show the photo at ``src``, whose original has ``width`` x ``height`` pixels, and the box in those pixels.

    Without a box the photo is shown alone. ``words`` stand beneath it.

    >>> from tiefvision_assets.box import Box
    >>> from tiefvision_ui.components.photo_with_box import photo_with_box
    >>> box = Box(100, 80, 500, 780)
    >>> photo_with_box("/photos/3f2a", 600, 800, box, alt="dress-001", words="Box drawn by a person", key="photo")
    """
    _component(
        key=key,
        data={
            "src": src,
            "width": width,
            "height": height,
            "box": box.as_tuple() if box else None,
            "alt": alt,
            "words": words,
        },
    )
