"""Draws a group of photos of one shot: its photos, in what they differ, and the buttons that decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from tiefvision_assets.lineage.duplicate_decisions import all_kept, kept_only
from tiefvision_assets.lineage.duplicate_listing import Groups, Show, documents
from tiefvision_assets.lineage.duplicates import Group
from tiefvision_ui import services
from tiefvision_ui.access.people import Person
from tiefvision_ui.address import open_photo_view, photo_link
from tiefvision_ui.components.image_grid import Action, Tile, action_grid
from tiefvision_ui.language.formats import bytes_words, date_words, number_words
from tiefvision_ui.language.texts import N_, _, counted
from tiefvision_ui.notices import attempt
from tiefvision_ui.values import name_of
from tiefvision_ui.words import plain

KEEP = Action("keep", "✓", N_("Keep this one, hide the others"))
STATES = {"open": N_("To decide"), "decided": N_("Decided"), "by rule": N_("Decided by the rule")}


def cards(found: Groups, groups: Iterable[Group], show: Show, person: Person) -> None:
    """Draw these groups; people who may not decide see them without buttons."""
    groups = list(groups)
    for group, document in zip(groups, documents(services.store(), found, groups), strict=True):
        with st.container(border=True, key=f"group-{group.id}", gap="small"):
            _card(group, document, show, person)


def may_decide(person: Person) -> bool:
    """Whether the person may keep and hide photos, which is so for all."""
    return person.role != "viewer"


def _card(group: Group, document: dict[str, Any], show: Show, person: Person) -> None:
    photos = document["photos"]
    names = counted("{name} and {n} other", "{name} and {n} others", len(photos) - 1, name=name_of(photos[0]["path"]))
    st.header(plain(names), anchor=False)
    st.caption(_about(group, document, show))
    able = may_decide(person)
    tiles = [
        Tile(
            one["image_id"],
            one["sha256"],
            _caption(number, one),
            photo_link(one["image_id"]),
            actions=(KEEP,) if able and show != "apart" else (),
        )
        for number, one in enumerate(photos, start=1)
    ]
    chosen = action_grid(tiles, subject="duplicates", key=f"duplicates-{group.id}")
    st.markdown("\n".join(f"{number}. {_line(one)}" for number, one in enumerate(photos, start=1)))
    if able:
        _buttons(group, show, person)
    if chosen.opened:
        open_photo_view(chosen.opened)
    if chosen.acted and able:
        image_id = chosen.acted[1]
        attempt(lambda: _keep_only(group, image_id, person))
        st.rerun()


def _caption(number: int, photo: dict[str, Any]) -> str:
    name = name_of(photo["path"])
    return _("{number}. Hidden: {name}", number=number, name=name) if photo["hidden"] else f"{number}. {name}"


def _about(group: Group, document: dict[str, Any], show: Show) -> str:
    if show == "apart":
        return _("These only look alike, somebody said.")
    if len(group.photos) == 1:
        alike = _("The very same file at several places")
    else:
        alike = _("Cosine {similarity} or more", similarity=number_words(group.similarity, 3))
    return f"{_(STATES[document['state']])} · {alike}"


def _line(photo: dict[str, Any]) -> str:
    """In what a photo may differ from the others, in words."""
    modified = [date_words(photo["modified"])] if photo["modified"] else []
    tags = [_("tagged {tags}", tags=", ".join(photo["tags"]))] if photo["tags"] else []
    size = _("{width} × {height} pixels", width=number_words(photo["width"]), height=number_words(photo["height"]))
    content = _("content {sha256}", sha256=photo["sha256"][:8])
    parts = [photo["path"], size, bytes_words(photo["bytes"]), *modified, *tags, content]
    hidden = f" **{_('hidden')}**" if photo["hidden"] else ""
    return plain(" · ".join(parts)) + hidden


def _buttons(group: Group, show: Show, person: Person) -> None:
    with st.container(horizontal=True, key=f"decide-{group.id}"):
        if show != "open":
            _button(
                group,
                N_("Decide again"),
                ":material/undo:",
                lambda: _undone(group),
                _("All of them are shown again."),
            )
        if show == "apart":
            return
        if show == "open":
            best = group.photos[0].copies[0].image_id
            _button(
                group,
                N_("Keep the largest"),
                ":material/check:",
                lambda: _keep_only(group, best, person),
                _("Keep photo 1, which has the most pixels, and hide the others."),
            )
            _button(
                group,
                N_("Keep all"),
                ":material/done_all:",
                lambda: _all_kept(group, person),
                _("They are the same shot, and all of them stay."),
            )
        if len(group.photos) > 1:
            _button(
                group,
                N_("Not the same"),
                ":material/call_split:",
                lambda: _told_apart(group, person),
                _("They only look alike; never group them again."),
            )


def _button(group: Group, label: str, icon: str, act: Callable[[], str], purpose: str) -> None:
    key = f"{label}-{group.id}"
    st.button(_(label), icon=icon, key=key, help=purpose, on_click=attempt, args=(act,))


def _keep_only(group: Group, image_id: str, person: Person) -> str:
    services.store().duplicates.decide(kept_only(group, [image_id]), person.name)
    name = next(name_of(copy.path) for one in group.photos for copy in one.copies if copy.image_id == image_id)
    others = sum(len(photo.copies) for photo in group.photos) - 1
    return counted("{name} is kept; {n} photo hidden.", "{name} is kept; {n} photos hidden.", others, name=name)


def _all_kept(group: Group, person: Person) -> str:
    services.store().duplicates.decide(all_kept(group), person.name)
    return _("All of them are kept.")


def _undone(group: Group) -> str:
    services.store().duplicates.undo(group.copies)
    return _("What was decided is forgotten; the group is to be decided again.")


def _told_apart(group: Group, person: Person) -> str:
    services.store().duplicates.tell_apart(group.contents, person.name)
    return _("They will not be grouped again.")
