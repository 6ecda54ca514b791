"""Keeps what a page shows in its address, so that links, reloads and the browser's back button work.

Widgets follow the address: `option` and `text` read a query parameter into the widget of the same key before it is
drawn, and `keep`, the widget's ``on_change``, writes the user's choice back. Streamlit's own ``bind="query-params"`` is
not used, because it drops the parameters of widgets that are not drawn: the gallery would forget its page number while
a photo is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NoReturn, Protocol, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import streamlit as st

from tiefvision_assets.box import Box
from tiefvision_ui.language.texts import _

T = TypeVar("T", bound=str | int)
GALLERY = "views/gallery.py"
SEARCH = "views/search.py"
GALLERY_PATH, SEARCH_PATH = "/", "/search"
PHOTO = "photo"
PRODUCT = "product"
LIKE = "like"
UPLOAD = "upload"
BOX, PART, MORE, LESS = "box", "part", "more", "less"
LEADS = (BOX, PART, MORE, LESS)
"""What leads a search beside its photo, and means nothing for another one."""


class Parameters(Protocol):
    """The query parameters of an address, as `st.query_params` has the page's own."""

    def get(self, name: str, default: str, /) -> str:
        """The last value of a parameter."""

    def get_all(self, name: str, /) -> list[str]:
        """All values of a parameter."""


class ParametersOf:
    """Those of an address that was saved."""

    def __init__(self, address: str) -> None:
        self._values = parse_qs(urlsplit(address).query)

    def get(self, name: str, default: str, /) -> str:
        """The last value of a parameter."""
        return self._values.get(name, [default])[-1]

    def get_all(self, name: str, /) -> list[str]:
        """All values of a parameter."""
        return self._values.get(name, [])


def address_of_page(path: str) -> str:
    """The address of the page that is shown, whose path is given, with all of its parameters."""
    values = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    return f"{path}?{urlencode(values)}"


def open_address(address: str) -> NoReturn:
    """Go to a saved address of the gallery or of the search page."""
    parts = urlsplit(address)
    st.switch_page(SEARCH if parts.path == SEARCH_PATH else GALLERY, query_params=parse_qs(parts.query))


def option(name: str, options: Sequence[T], default: T) -> None:
    """Set the widget ``name`` to the option that the address names, or to the default."""
    wanted = st.query_params.get(name)
    _follow(name, next((value for value in options if str(value) == wanted), default))


def choice(
    label: str,
    options: Mapping[T, str],
    name: str,
    *outdated: str,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    help: str | None = None,
) -> T:
    """Let the user choose one of the options, each under its English text, which is translated.

    The choice is part of the address, as ``name``; the first option is the default, for which the address says nothing.
    A choice removes the ``outdated`` parameters.
    """
    default = next(iter(options))
    option(name, list(options), default)
    return st.segmented_control(
        label,
        list(options),
        format_func=lambda value: _(options[value]),
        default=default,
        required=True,
        help=help,
        key=name,
        on_change=keep,
        args=(name, default, *outdated),
        label_visibility=label_visibility,
    )


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


def product_link(product_id: str) -> str:
    """The address of the page that shows one product."""
    return "/?" + urlencode({PRODUCT: product_id})


def like_link(image_id: str) -> str:
    """The address of a search with a catalogue photo."""
    return "/search?" + urlencode({"source": "catalogue", LIKE: image_id})


def open_search(image_id: str, box: Box | None = None) -> NoReturn:
    """Go to the search page and search with a catalogue photo, or with that part of it."""
    part = {BOX: box_text(box)} if box else {}
    st.switch_page(SEARCH, query_params={"source": "catalogue", LIKE: image_id} | part)


def open_upload(digest: str) -> NoReturn:
    """Go to the search page and search with an upload that is kept."""
    st.switch_page(SEARCH, query_params={UPLOAD: digest})


def box_text(box: Box) -> str:
    """The box in whole pixels, as addresses have it."""
    return ",".join(map(str, box.rounded()))


def open_photo_view(image_id: str) -> NoReturn:
    """Show one catalogue photo; the gallery's page, filter and order stay in the address for the way back."""
    st.switch_page(GALLERY, query_params=st.query_params.to_dict() | {PHOTO: image_id})


def open_product(product_id: str) -> NoReturn:
    """Show one product, for the way back as `open_photo_view` does."""
    parameters = st.query_params.to_dict() | {PRODUCT: product_id}
    parameters.pop(PHOTO, None)
    st.switch_page(GALLERY, query_params=parameters)


def open_gallery(closed: str = PHOTO) -> NoReturn:
    """Go back to the gallery, with the page, filter and order that it had; from a product's photo, to the product.

    ``closed`` is the parameter of what was shown.
    """
    parameters = st.query_params.to_dict()
    parameters.pop(closed, None)
    st.switch_page(GALLERY, query_params=parameters)
