"""Keeps what a page shows in its address, so that links, reloads and the browser's back button work.

Widgets follow the address: `option` and `text` read a query parameter into the widget of the same key before it is
drawn, and `keep`, the widget's ``on_change``, writes the user's choice back. Streamlit's own ``bind="query-params"`` is
not used, because it drops the parameters of widgets that are not drawn: the gallery would forget its page number while
a photo is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, TypeVar
from urllib.parse import urlencode

import streamlit as st

T = TypeVar("T", str, int)
GALLERY = "views/gallery.py"
SEARCH = "views/search.py"
PHOTO = "photo"
LIKE = "like"


def option(name: str, options: Sequence[T], default: T) -> None:
    """Set the widget ``name`` to the option that the address names, or to the default."""
    wanted = st.query_params.get(name)
    _follow(name, next((value for value in options if str(value) == wanted), default))


def text(name: str) -> None:
    """Set the text input ``name`` to the text in the address."""
    _follow(name, st.query_params.get(name, ""))


def _follow(name: str, value: str | int) -> None:
    # Setting an equal value, too, would overwrite what the user is typing.
    if st.session_state.get(name) != value:
        st.session_state[name] = value


def keep(name: str, default: str | int, *outdated: str) -> None:
    """Write the widget's value into the address unless it is the default, and remove the ``outdated`` parameters."""
    for parameter in (name, *outdated):
        st.query_params.pop(parameter, None)
    if st.session_state[name] != default:
        st.query_params[name] = str(st.session_state[name])


def photo_link(image_id: str, **more: str) -> str:
    """The address of the page that shows one catalogue photo."""
    return "/?" + urlencode({PHOTO: image_id} | more)


def like_link(image_id: str) -> str:
    """The address of a search with a catalogue photo."""
    return "/search?" + urlencode({"source": "catalogue", LIKE: image_id})


def open_search(image_id: str) -> NoReturn:
    """Go to the search page and search with a catalogue photo."""
    st.switch_page(SEARCH, query_params={"source": "catalogue", LIKE: image_id})


def open_photo_view(image_id: str) -> NoReturn:
    """Show one catalogue photo; the gallery's page, filter and order stay in the address for the way back."""
    st.switch_page(GALLERY, query_params=st.query_params.to_dict() | {PHOTO: image_id})


def open_gallery() -> NoReturn:
    """Go back to the gallery, with the page, filter and order that it had."""
    parameters = st.query_params.to_dict()
    parameters.pop(PHOTO, None)
    st.switch_page(GALLERY, query_params=parameters)
