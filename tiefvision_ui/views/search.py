"""The page Search by photo: the photo with its box, and the most similar photos by one ranking or by both."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import streamlit as st

from tiefvision_assets.search.export import exported
from tiefvision_assets.search.hits import SearchResult
from tiefvision_assets.search.request import Unit
from tiefvision_assets.store.additions import add_photo
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_ui import address, services
from tiefvision_ui.access.login import login_wanted
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.address import SEARCH_PATH
from tiefvision_ui.components.adjustable_box import adjustable_box
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _
from tiefvision_ui.notices import attempt, show_notice
from tiefvision_ui.photo_queue import PHOTO_QUEUE
from tiefvision_ui.products.facets import facet_choice
from tiefvision_ui.products.shop import UNITS, shop_of, unit_choice
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.conditions import narrowed
from tiefvision_ui.search.exporting import export_choice
from tiefvision_ui.search.hits import ranking_choice
from tiefvision_ui.search.kept_uploads import KEPT_DAYS
from tiefvision_ui.search.results import one_ranking, side_by_side
from tiefvision_ui.search.saving import count_new, save_choice
from tiefvision_ui.search.source import chosen_query
from tiefvision_ui.search.state import FOUND, HITS, MAX_PARTS, Parts, Search, Side, examples, toggle_example
from tiefvision_ui.search.uploads import Upload
from tiefvision_ui.values import box_of, name_of
from tiefvision_ui.words import box_words, plain

PHOTO, PART_CHOICE = "uploaded-photo", "part-choice"
SIDES: tuple[Side, Side] = ("more", "less")
COMPARE = "compare"


def search(version: str) -> None:
    """Draw the page; ``version`` is the served index's."""
    st.title(_("Search by photo"), anchor=False)
    show_notice()
    person = current_person()
    about, similar = st.columns([2, 3], gap="large")
    with about:
        query = chosen_query(version)
    if query is None:
        with similar:
            how_it_works()
        with suppress(LabelDatabaseError):  # searching goes on without it
            count_new(version, person)
        return
    known = indexed_photos.photos(version).index
    more, less = ([each for each in examples(side) if each in known] for side in SIDES)
    parts = Parts.in_address(query)
    shop = shop_of(version)
    with similar:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            compare = _comparing()
            ranking = "supervised" if compare else ranking_choice()
            by = unit_choice(shop)
            number = _number_choice(by)
        narrowing = narrowed(version)
        search = Search(query, version, parts, more, less, narrowing.condition, by)
        result = search.result(ranking)
    with about:
        _photo(search, result)
        if query.upload is not None:
            _addition(query.upload, person)
        if shop and not narrowing.problem:
            facet_choice(shop, version, by)
    with similar:
        _examples(search)
        with st.container(horizontal=True):
            save_choice(SEARCH_PATH, query.name, version)
            found = () if narrowing.problem else search.shots(ranking)[:number]
            export_choice(exported(shot.best for shot in found), version, "hits")
        if narrowing.problem:
            st.info(_("Correct the condition, or clear it, to see photos."), icon=":material/filter_alt:")
        elif compare:
            side_by_side(search, number, person)
        else:
            one_ranking(search, ranking, number, person)


def _photo(search: Search, result: SearchResult) -> None:
    query, parts = search.query, search.parts
    found = result.box if result.confidence > 0 and not parts.drawing else None
    words = box_words(result.confidence, human=query.human, starter=services.starter_finds_boxes())
    if parts.box:
        number = (parts.chosen or 0) + 1
        words = _("Box adjusted by you") if len(parts.boxes) == 1 else _("Part {number}, drawn by you", number=number)
    elif parts.drawing:
        words = _("Draw a box around another part")
    adjustable_box(
        query.src,
        query.width,
        query.height,
        parts.box or found,
        adjusted=parts.box is not None,
        alt=query.name,
        words=words,
        key=PHOTO,
        on_change=partial(_box_changed, parts),
    )
    if parts.boxes:
        _parts(parts)
    st.caption(
        _(
            "{name} · {width} × {height} pixels. Drag the box or its corners, or draw another, to search by that part.",
            name=plain(query.name),
            width=number_words(query.width),
            height=number_words(query.height),
        )
    )


