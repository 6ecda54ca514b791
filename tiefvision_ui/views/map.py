"""The page Map: all photos by their similarity, coloured, and what becomes of those that are chosen there."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

import streamlit as st

from tiefvision_assets.store.index import RANKINGS, Ranking
from tiefvision_ui import address
from tiefvision_ui.access.people import current_person
from tiefvision_ui.address import photo_link
from tiefvision_ui.components.photo_map import Colours, ShownMap, chosen_rows, photo_map
from tiefvision_ui.http.maps import DRAWING
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import show_notice
from tiefvision_ui.paging import first_page
from tiefvision_ui.photo_map.choosing import CHOSEN, chosen_photos
from tiefvision_ui.photo_map.colouring import OTHER, OWN_WORDS, colouring, ways
from tiefvision_ui.photo_map.points import MapPoints, map_points

COLOUR, RANKING = "colour", "ranking"
KEY = "photo-map"
OPENED = "map-opened"
Shown = Literal["unsupervised", "supervised", "both"]
TITLES: dict[Ranking, str] = {
    "unsupervised": N_("Unsupervised: by appearance"),
    "supervised": N_("Supervised: as taught"),
}


def page() -> None:
    """Draw the page."""
    st.title(_("Map"), anchor=False)
    show_notice()
    points = map_points()
    if points is None:
        _nothing_mapped()
        return
    if (opened := st.session_state.pop(OPENED, None)) is not None and opened[0] == points.key:
        address.open_address(photo_link(str(points.photos["image_id"].iloc[opened[1]])))
    way, shown = _choices(points)
    if points.missing:
        st.caption(
            counted(
                "{n} photo came since the map was made; materialise `photo_map` to see it.",
                "{n} photos came since the map was made; materialise `photo_map` to see them.",
                points.missing,
            )
        )
    photo_map(
        [ShownMap(_(TITLES[name]), f"/map/{points.key}/positions/{name}") for name in shown],
        _colours(points, way),
        map_key=points.key,
        photos_url=f"/map/{points.key}/photos",
        script_url=f"/vendored/{DRAWING}",
        key=KEY,
        on_chosen=lambda: _choose(points),
        on_opened=lambda: _open(points),
    )
    chosen_photos(points, current_person())


def _nothing_mapped() -> None:
    st.info(
        _("There is no map yet. It is made on demand, and takes a minute for 10,000 photos:"), icon=":material/map:"
    )
    st.code("tiefvision run --select photo_map", language=None, wrap_lines=True)
    st.caption(
        _("Or materialise the asset `photo_map` in Dagster; the next time it adds new photos, and moves no other.")
    )


def _choices(points: MapPoints) -> tuple[str, list[Ranking]]:
    """What colours the points, and which rankings are shown."""
    named = ways(points)
    first = next(iter(named))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        address.option(COLOUR, list(named), first)
        way = st.selectbox(
            _("Colour by"),
            list(named),
            format_func=lambda name: named[name],
            key=COLOUR,
            on_change=address.keep,
            args=(COLOUR, first),
            width=260,
        )
        available = [name for name in RANKINGS if name in points.positions]
        if len(available) == 1:
            return way, available
        options: dict[Shown, str] = {
            "unsupervised": N_("Unsupervised"),
            "supervised": N_("Supervised"),
            "both": N_("Side by side"),
        }
        shown = address.choice(_("Ranking"), options, RANKING)
    return way, available if shown == "both" else [shown]


def _colours(points: MapPoints, way: str) -> Colours:
    made = colouring(points, way)
    theme = "dark" if st.context.theme.type == "dark" else "light"
    # The codes are part of the address, so that the browser asks again when a tag was given.
    state = hash(made.codes.tobytes()) & 0xFFFFFFFF
    url = f"/map/{points.key}/colours?{urlencode({'way': way, 'state': f'{state:x}'})}"
    title = ways(points).get(way, way)
    labels = tuple(_(label) if way in OWN_WORDS or label == OTHER else label for label in made.labels)
    return Colours(way, title, url, labels, tuple(made.colours(theme)), tuple(made.counts))


def _choose(points: MapPoints) -> None:
    rows = chosen_rows(st.session_state[KEY]["chosen"], points.key, len(points.photos))
    if rows is not None:
        st.session_state[CHOSEN] = points.key, rows
        first_page()


def _open(points: MapPoints) -> None:
    sent = st.session_state[KEY]["opened"]
    is_row = isinstance(sent, dict) and isinstance(sent.get("row"), int) and 0 <= sent["row"] < len(points.photos)
    if is_row:
        st.session_state[OPENED] = str(sent.get("key")), sent["row"]


page()
