"""All photos as points and pictures on one map, or on two side by side, with a legend and a lasso."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tiefvision_ui.components.declared import declared

# The library asks the document what is under the pointer, and a shadow root hides it.
_component = declared(
    "tiefvision_photo_map",
    html='<div class="photo-map"></div>',
    css=("photo_map/photo_map.css",),
    js="photo_map/photo_map.js",
    isolate_styles=False,
)


@dataclass(frozen=True)
class ShownMap:
    """One map: its title, and where the float32 x and y of all points are served."""

    title: str
    url: str


@dataclass(frozen=True)
class Colours:
    """What points are coloured by: ``url`` serves the uint8 number of each point's value."""

    way: str
    title: str
    url: str
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    """``#rrggbb`` of each value."""
    counts: tuple[int, ...]


def photo_map(
    maps: Sequence[ShownMap],
    colours: Colours,
    *,
    map_key: str,
    photos_url: str,
    script_url: str,
    key: str,
    on_chosen: Callable[[], None],
    on_opened: Callable[[], None],
) -> None:
    """Draw the maps, all of the same points in the same order; ``map_key`` tells these points from others.

    ``on_chosen`` is called when ``st.session_state[key]["chosen"]`` holds ``{"key": map_key, "bits": …}``, whose rows
    `chosen_rows` tells; ``on_opened`` when ``["opened"]`` holds ``{"key": map_key, "row": …}``. ``photos_url`` tells
    what some rows are, ``script_url`` serves regl-scatterplot.

    >>> import streamlit as st
    >>> from tiefvision_ui.components.photo_map import Colours, ShownMap, chosen_rows, photo_map
    >>> def chosen():
    ...     st.session_state["rows"] = chosen_rows(st.session_state["map"]["chosen"], "k", 100)
    >>> def opened():
    ...     st.session_state["row"] = st.session_state["map"]["opened"]["row"]
    >>> kinds = Colours("folder", "Folder", "/colours", ("red", "blue"), ("#b5264c", "#0072b2"), (60, 40))
    >>> photo_map(
    ...     [ShownMap("Appearance", "/positions")], kinds, map_key="k", photos_url="/photos", script_url="/s.js",
    ...     key="map", on_chosen=chosen, on_opened=opened,
    ... )
    """
    _component(
        key=key,
        data={
            "key": map_key,
            "maps": [asdict(each) for each in maps],
            "colours": asdict(colours),
            "photos": photos_url,
            "script": script_url,
        },
        on_chosen_change=on_chosen,
        on_opened_change=on_opened,
    )


def chosen_rows(sent: object, map_key: str, count: int) -> np.ndarray | None:
    """The rows of a message of the browser; None where it is about other points, or none."""
    if not isinstance(sent, dict) or sent.get("key") != map_key or not isinstance(sent.get("bits"), str):
        return None
    try:
        data = np.frombuffer(base64.b64decode(sent["bits"], validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        return None
    if len(data) != -(-count // 8):
        return None
    return np.flatnonzero(np.unpackbits(data, bitorder="little")[:count])