def _parts(parts: Parts) -> None:
    """The choice between the found object and the drawn parts, and the button for one more."""
    options = [FOUND, *(str(number + 1) for number in range(len(parts.boxes)))]
    chosen = FOUND if parts.chosen is None else str(parts.chosen + 1)
    if st.session_state.get(PART_CHOICE) != chosen:
        st.session_state[PART_CHOICE] = chosen
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Part"),
            options,
            required=True,
            format_func=lambda option: _("Found object") if option == FOUND else _("Part {number}", number=option),
            key=PART_CHOICE,
            on_change=_part_chosen,
            args=(parts,),
        )
        if len(parts.boxes) < MAX_PARTS:
            st.button(
                _("Another part"),
                icon=":material/add:",
                help=_("Keeps the boxes so far, and lets you draw one more."),
                disabled=parts.drawing,
                on_click=Parts(parts.boxes, drawing=True).into_address,
            )


def _part_chosen(parts: Parts) -> None:
    chosen = st.session_state[PART_CHOICE]
    Parts(parts.boxes, None if chosen == FOUND else int(chosen) - 1).into_address()


def _box_changed(parts: Parts) -> None:
    sent = st.session_state[PHOTO]
    box = box_of(sent.get("box"))
    if sent.get("reset"):
        parts.without_chosen().into_address()
    elif box:
        parts.drawn(box).into_address()


def _comparing() -> bool:
    address.option(COMPARE, ["yes", ""], "")
    return bool(
        st.segmented_control(
            _("View"),
            ["", "yes"],
            default="",
            required=True,
            format_func=lambda value: _("Side by side") if value else _("One ranking"),
            key=COMPARE,
            on_change=address.keep,
            args=(COMPARE, ""),
        )
    )


def _number_choice(by: Unit) -> int:
    return address.choice(_(UNITS[by]), {number: str(number) for number in HITS}, "number")


def _examples(search: Search) -> None:
    """A button for each example of the search, which removes the example."""
    if not (search.more or search.less):
        return
    table = indexed_photos.photos(search.version)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="examples"):
        for side, sign, ids in (("more", "add", search.more), ("less", "remove", search.less)):
            for image_id in ids:
                st.button(
                    plain(name_of(table.loc[image_id, "path"])),
                    icon=f":material/{sign}:",
                    key=f"{side}-{image_id}",
                    help=_("More like this; click to drop it")
                    if side == "more"
                    else _("Less like this; click to drop it"),
                    on_click=toggle_example,
                    args=(side, image_id),
                )
        st.button(_("Clear"), key="clear-examples", type="tertiary", on_click=_clear_examples)
    st.caption(
        _(
            "Photos are in the order of their closeness to all examples together, which their numbers tell. *Same* and "
            "*very similar* tell how close a photo is to the nearest single one that it should be like."
        )
    )


def _clear_examples() -> None:
    for side in SIDES:
        st.query_params.pop(side, None)


def _addition(upload: Upload, person: Person) -> None:
    if person.role == "viewer":
        return
    st.button(
        _("Add to the catalogue"),
        icon=":material/add_photo_alternate:",
        help=_("Copies the photo into the folder of raw photos; the next scan finds it there."),
        on_click=attempt,
        args=(lambda: _added(upload),),
    )


def _added(upload: Upload) -> str:
    with PHOTO_QUEUE.turn():
        path = add_photo(services.store().raw, upload.name, upload.data)
    return _("Added as {path}; it can be found after the next scan.", path=path)


def how_it_works() -> None:
    """Explain the page while no photo is chosen."""
    with st.container(border=True, key="how-it-works"):
        st.markdown(_("**How it works**"))
        st.markdown(
            _(
                "1. Choose or drop a photo: JPEG, PNG, WebP, HEIC, AVIF and others.\n"
                "2. The object on it is found, and its box drawn, so that the background does not count.\n"
                "3. The catalogue's most similar photos appear here, best first."
            )
        )
        st.markdown(_("A photo can also be pasted (Ctrl+V), or dropped anywhere in the app."))
        seen_by = (
            _("people of your role, and those who may do more") if login_wanted() else _("whoever has the address")
        )
        st.caption(
            _(
                "Your photo is compared, and kept for {days} days, so that the address of your search can be reloaded "
                "and sent to others; it is seen by {seen_by}. It joins the catalogue only if you add it.",
                days=KEPT_DAYS,
                seen_by=seen_by,
            )
        )


search(indexed_photos.index_version())
