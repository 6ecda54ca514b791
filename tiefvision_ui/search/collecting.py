"""Stars, tags and notes: the dialog that marks a photo, and how tiles show that it is starred."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import LabelDatabaseError
from tiefvision_assets.store.labels.marks import LONGEST_NOTE, MOST_TAGS, Marked, NoteChanged
from tiefvision_ui import services
from tiefvision_ui.access.login import login_wanted
from tiefvision_ui.access.people import Person, current_person
from tiefvision_ui.components.image_grid import Action, Tile
from tiefvision_ui.language.texts import N_, _
from tiefvision_ui.states import show_error
from tiefvision_ui.words import plain

_SEEN = "marks-seen"
COLLECT = Action("collect", "★", N_("Star, tags and note"))


def with_stars(tiles: Iterable[Tile], person: Person) -> list[Tile]:
    """The tiles, with a star in the captions of those that the person starred.

    While the label database cannot be reached they have none: searching goes on without it.
    """
    tiles = list(tiles)
    try:
        marks = services.store().marks.of([tile.sha256 for tile in tiles], person.name)
    except LabelDatabaseError as error:
        logging.getLogger(__name__).warning("Stars are not shown: %s", error)
        return tiles
    return [
        replace(tile, caption=f"★ {tile.caption}") if marks.get(tile.sha256, Marked()).starred else tile
        for tile in tiles
    ]


def may_mark(person: Person) -> bool:
    """Whether the person may change tags and notes, which all share."""
    return person.role != "viewer"


def collect(sha256: str, name: str) -> None:
    """Let the user mark the photo with that content, which is called ``name``, in a dialog."""
    st.dialog(_("Star, tags and note"))(_marks_of)(sha256, name)


def _marks_of(sha256: str, name: str) -> None:
    person = current_person()
    marks = services.store().marks
    try:
        now = _seen(sha256, marks.of([sha256], person.name).get(sha256, Marked()))
        known = marks.tags()
    except LabelDatabaseError as error:
        show_error(str(error))
        return
    st.caption(plain(name))
    starred = st.toggle(_("Starred"), now.starred, key=f"star-{sha256}", help=_whose_stars())
    tags = st.multiselect(
        _("Tags"),
        sorted({*known, *now.tags}),
        list(now.tags),
        key=f"tags-{sha256}",
        accept_new_options=True,
        max_selections=MOST_TAGS,
        placeholder=_("Choose, or type a new one"),
        disabled=not may_mark(person),
    )
    note = st.text_area(
        _("Note"),
        now.note,
        key=f"note-{sha256}",
        max_chars=LONGEST_NOTE,
        help=_("Written by {note_by}", note_by=plain(now.note_by)) if now.note_by else None,
        disabled=not may_mark(person),
    )
    if st.button(_("Save"), type="primary", icon=":material/check:"):
        shared = (tags, note) if may_mark(person) else (None, None)
        try:
            marks.mark(sha256, person.name, starred=starred, tags=shared[0], note=shared[1], seen=now)
        except NoteChanged as error:
            st.session_state[_SEEN] = sha256, replace(now, note=error.note, note_by=error.note_by)
            show_error(str(error))
        except TiefVisionError as error:
            show_error(str(error))
        else:
            st.rerun()


def _seen(sha256: str, now: Marked) -> Marked:
    """What was marked when the dialog opened, which is what its fields began with; others may have marked since."""
    known, seen = st.session_state.get(_SEEN, ("", now))
    if known == sha256 and f"star-{sha256}" in st.session_state:
        return seen
    st.session_state[_SEEN] = sha256, now
    return now


def _whose_stars() -> str:
    if login_wanted():
        return _("Your own; nobody else sees it.")
    return _("Of the name that you go by here; whoever goes by the same sees it, as there is no log-in.")
