"""The page Collections: saved searches with what is new, and photos that are starred, tagged or have a note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.search.export import ExportedPhoto
from tiefvision_assets.store.labels.saved_searches import SavedSearch
from tiefvision_ui import address, services
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.address import open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Tile, action_grid
from tiefvision_ui.language.formats import number_words
from tiefvision_ui.language.texts import _, counted
from tiefvision_ui.notices import attempt, show_notice
from tiefvision_ui.paging import page_shown
from tiefvision_ui.search import indexed_photos
from tiefvision_ui.search.collecting import COLLECT, collect, with_stars
from tiefvision_ui.search.exporting import export_choice
from tiefvision_ui.search.saving import count_new, new_matches, newest_batch
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain

STARRED, NOTED, TAG = "starred", "noted", "tag:"
PER_PAGE = 60


def collections(version: str) -> None:
    """Draw the page; ``version`` is the served index's."""
    st.title(_("Collections"), anchor=False)
    show_notice()
    person = current_person()
    _searches(version, person)
    st.header(_("Photos"), anchor=False)
    _photos(version, person)


def _searches(version: str, person: Person) -> None:
    st.header(_("Saved searches"), anchor=False)
    saved = services.store().saved_searches.of(person.name)
    if not saved:
        st.info(_("Press *Save* on the gallery or on a search to keep it here."), icon=":material/bookmark_add:")
    for each in saved:
        _search(each, version, person)
    count_new(version, person)


def _search(saved: SavedSearch, version: str, person: Person) -> None:
    """One line."""
    new, problem = 0, ""
    try:
        new = new_matches(saved, version, person)
    except TiefVisionError as error:
        problem = str(error)
    with st.container(horizontal=True, vertical_alignment="center", key=f"saved-{saved.id}", gap="small"):
        if st.button(plain(saved.name), icon=":material/search:", key=f"open-{saved.id}", help=_("Show it")):
            services.store().saved_searches.look_at(person.name, saved.id, newest_batch(version))
            address.open_address(saved.address)
        if new:
            st.badge(_("{new} new", new=number_words(new)), icon=":material/fiber_new:", color="green")
        if problem:
            st.caption(plain(problem))
        st.button(
            _("Remove"),
            icon=":material/delete:",
            key=f"remove-{saved.id}",
            type="tertiary",
            on_click=attempt,
            args=(lambda: _removed(person, saved),),
        )


def _removed(person: Person, saved: SavedSearch) -> str:
    services.store().saved_searches.remove(person.name, saved.id)
    return _("“{name}” was removed.", name=saved.name)


def _photos(version: str, person: Person) -> None:
    marks = services.store().marks
    tags = marks.tags()
    options = [STARRED, NOTED, *(TAG + tag for tag in tags)]
    address.option("show", options, STARRED)
    shown = st.pills(
        _("Show"),
        options,
        default=STARRED,
        required=True,
        format_func=lambda option: _words(option, tags),
        key="show",
        on_change=address.keep,
        args=("show", STARRED, "page"),
        label_visibility="collapsed",
    )
    if shown == STARRED:
        contents = marks.starred(person.name)
    else:
        contents = marks.noted() if shown == NOTED else marks.tagged(shown.removeprefix(TAG))
    photos = _in_index(contents, version)
    if missing := len(set(contents)) - len(photos):
        st.caption(
            counted(
                "{n} photo more cannot be searched at the moment; its marks are kept.",
                "{n} photos more cannot be searched at the moment; their marks are kept.",
                missing,
            )
        )
    if not photos:
        st.info(_("Star, tag or annotate photos by the button ★ on a hit, or beside a photo."), icon=":material/star:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(counted("{n} photo", "{n} photos", len(photos)))
        export_choice(photos, version, "collection")
    _grid(photos, person, by_note=shown == NOTED)


def _words(option: str, tags: dict[str, int]) -> str:
    if option == STARRED:
        return f":material/star: {_('Starred by you')}"
    if option == NOTED:
        return f":material/sticky_note_2: {_('With a note')}"
    tag = option.removeprefix(TAG)
    return f"{plain(tag)} · {number_words(tags[tag])}"


def _in_index(contents: Sequence[str], version: str) -> list[ExportedPhoto]:
    """One photo of the index for each of the contents that it holds, in their order."""
    table = indexed_photos.photos(version)
    among = table[table["sha256"].isin(contents)].sort_values("path").drop_duplicates("sha256").set_index("sha256")
    return [
        ExportedPhoto(str(among.loc[sha256, "image_id"]), str(among.loc[sha256, "path"]), sha256)
        for sha256 in dict.fromkeys(contents)
        if sha256 in among.index
    ]


def _grid(photos: Sequence[ExportedPhoto], person: Person, *, by_note: bool) -> None:
    place = st.container()
    part = page_shown(len(photos), PER_PAGE)
    shown = photos[part]
    tiles = [
        Tile(photo.image_id, photo.sha256, name_of(photo.path), photo_link(photo.image_id), actions=(COLLECT,))
        for photo in shown
    ]
    if by_note:
        marks = services.store().marks.of([photo.sha256 for photo in shown], person.name)
        tiles = [replace(tile, caption=f"{tile.caption}: {marks[tile.sha256].note}") for tile in tiles]
    with place:
        chosen = action_grid(with_stars(tiles, person), subject=f"collection {part.start}", key="collection")
    if chosen.opened:
        open_photo_view(chosen.opened)
    if chosen.acted:
        for photo in shown:
            if photo.image_id == chosen.acted[1]:
                collect(photo.sha256, name_of(photo.path))


collections(indexed_photos.index_version())
