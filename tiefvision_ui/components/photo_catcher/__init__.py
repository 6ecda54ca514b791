"""Takes a photo that is pasted, or dropped anywhere in the app, and uploads it to be searched by."""

from __future__ import annotations

from collections.abc import Sequence

from tiefvision_ui.components.declared import declared

_component = declared(
    "tiefvision_photo_catcher",
    html='<div class="catcher"></div>',
    css=("photo_catcher/photo_catcher.css",),
    js="photo_catcher/photo_catcher.js",
)


def photo_catcher(*, person: str, suffixes: Sequence[str], key: str) -> str | None:
    """Draw nothing until a photo is dragged over the page; returns the SHA-256 of one that has just been uploaded.

    It is posted to ``/uploads`` in the ``person``'s name. ``suffixes`` tell photos whose type the browser does not
    know. Places of the page that take files themselves are left to do so.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.photo_catcher import photo_catcher
    >>> if uploaded := photo_catcher(person="Ann", suffixes=[".jpg", ".heic"], key="catcher"):
    ...     st.query_params["upload"] = uploaded
    """
    result = _component(key=key, data={"person": person, "suffixes": list(suffixes)}, on_arrived_change=lambda: None)
    arrived = result.arrived
    return str(arrived["upload"]) if arrived else None
