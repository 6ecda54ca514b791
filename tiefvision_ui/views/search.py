"""The page Search by photo: the photo with its box, and the most similar photos by one ranking or by both."""

from __future__ import annotations

import streamlit as st

from tiefvision_assets.search.searcher import SearchResult
from tiefvision_assets.store.additions import add_photo
from tiefvision_ui import address, services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.components.adjustable_box import adjustable_box
from tiefvision_ui.notices import attempt, show_notice
from tiefvision_ui.photo_queue import PHOTO_QUEUE
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.hits import ranking_choice
from tiefvision_ui.search.query_photo import QueryPhoto
from tiefvision_ui.search.results import one_ranking, side_by_side
from tiefvision_ui.search.source import chosen_query
from tiefvision_ui.search.state import Searches, searches
from tiefvision_ui.search.uploads import Upload
from tiefvision_ui.values import box_of, name_of
from tiefvision_ui.words import box_words, plain

HITS = (12, 24, 48)
BOX = "uploaded-photo"
COMPARE = "compare"


def search(version: str) -> None:
    """Draw the page; ``version`` is the served index's."""
    st.title("Search by photo", anchor=False)
    show_notice()
    person = current_person()
    about, similar = st.columns([2, 3], gap="large")
    with about:
        query = chosen_query(version)
    if query is None:
        with similar:
            how_it_works()
        return
    state = searches()
    state.begin(query)
    with similar:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            compare = _comparing()
            ranking = "supervised" if compare else ranking_choice()
            number = _number_choice()
        result = state.result(query, version, ranking)
    with about:
        _photo(query, state, result)
        if query.upload is not None:
            _addition(query.upload, person)
    with similar:
        _examples(version, state)
        if compare:
            side_by_side(query, state, version, number, person)
        else:
            one_ranking(query, state, version, ranking, number, person)


def _photo(query: QueryPhoto, state: Searches, result: SearchResult) -> None:
    box = state.box or (result.box if result.confidence > 0 else None)
    adjustable_box(
        query.src,
        query.width,
        query.height,
        box,
        adjusted=state.box is not None,
        alt=query.name,
        words="Box adjusted by you" if state.box else box_words(result.confidence, human=query.human),
        key=BOX,
        on_change=_box_changed,
    )
    st.caption(
        f"{plain(query.name)} · {query.width:,} × {query.height:,} pixels. "
        "Drag the box or its corners, or draw another, to search by that part."
    )


def _box_changed() -> None:
    sent = st.session_state[BOX]
    searches().box = None if sent.get("reset") else box_of(sent.get("box"))


def _comparing() -> bool:
    address.option(COMPARE, ["yes", ""], "")
    return bool(
        st.segmented_control(
            "View",
            ["", "yes"],
            default="",
            required=True,
            format_func=lambda value: "Side by side" if value else "One ranking",
            key=COMPARE,
            on_change=address.keep,
            args=(COMPARE, ""),
        )
    )


def _number_choice() -> int:
    address.option("number", HITS, HITS[0])
    return st.segmented_control(
        "Photos", HITS, default=HITS[0], required=True, key="number", on_change=address.keep, args=("number", HITS[0])
    )


def _examples(version: str, state: Searches) -> None:
    """A button for each example of the search, which removes the example."""
    if not (state.more or state.less):
        return
    table = indexed_photos.photos(version)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="examples"):
        for side, sign, ids in (("more", "add", state.more), ("less", "remove", state.less)):
            for image_id in list(ids):
                name = name_of(table.loc[image_id, "path"]) if image_id in table.index else image_id
                st.button(
                    plain(name),
                    icon=f":material/{sign}:",
                    key=f"{side}-{image_id}",
                    help=f"{side.capitalize()} like this; click to drop it",
                    on_click=state.toggle,
                    args=(side, image_id),
                )
        st.button("Clear", key="clear-examples", type="tertiary", on_click=_clear_examples)


def _clear_examples() -> None:
    state = searches()
    state.more, state.less = [], []


def _addition(upload: Upload, person: Person) -> None:
    if person.role == "viewer":
        return
    st.button(
        "Add to the catalogue",
        icon=":material/add_photo_alternate:",
        help="Copies the photo into the folder of raw photos; the next scan finds it there.",
        on_click=attempt,
        args=(lambda: _added(upload),),
    )


def _added(upload: Upload) -> str:
    with PHOTO_QUEUE.turn():
        path = add_photo(services.store().settings.raw_dir, upload.name, upload.data)
    return f"Added as {path}; it can be found after the next scan."


def how_it_works() -> None:
    """Explain the page while no photo is chosen."""
    with st.container(border=True, key="how-it-works"):
        st.markdown("**How it works**")
        st.markdown(
            "1. Choose or drop a photo: JPEG, PNG, WebP, HEIC, AVIF and others.\n"
            "2. The object on it is found, and its box drawn, so that the background does not count.\n"
            "3. The catalogue's most similar photos appear here, best first."
        )
        st.caption("Your photo is compared, and not kept unless you add it to the catalogue.")


search(indexed_photos.index_version())
